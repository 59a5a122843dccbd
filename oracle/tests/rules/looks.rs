//! Looks at the same place: what was judged once is not judged again, unless it was judged as something else; and what
//! is counted.

use crate::fixture::{A, M, breaks, silent, sized, small, verdicts, whole_write};
use crate::losses::refuse;
use oracle::builder::{HistoryBuilder, content, stored, written, zeroes};
use oracle::{Checker, Class, FileId, Outcome, Profile, Quirk, Rule, Way};

/// How often a quirk is counted where nothing is wrong.
#[track_caller]
fn forgiven(b: HistoryBuilder, quirk: Quirk) -> u64 {
    let mut checker = Checker::new();
    assert!(checker.check(&b.finish(), Profile::Linux).is_empty());
    checker.exercised().quirk(quirk)
}

fn counts(b: HistoryBuilder, rule: Rule) -> u64 {
    let mut checker = Checker::new();
    checker.check(&b.finish(), Profile::Linux);
    checker.exercised().rule(rule)
}

#[test]
fn r1_looks_at_rest_that_show_the_same_are_judged_once() {
    let looks = |read_is_wrong: bool, rest_is_wrong: bool| {
        let mut b = small();
        // Two versions compete past the end, too, where nobody looks.
        b.truncate(A, 64, (0, 0));
        let w = whole_write(&mut b, (1, 2));
        if read_is_wrong {
            b.read(A, 0, 64, (3, 4), &content(A, 0, 64));
        }
        b.rest(A, &if rest_is_wrong { content(A, 0, 64) } else { written(w, M, 0, 64) });
        counts(b, Rule::R1)
    };
    assert_eq!(looks(false, false), 1);
    assert_eq!(looks(true, false), 2);
    assert_eq!(looks(false, true), 3);
}

#[test]
fn r1_is_counted_where_several_versions_compete() {
    let read = |offset: u32, length: u32| {
        let mut b = sized(128);
        let first = b.write(A, 0, &[(M, 0, 32)], (1, 2), Outcome::Done(32));
        let second = b.write(A, 32, &[(M, 32, 32)], (1, 2), Outcome::Done(32));
        let whole = [written(first, M, 0, 32), written(second, M, 32, 32), content(A, 64, 64)].concat();
        b.read(A, offset, length, (3, 4), &whole[offset as usize..(offset + length) as usize]);
        counts(b, Rule::R1)
    };
    assert_eq!(read(0, 32), 1);
    assert_eq!(read(0, 33), 2);
    assert_eq!(read(31, 64), 2);
    assert_eq!(read(64, 64), 0);
}

#[test]
fn r1_a_loss_divides_the_cells_of_its_file_alone() {
    let divided = |file: Option<FileId>| {
        let mut b = small();
        let other = b.file(64);
        let w = whole_write(&mut b, (1, 2));
        let s = b.store(M, 0, 64, (3, 4));
        refuse(&mut b, file, (16, 32), 20);
        b.load(M, 0, (5, 6), &stored(s, 0, 64));
        let memory = counts(b.clone(), Rule::R1);
        b.read(A, 0, 64, (5, 6), &written(w, M, 0, 64));
        b.read(other, 0, 64, (5, 6), &content(other, 0, 64));
        (memory, counts(b, Rule::R1) - memory)
    };
    assert_eq!(divided(Some(A)), (1, 3));
    assert_eq!(divided(Some(FileId(1))), (1, 1));
    assert_eq!(divided(None), (1, 3));
}

#[test]
fn r1_what_a_read_saw_while_it_was_right_may_be_wrong_at_rest() {
    let mut b = small();
    b.read(A, 0, 64, (1, 2), &content(A, 0, 64));
    let w = whole_write(&mut b, (3, 4));
    b.rest_by(A, Way::Read, 64, &written(w, M, 0, 64));
    b.rest_by(A, Way::Evicted, 64, &content(A, 0, 64));
    assert_eq!(breaks(b, Rule::R1, Class::LostWrite).way, Some(Way::Evicted));
}

#[test]
fn r1_what_is_right_in_one_file_may_be_wrong_in_another() {
    let mut b = small();
    let other = b.file(64);
    b.truncate(A, 0, (1, 2));
    b.truncate(A, 64, (3, 4));
    b.rest_by(A, Way::Read, 64, &zeroes(64));
    b.rest_by(other, Way::Read, 64, &content(other, 0, 64));
    b.rest_by(other, Way::Evicted, 64, &zeroes(64));
    assert_eq!(breaks(b, Rule::R1, Class::Zero).way, Some(Way::Evicted));
}

#[test]
fn r1_looks_at_rest_may_be_of_different_lengths() {
    let looks = |first: (Way, u32), second: (Way, u32)| {
        let mut b = small();
        for (way, size) in [first, second] {
            b.rest_by(A, way, size, &content(A, 0, size));
        }
        verdicts(b, Profile::Linux).iter().map(|it| (it.rule, it.way)).collect::<Vec<_>>()
    };
    let short = |way: Way| vec![(Rule::S1, Some(way))];
    assert_eq!(looks((Way::Read, 64), (Way::Evicted, 48)), short(Way::Evicted));
    assert_eq!(looks((Way::Read, 48), (Way::Evicted, 64)), short(Way::Read));
    assert_eq!(looks((Way::Mapping, 64), (Way::Evicted, 48)), short(Way::Evicted));
}

#[test]
fn r4_the_order_of_the_looks_at_rest_does_not_matter() {
    let mut b = small();
    let one = whole_write(&mut b, (1, 10));
    let two = b.write(A, 0, &[(M, 64, 64)], (2, 11), Outcome::Done(64));
    let mixed = [written(one, M, 0, 32), written(two, M, 96, 32)].concat();
    b.rest_by(A, Way::Evicted, 64, &mixed);
    b.rest_by(A, Way::Read, 64, &mixed);
    breaks(b, Rule::R4, Class::Torn);
}

#[test]
fn q3_a_run_of_cells_that_came_the_same_way_is_counted_once() {
    for seen in [content(FileId(1), 16, 16), zeroes(16)] {
        let mut b = small();
        b.file(64);
        let w = whole_write(&mut b, (1, 2));
        refuse(&mut b, Some(A), (16, 32), 5);
        b.read(A, 0, 64, (6, 7), &[written(w, M, 0, 16), seen, written(w, M, 32, 32)].concat());
        let mut checker = Checker::new();
        assert!(checker.check(&b.finish(), Profile::Linux).is_empty());
        let quirks: Vec<_> = checker.quirks().iter().map(|it| (it.quirk, it.start, it.end)).collect();
        assert_eq!(quirks, [(Quirk::LostToWriteError, 16, 32)]);
    }
}

#[test]
fn r2_is_not_counted_where_all_looks_at_rest_agree() {
    let at_once = |reader: bool| {
        let mut b = small();
        whole_write(&mut b, (1, 10));
        let two = b.write(A, 0, &[(M, 64, 64)], (2, 11), Outcome::Done(64));
        if reader {
            b.read(A, 0, 64, (12, 13), &written(two, M, 64, 64));
        }
        b.rest(A, &written(two, M, 64, 64));
        counts(b, Rule::R2)
    };
    assert_eq!(at_once(false), 0);
    assert_eq!(at_once(true), 1);
}

#[test]
fn r4_is_counted_once_for_each_pair_of_writes_at_once() {
    let pair = |second: (u32, u32), offset: u32| {
        let mut b = small();
        b.write(A, 16, &[(M, 0, 16)], (1, 10), Outcome::Done(16));
        b.write(A, offset, &[(M, 64, 16)], second, Outcome::Done(16));
        counts(b, Rule::R4)
    };
    assert_eq!(pair((2, 20), 16), 1);
    assert_eq!(pair((10, 20), 31), 1);
    assert_eq!(pair((10, 20), 1), 1);
    for (when, offset) in [((11, 20), 16), ((2, 20), 32), ((2, 20), 0), ((2, 20), 40), ((11, 20), 40)] {
        assert_eq!(pair(when, offset), 0);
    }
    let mut b = small();
    b.write(A, 0, &[(M, 0, 16), (M, 64, 16)], (1, 10), Outcome::Done(32));
    b.write(A, 0, &[(M, 128, 8), (M, 192, 24)], (2, 20), Outcome::Done(32));
    assert_eq!(counts(b, Rule::R4), 1);
}

#[test]
fn r1_what_was_refused_is_forgiven_to_the_last_of_its_cells_in_a_copy() {
    let copied = |length: u32| {
        let mut b = small();
        let (other, third) = (b.file(64), b.file(64));
        let map = b.mapping(other, 0, 1, true);
        refuse(&mut b, Some(other), (16, 32), 1);
        b.write(A, 0, &[(map, 0, 64)], (3, 4), Outcome::Done(64));
        b.read(A, 16, length, (5, 6), &content(third, 32, length));
        b
    };
    silent(copied(16));
    let it = breaks(copied(20), Rule::R1, Class::ForeignFile);
    assert_eq!((it.start, it.end), (32, 36));
}

#[test]
fn s6_is_not_counted_where_the_file_only_grew() {
    let looked = |cut: bool| {
        let mut b = small();
        if cut {
            b.truncate(A, 48, (1, 2));
        }
        let w = b.write(A, 48, &[(M, 0, 32)], (3, 4), Outcome::Done(32));
        b.read(A, 48, 32, (5, 6), &written(w, M, 0, 32));
        counts(b, Rule::S6)
    };
    assert_eq!((looked(false), looked(true)), (0, 1));
}

#[test]
fn r3_is_counted_where_a_read_saw_a_write_and_a_store() {
    let mut b = sized(40);
    let map = b.mapping(A, 0, 1, true);
    b.truncate(A, 64, (1, 20));
    // It may have gone past the end or not: it is one store all the same.
    let s = b.store(map, 44, 4, (2, 3));
    let w = b.write(A, 0, &[(M, 0, 8)], (2, 3), Outcome::Done(8));
    b.read(A, 0, 48, (5, 6), &[written(w, M, 0, 8), content(A, 8, 32), zeroes(4), stored(s, 44, 4)].concat());
    assert_eq!(counts(b, Rule::R3), 1);
}

#[test]
fn q2_is_not_counted_where_a_write_may_have_brought_the_store() {
    let quirks = |when: (u32, u32)| {
        let mut b = sized(40);
        let map = b.mapping(A, 0, 1, true);
        b.write(A, 44, &[(map, 44, 4)], when, Outcome::Done(4));
        let s = b.store(map, 44, 4, (1, 2));
        b.truncate(A, 64, (3, 4));
        b.read(A, 44, 4, (5, 6), &stored(s, 44, 4));
        forgiven(b, Quirk::PastEndStore)
    };
    // It copied the store before the file grew, perhaps.
    assert_eq!(quirks((2, 10)), 0);
    // It copied what had surfaced, or it did not come before the read.
    assert_eq!(quirks((6, 10)), 1);
    assert_eq!(quirks((7, 10)), 1);
}

#[test]
fn q2_is_counted_where_what_surfaced_was_copied_to_another_file() {
    let quirks = |length: u32| {
        let mut b = sized(40);
        let other = b.file(64);
        let map = b.mapping(A, 0, 1, true);
        let s = b.store(map, 44, 4, (1, 2));
        b.truncate(A, length, (3, 4));
        b.write(other, 0, &[(map, 44, 4)], (5, 6), Outcome::Done(4));
        b.read(other, 0, 4, (7, 8), &stored(s, 44, 4));
        forgiven(b, Quirk::PastEndStore)
    };
    assert_eq!((quirks(44), quirks(64)), (0, 1));
}

#[test]
fn q3_is_counted_where_what_was_refused_was_copied_to_another_file() {
    let quirks = |end: u32| {
        let mut b = small();
        let (other, third) = (b.file(64), b.file(64));
        let map = b.mapping(other, 0, 1, true);
        refuse(&mut b, Some(other), (16, end), 1);
        b.write(A, 0, &[(map, 0, 64)], (3, 4), Outcome::Done(64));
        let seen = [content(other, 16, 4), content(third, 20, end - 20)].concat();
        b.read(A, 16, end - 16, (5, 6), &seen);
        forgiven(b, Quirk::LostToWriteError)
    };
    assert_eq!((quirks(20), quirks(24)), (0, 1));
}

/// What comes to be inside the file when it grows has to be zero; a mapping may still show what stays outside.
#[test]
fn s7_a_store_past_the_end_stays_outside_when_the_file_grows() {
    let grown = |length: u32| {
        let mut b = sized(40);
        let map = b.mapping(A, 0, 1, true);
        let s = b.store(map, 50, 2, (1, 2));
        b.truncate(A, length, (3, 4));
        b.load(map, 50, (5, 6), &stored(s, 50, 2));
        verdicts(b, Profile::PosixStrict)
    };
    assert_eq!(grown(50), []);
    assert_eq!(grown(52)[0].rule, Rule::S7);
}

/// A truncate clears the rest of the last page, whatever was stored there.
#[test]
fn s7_a_truncate_clears_what_was_stored_past_the_end() {
    for profile in [Profile::PosixStrict, Profile::Linux, Profile::Xfs] {
        let cut = |length: u32, grows: bool| {
            let mut b = sized(40);
            let map = b.mapping(A, 0, 1, true);
            let s = b.store(map, 50, 2, (1, 2));
            b.truncate(A, length, (3, 4));
            if grows {
                b.truncate(A, 64, (5, 6));
            }
            b.load(map, 50, (7, 8), &stored(s, 50, 2));
            verdicts(b, profile).len()
        };
        assert_eq!((cut(30, false), cut(45, false), cut(30, true)), (1, 0, 1), "{profile:?}");
    }
}
