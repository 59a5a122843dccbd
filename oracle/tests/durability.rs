//! S9: what may be found after a crash, and what may not.

use oracle::builder::{HistoryBuilder, content, stored, written, zeroes};
use oracle::{
    BlockCensus, Call, Cell, Checker, Class, FaultKind, FileId, MemoryId, OperationId, Origin, Outcome, Persistence,
    Profile, Quirk, Rule, Verdict, Way,
};

const M: MemoryId = MemoryId(0);
const A: FileId = FileId(0);
const DONE: Option<Outcome> = Some(Outcome::Done(0));

/// A file of one page, written over once, at 1 to 10.
fn overwritten() -> (HistoryBuilder, OperationId) {
    let mut b = HistoryBuilder::new(64);
    b.file(64);
    b.memory(1);
    let w = b.write(A, 0, &[(M, 0, 64)], (1, 10), Outcome::Done(64));
    (b, w)
}

/// The crash at 30, and what the file holds then.
fn crashed(mut b: HistoryBuilder, found: &[Cell]) -> HistoryBuilder {
    b.call(Call::Crash, (30, None), None);
    b.rest_by(A, Way::Crash, found.len() as u32, found);
    b
}

fn fsync(b: &mut HistoryBuilder, when: (u32, u32)) {
    b.call(Call::Fsync { file: A }, (when.0, Some(when.1)), DONE);
}

fn verdicts(b: HistoryBuilder) -> Vec<Verdict> {
    Checker::new().check(&b.finish(), Profile::Linux).to_vec()
}

#[track_caller]
fn silent(b: HistoryBuilder) {
    let found = verdicts(b);
    assert!(found.is_empty(), "{found:#?}");
}

#[track_caller]
fn breaks(b: HistoryBuilder, class: Class) {
    let found = verdicts(b);
    let it = found.iter().find(|it| (it.rule, it.class) == (Rule::S9, class));
    let it = it.unwrap_or_else(|| panic!("no S9 {class} in {found:#?}"));
    assert_eq!(it.persistence, if class == Class::Size { it.persistence } else { Some(Persistence::Persistent) });
}

#[test]
fn what_was_not_synchronised_may_be_old_or_new_or_both() {
    let (b, w) = overwritten();
    silent(crashed(b, &written(w, M, 0, 64)));
    let (b, _) = overwritten();
    silent(crashed(b, &content(A, 0, 64)));
    let (b, w) = overwritten();
    silent(crashed(b, &[written(w, M, 0, 16), content(A, 16, 48)].concat()));
}

#[test]
fn what_was_synchronised_is_there() {
    let (mut b, w) = overwritten();
    fsync(&mut b, (11, 20));
    silent(crashed(b, &written(w, M, 0, 64)));
    let (mut b, w) = overwritten();
    fsync(&mut b, (11, 20));
    breaks(crashed(b, &[written(w, M, 0, 48), content(A, 48, 16)].concat()), Class::LostWrite);
}

#[test]
fn a_synchronisation_that_was_under_way_with_the_write_proves_nothing() {
    let (mut b, _) = overwritten();
    fsync(&mut b, (5, 20));
    silent(crashed(b, &content(A, 0, 64)));
}

#[test]
fn what_is_newer_than_the_synchronisation_may_be_there_too() {
    let (mut b, _) = overwritten();
    fsync(&mut b, (11, 20));
    let newer = b.write(A, 0, &[(M, 0, 32)], (21, 25), Outcome::Done(32));
    let first = OperationId(0);
    silent(crashed(b, &[written(newer, M, 0, 32), written(first, M, 32, 32)].concat()));
}

#[test]
fn zeroes_are_for_where_the_file_had_grown() {
    let grown = |synced: bool| {
        let mut b = HistoryBuilder::new(64);
        b.file(64);
        b.memory(1);
        b.write(A, 64, &[(M, 0, 64)], (1, 10), Outcome::Done(64));
        if synced {
            fsync(&mut b, (11, 20));
        }
        crashed(b, &[content(A, 0, 64), zeroes(64)].concat())
    };
    silent(grown(false));
    breaks(grown(true), Class::Zero);
    let (b, _) = overwritten();
    breaks(crashed(b, &[content(A, 0, 32), zeroes(32)].concat()), Class::Zero);
}

#[test]
fn a_blocks_former_content_is_never_right_but_counted_where_nothing_is_ordered() {
    let stale: Vec<Cell> = (0..64).map(|offset| Cell::new(Origin::Stale { block: 3, offset })).collect();
    let (b, _) = overwritten();
    breaks(crashed(b, &stale), Class::StaleBlock);
    let (mut b, _) = overwritten();
    b.history().unordered = true;
    let mut checker = Checker::new();
    assert!(checker.check(&crashed(b, &stale).finish(), Profile::Linux).is_empty());
    assert!(checker.exercised().quirk(Quirk::UnorderedMetadata) > 0);
    assert!(checker.exercised().rule(Rule::S9) > 0);
}

#[test]
fn a_block_that_was_cut_off_may_come_again_while_the_file_grows_during_an_fsync() {
    let grown = |unordered: bool, returns: u32| {
        let mut b = HistoryBuilder::new(64);
        b.file(64);
        b.history().unordered = unordered;
        b.truncate(A, 0, (1, 2));
        b.truncate(A, 64, (3, returns));
        fsync(&mut b, (5, 6));
        crashed(b, &content(A, 0, 64))
    };
    silent(grown(true, 20));
    breaks(grown(false, 20), Class::Resurrected);
    // Nothing is given to the file after it grew.
    breaks(grown(true, 4), Class::Resurrected);
}

#[test]
fn a_block_that_was_made_durable_does_not_come_back_as_it_was_before_a_cut() {
    let mut b = HistoryBuilder::new(64);
    b.file(64);
    b.memory(1);
    b.history().unordered = true;
    b.truncate(A, 0, (1, 2));
    b.write(A, 0, &[(M, 0, 10)], (3, 4), Outcome::Done(10));
    fsync(&mut b, (5, 6));
    b.history().blocks = Some(BlockCensus { block: 16, mapped: vec![(A, 0, 0)], free: vec![1, 2, 3], total: 4 });
    breaks(crashed(b, &content(A, 0, 10)), Class::Resurrected);
}

#[test]
fn what_was_stored_and_written_elsewhere_is_a_blocks_former_content_too() {
    let elsewhere = |unordered: bool, data: &dyn Fn(OperationId) -> Vec<Cell>| {
        let (mut b, _) = overwritten();
        let s = b.store(M, 0, 64, (11, 12));
        b.write(A, 0, &[(M, 0, 64)], (13, 14), Outcome::Done(64));
        b.history().unordered = unordered;
        crashed(b, &data(s))
    };
    let swapped = |s: OperationId| [stored(s, 32, 32), stored(s, 0, 32)].concat();
    silent(elsewhere(true, &swapped));
    breaks(elsewhere(false, &swapped), Class::Garbage);
    silent(elsewhere(false, &|s| stored(s, 0, 64)));
}

#[test]
fn what_no_write_counted_is_no_blocks_former_content() {
    let short = |found: &dyn Fn(OperationId) -> Vec<Cell>| {
        let mut b = HistoryBuilder::new(64);
        b.file(64);
        b.memory(1);
        let w = b.write(A, 0, &[(M, 0, 32), (M, 0, 32)], (1, 10), Outcome::Done(32));
        b.fault(w, FaultKind::Signal);
        b.history().unordered = true;
        crashed(b, &found(w))
    };
    // The second segment is the first again: its place shows what the first has brought elsewhere.
    silent(short(&|w| [written(w, M, 0, 32), written(w, M, 0, 32)].concat()));
    let (mut b, _) = overwritten();
    let w = b.write(A, 0, &[(M, 0, 64)], (11, 20), Outcome::Done(32));
    b.history().unordered = true;
    breaks(crashed(b, &[content(A, 0, 32), written(w, M, 32, 32)].concat()), Class::Overrun);
    // Nobody wrote what was stored here.
    let (mut b, _) = overwritten();
    let n = b.memory(1);
    let s = b.store(n, 0, 64, (11, 12));
    b.history().unordered = true;
    breaks(crashed(b, &stored(s, 0, 64)), Class::Garbage);
}

#[test]
fn memory_is_never_right() {
    let (mut b, _) = overwritten();
    b.history().unordered = true;
    let memory: Vec<Cell> =
        (0..64).map(|_| Cell::new(Origin::Uninitialised { frame: 1, before: oracle::Owner::Kernel })).collect();
    breaks(crashed(b, &memory), Class::Uninit);
}

#[test]
fn the_size_is_one_that_the_file_had_since() {
    let with_sizes = |found: u32| {
        let mut b = HistoryBuilder::new(64);
        b.file(64);
        b.truncate(A, 48, (1, 2));
        fsync(&mut b, (3, 4));
        b.truncate(A, 32, (5, 6));
        crashed(b, &content(A, 0, found))
    };
    silent(with_sizes(48));
    silent(with_sizes(32));
    breaks(with_sizes(40), Class::Size);
    breaks(with_sizes(64), Class::Size);
}

#[test]
fn a_size_that_was_seen_before_the_crash_is_judged_as_any_other() {
    let seen = |size: u32| {
        let mut b = HistoryBuilder::new(64);
        b.file(64);
        b.truncate(A, 48, (1, 2));
        b.stat(A, (3, 4), size);
        // The older size is one that may be found, but was not one to be seen.
        crashed(b, &content(A, 0, 64))
    };
    let found = Checker::new().check(&seen(64).finish(), Profile::Linux).to_vec();
    assert!(found.iter().any(|it| (it.rule, it.class) == (Rule::S1, Class::Size)), "{found:#?}");
    silent(seen(48));
}

#[test]
fn what_begins_after_the_crash_was_called_still_counts() {
    let mut b = HistoryBuilder::new(64);
    b.file(0);
    b.memory(1);
    b.call(Call::Crash, (1, None), None);
    let w = b.write(A, 0, &[(M, 0, 64)], (2, 10), Outcome::Done(64));
    b.rest_by(A, Way::Crash, 64, &written(w, M, 0, 64));
    silent(b);
}

/// A file of one page is cut, and a store comes behind the new end. The crash at 30 finds it there.
fn stored_behind_a_cut(
    profile: Profile,
    before: impl Fn(&mut HistoryBuilder),
    after: impl Fn(&mut HistoryBuilder),
) -> Vec<Class> {
    let mut b = HistoryBuilder::new(64);
    b.file(64);
    b.memory(1);
    let map = b.mapping(A, 0, 1, true);
    b.truncate(A, 16, (1, 2));
    before(&mut b);
    let s = b.store(map, 16, 48, (10, 11));
    after(&mut b);
    let b = crashed(b, &[content(A, 0, 16), stored(s, 16, 48)].concat());
    Checker::new().check(&b.finish(), profile).iter().map(|it| it.class).collect()
}

const STRICT: Profile = Profile::PosixStrict;

#[test]
fn a_truncate_may_be_lost_and_what_was_stored_behind_it_kept() {
    let grows = |b: &mut HistoryBuilder| _ = b.truncate(A, 64, (20, 21));
    for profile in [Profile::Linux, Profile::Xfs, STRICT] {
        assert_eq!(stored_behind_a_cut(profile, |_| {}, |_| {}), []);
        assert_eq!(stored_behind_a_cut(profile, |_| {}, grows), []);
        // The second truncate alone may be lost.
        let twice = |b: &mut HistoryBuilder| {
            fsync(b, (3, 4));
            b.truncate(A, 64, (5, 6));
            b.truncate(A, 8, (7, 8));
        };
        assert_eq!(stored_behind_a_cut(profile, twice, |_| {}), []);
    }
    // The cut is on the disk: what comes after it puts nothing inside the file.
    assert_eq!(stored_behind_a_cut(STRICT, |b| fsync(b, (3, 4)), grows), [Class::EofPollution]);
}

#[test]
fn what_was_stored_behind_a_cut_is_not_there_where_something_newer_was_synchronised() {
    let newer = |synced: bool| {
        stored_behind_a_cut(
            STRICT,
            |_| {},
            |b| {
                b.write(A, 0, &[(M, 0, 64)], (12, 13), Outcome::Done(64));
                if synced {
                    fsync(b, (14, 15));
                }
            },
        )
    };
    assert_eq!(newer(false), []);
    assert!(!newer(true).is_empty());
}

#[test]
fn what_has_surfaced_is_there_again_if_what_was_written_over_it_is_lost() {
    let over = |synced: bool| {
        stored_behind_a_cut(
            Profile::Linux,
            |b| fsync(b, (3, 4)),
            |b| {
                b.truncate(A, 64, (12, 13));
                fsync(b, (14, 15));
                b.write(A, 0, &[(M, 0, 64)], (16, 17), Outcome::Done(64));
                if synced {
                    fsync(b, (18, 19));
                }
            },
        )
    };
    assert_eq!(over(false), []);
    assert!(!over(true).is_empty());
}

/// A write of the second page from a mapping of the first, which had given its block back by then. The crash finds in
/// the second page what this makes of the first one's former content.
fn given_back_and_copied(unordered: bool, found: impl Fn(Vec<Cell>) -> Vec<Cell>) -> Vec<Class> {
    let mut b = HistoryBuilder::new(64);
    b.file(64);
    b.memory(1);
    let map = b.mapping(A, 0, 1, true);
    b.call(Call::Punch { file: A, offset: 0, length: 64 }, (1, Some(2)), DONE);
    b.write(A, 64, &[(map, 0, 64)], (3, 4), Outcome::Done(64));
    b.history().unordered = unordered;
    let b = crashed(b, &[zeroes(64), found(content(A, 0, 64))].concat());
    Checker::new().check(&b.finish(), Profile::Linux).iter().map(|it| it.class).collect()
}

#[test]
fn a_block_that_was_given_to_another_place_shows_what_it_had_there() {
    assert_eq!(given_back_and_copied(true, |before| before), []);
    assert_eq!(given_back_and_copied(false, |before| before).len(), 1);
    assert_eq!(given_back_and_copied(true, |_| zeroes(64)), []);
}
