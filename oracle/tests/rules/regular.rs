//! R1 and what is noted for R2: runs of wrong cells, zeroes that say nothing, blocks that came before their data.

use crate::fixture::{A, M, breaks, join, silent, sized, small, verdicts, whole_write};
use oracle::builder::{HistoryBuilder, content, stored, written, zeroes};
use oracle::{Call, Cell, Checker, Class, FileId, Origin, Outcome, Owner, Profile, Quirk, Rule, Way, ZeroSite};

const B: FileId = FileId(1);

#[test]
fn r1_tells_of_each_kind_of_wrong_cell_and_no_right_one() {
    let seen = |cells: &[Cell]| {
        let mut b = small();
        b.file(64);
        b.read(A, 0, cells.len() as u32, (1, 2), cells);
        let mut told: Vec<(Class, u32, u32)> =
            verdicts(b, Profile::Linux).iter().map(|it| (it.class, it.start, it.end)).collect();
        told.sort_by_key(|it| it.1);
        told
    };
    let memory = vec![Cell::new(Origin::Uninitialised { frame: 3, before: Owner::Kernel }); 8];
    let foreign = content(B, 0, 8);
    assert_eq!(
        seen(&join(&[foreign.clone(), memory.clone(), content(A, 16, 8)])),
        [(Class::ForeignFile, 0, 8), (Class::Uninit, 8, 16)]
    );
    assert_eq!(seen(&join(&[zeroes(8), foreign.clone()])), [(Class::Zero, 0, 8), (Class::ForeignFile, 8, 16)]);
    assert_eq!(seen(&join(&[foreign, zeroes(8)])), [(Class::ForeignFile, 0, 8), (Class::Zero, 8, 16)]);
    assert_eq!(seen(&join(&[zeroes(8), content(A, 8, 8)])), [(Class::Zero, 0, 8)]);
    let punched = vec![Cell::zero(ZeroSite::Punch, None); 4];
    assert_eq!(seen(&join(&[zeroes(4), punched, content(A, 8, 8)])), [(Class::Zero, 0, 8)]);
    // A run of the file's own data from elsewhere, which becomes right where it is at home.
    assert_eq!(seen(&join(&[content(A, 4, 4), content(A, 4, 4)])), [(Class::Misplaced, 0, 4)]);
}

/// A file with zeroes in the midst of what it began with, written over while two reads look.
fn with_a_hole(second: &dyn Fn(&[Cell]) -> Vec<Cell>) -> HistoryBuilder {
    let mut b = small();
    for cell in &mut b.history().cells[8..16] {
        *cell = zeroes(1)[0];
    }
    let w = whole_write(&mut b, (1, 20));
    let new = written(w, M, 0, 64);
    let second = second(&new);
    b.read(A, 0, 64, (3, 4), &new);
    b.read(A, 0, 64, (5, 6), &second);
    b
}

#[test]
fn r2_zeroes_say_nothing_about_order() {
    silent(with_a_hole(&|new| join(&[new[..8].to_vec(), zeroes(8), new[16..].to_vec()])));
    silent(with_a_hole(&|new| new.to_vec()));
    let old = |new: &[Cell]| join(&[new[..8].to_vec(), zeroes(8), content(A, 16, 48)]);
    let it = breaks(with_a_hole(&old), Rule::R2, Class::Rollback);
    assert_eq!((it.start, it.end), (16, 64));
    let old = |new: &[Cell]| join(&[content(A, 0, 8), zeroes(8), new[16..].to_vec()]);
    let it = breaks(with_a_hole(&old), Rule::R2, Class::Rollback);
    assert_eq!((it.start, it.end), (0, 8));
}

#[test]
fn q2_is_counted_where_the_store_surfaces_and_nowhere_else() {
    let quirks = |b: HistoryBuilder| {
        let mut checker = Checker::new();
        assert!(checker.check(&b.finish(), Profile::Linux).is_empty());
        let seen = checker.quirks().iter().filter(|it| it.quirk == Quirk::PastEndStore);
        seen.map(|it| (it.start, it.end, it.operation.is_some())).collect::<Vec<_>>()
    };
    let store = |grows: bool, mapped: bool| {
        let mut b = sized(40);
        let map = b.mapping(A, 0, 1, true);
        let s = b.store(map, 44, 4, (1, 2));
        if grows {
            b.truncate(A, 64, (3, 4));
        }
        if mapped {
            b.load(map, 44, (5, 6), &stored(s, 44, 4));
        } else {
            b.read(A, 44, 4, (5, 6), &stored(s, 44, 4));
        }
        b
    };
    assert_eq!(quirks(store(true, false)), [(44, 48, true)]);
    assert_eq!(quirks(store(true, true)), [(44, 48, true)]);
    assert_eq!(quirks(store(false, true)), []);
    let mut b = small();
    let w = whole_write(&mut b, (1, 10));
    b.read(A, 0, 64, (11, 12), &written(w, M, 0, 64));
    assert_eq!(quirks(b), []);
}

/// A page in the midst of three is written and perhaps synchronised; after the crash one page is a block's former
/// content.
fn stale_after_crash(page: u32, synced: Option<FileId>, when: (u32, u32)) -> HistoryBuilder {
    let mut b = sized(192);
    b.file(64);
    b.history().unordered = true;
    let w = b.write(A, 64, &[(M, 0, 64)], (1, 10), Outcome::Done(64));
    if let Some(file) = synced {
        b.done(Call::Fsync { file }, when);
    }
    b.call(Call::Crash, (30, None), None);
    let mut found = join(&[content(A, 0, 64), written(w, M, 0, 64), content(A, 128, 64)]);
    for at in 0..64 {
        found[(page * 64 + at) as usize] = Cell::new(Origin::Stale { block: 3, offset: at as u16 });
    }
    b.rest_by(A, Way::Crash, 192, &found);
    b
}

#[test]
fn s9_a_block_comes_before_its_data_where_something_was_written_and_not_synchronised() {
    silent(stale_after_crash(1, None, (0, 0)));
    silent(stale_after_crash(1, Some(B), (11, 20)));
    silent(stale_after_crash(1, Some(A), (10, 20)));
    breaks(stale_after_crash(1, Some(A), (11, 20)), Rule::S9, Class::StaleBlock);
    breaks(stale_after_crash(0, None, (0, 0)), Rule::S9, Class::StaleBlock);
    breaks(stale_after_crash(2, None, (0, 0)), Rule::S9, Class::StaleBlock);
}

#[test]
fn s9_past_where_the_file_ended_every_block_is_new() {
    let grown = |size: u32| {
        let mut b = sized(size);
        b.history().unordered = true;
        b.truncate(A, 128, (1, 2));
        b.call(Call::Crash, (30, None), None);
        let stale: Vec<Cell> = (0..64).map(|offset| Cell::new(Origin::Stale { block: 3, offset })).collect();
        let kept = content(A, 0, size.min(64));
        b.rest_by(A, Way::Crash, 128, &join(&[kept, zeroes(64 - size.min(64)), stale]));
        b
    };
    silent(grown(64));
    silent(grown(127));
    breaks(grown(128), Rule::S9, Class::StaleBlock);
}
