//! What a verdict says beside its rule and class: where, whether it stayed, who had to do with it, what would have been
//! right.

use crate::fixture::{A, M, breaks, join, sized, small, verdicts, whole_write};
use oracle::builder::{HistoryBuilder, content, pristine, written, zeroes};
use oracle::{Cell, Class, FileId, OperationId, Origin, Outcome, Owner, Persistence, Profile, Rule, Verdict, Way};

/// The file's content with zeroes in these ranges.
fn holes(ranges: &[(u32, u32)]) -> Vec<Cell> {
    let mut cells = content(A, 0, 64);
    for &(start, end) in ranges {
        cells[start as usize..end as usize].fill(zeroes(1)[0]);
    }
    cells
}

fn places(b: HistoryBuilder) -> Vec<(Option<Way>, u32, u32, Option<Persistence>)> {
    let found = verdicts(b, Profile::Linux);
    found.iter().map(|it| (it.way, it.start, it.end, it.persistence)).collect()
}

#[test]
fn the_longest_of_what_one_look_saw_is_told() {
    let seen = |ranges: &[(u32, u32)]| {
        let mut b = small();
        b.read(A, 0, 64, (1, 2), &holes(ranges));
        verdicts(b, Profile::Linux).iter().map(|it| (it.start, it.end)).collect::<Vec<_>>()
    };
    assert_eq!(seen(&[(0, 20), (40, 48)]), [(0, 20)]);
    assert_eq!(seen(&[(0, 8), (40, 60)]), [(40, 60)]);
    assert_eq!(seen(&[(4, 12), (40, 48)]), [(4, 12)]);
    assert_eq!(seen(&[(4, 12), (20, 28), (40, 50), (60, 64)]), [(40, 50)]);
}

#[test]
fn what_was_seen_elsewhere_at_rest_is_another_thing() {
    let looks = |read: (u32, u32), rest: (u32, u32)| {
        let mut b = small();
        b.read(A, 0, 64, (1, 2), &holes(&[read]));
        b.stat(A, (3, 4), 64);
        b.rest_by(A, Way::Read, 64, &holes(&[rest]));
        places(b)
    };
    let (gone, stayed) = (Some(Persistence::Transient), Some(Persistence::Persistent));
    let read = Some(Way::Read);
    assert_eq!(looks((16, 32), (32, 48)), [(None, 16, 32, gone), (read, 32, 48, stayed)]);
    assert_eq!(looks((32, 48), (16, 32)), [(None, 32, 48, gone), (read, 16, 32, stayed)]);
    assert_eq!(looks((8, 16), (24, 32)), [(None, 8, 16, gone), (read, 24, 32, stayed)]);
    // What overlaps is the same, and told once.
    assert_eq!(looks((16, 48), (32, 56)), [(None, 16, 48, stayed)]);
    assert_eq!(looks((32, 56), (16, 48)), [(None, 32, 56, stayed)]);
}

#[test]
fn what_two_ways_saw_in_two_places_is_told_twice() {
    let mut b = small();
    b.rest_by(A, Way::Read, 64, &holes(&[(0, 16)]));
    b.rest_by(A, Way::Evicted, 64, &holes(&[(32, 48)]));
    let stayed = Some(Persistence::Persistent);
    assert_eq!(places(b), [(Some(Way::Read), 0, 16, stayed), (Some(Way::Evicted), 32, 48, stayed)]);
}

const ERASED: &str = "a later operation changed the place before anybody could look at rest";

/// Zeroes at 16 to 32, and what is written afterwards.
fn rewritten(offset: u32, length: u32, when: (u32, u32)) -> Verdict {
    let mut b = small();
    b.read(A, 0, 64, (3, 5), &holes(&[(16, 32)]));
    let w = b.write(A, offset, &[(M, 0, length)], when, Outcome::Done(length));
    let end = offset + length;
    b.rest(A, &join(&[content(A, 0, offset), written(w, M, 0, length), content(A, end, 64 - end)]));
    breaks(b, Rule::R1, Class::Zero)
}

#[test]
fn what_was_written_over_later_may_have_stayed_or_not() {
    for (offset, length) in [(16, 16), (0, 17), (31, 8), (20, 4)] {
        let it = rewritten(offset, length, (10, 11));
        assert_eq!(it.persistence, None);
        assert!(it.message.ends_with(ERASED), "{}", it.message);
    }
    for (offset, length) in [(0, 16), (32, 16), (40, 8)] {
        assert_eq!(rewritten(offset, length, (10, 11)).persistence, Some(Persistence::Transient));
    }
    // It was under way: that is no later operation.
    assert_eq!(rewritten(16, 16, (5, 11)).persistence, Some(Persistence::Transient));
}

#[test]
fn a_wrong_size_is_erased_by_what_resizes() {
    let stat = |resized: bool| {
        let mut b = small();
        b.stat(A, (1, 2), 70);
        // The cells of 64 to 70 stay as they are: past the old end.
        if resized {
            b.truncate(A, 100, (3, 4));
        }
        let size = if resized { 100 } else { 64 };
        b.rest(A, &join(&[content(A, 0, 64), zeroes(size - 64)]));
        breaks(b, Rule::S1, Class::Size).persistence
    };
    assert_eq!(stat(true), None);
    assert_eq!(stat(false), Some(Persistence::Transient));
}

#[test]
fn who_touched_the_place_by_then_is_involved() {
    let mut b = small();
    let write = |b: &mut HistoryBuilder, offset: u32, length: u32, when: (u32, u32)| {
        b.write(A, offset, &[(M, 0, length)], when, Outcome::Done(length))
    };
    write(&mut b, 0, 16, (1, 20));
    write(&mut b, 32, 16, (1, 20));
    let first = write(&mut b, 16, 4, (6, 20));
    let last = write(&mut b, 31, 4, (1, 20));
    write(&mut b, 20, 4, (7, 20));
    b.read(A, 0, 64, (5, 6), &holes(&[(16, 32)]));
    assert_eq!(breaks(b, Rule::R1, Class::Zero).involved, [first, last]);
}

#[test]
fn what_was_found_at_rest_has_the_last_moment_for_its_step() {
    let mut b = small();
    whole_write(&mut b, (1, 10));
    b.stat(A, (2, 7), 64);
    b.rest(A, &content(A, 0, 64));
    assert_eq!(breaks(b, Rule::R1, Class::LostWrite).step, 10);
}

fn uninitialised(length: u32) -> Vec<Cell> {
    vec![Cell::new(Origin::Uninitialised { frame: 3, before: Owner::Kernel }); length as usize]
}

#[test]
fn what_memory_should_have_held_is_told() {
    let mut b = small();
    b.load(M, 5, (1, 2), &uninitialised(4));
    assert_eq!(breaks(b, Rule::R1, Class::Uninit).expected, pristine(M, 5, 4));
    // A private mapping that somebody stored to shows the file in its other cells, and zeroes behind the end of it.
    let mut b = sized(84);
    let map = b.mapping(A, 64, 1, false);
    b.store(map, 0, 8, (1, 2));
    b.load(map, 16, (3, 4), &uninitialised(8));
    assert_eq!(breaks(b, Rule::R1, Class::Uninit).expected, join(&[content(A, 80, 4), zeroes(4)]));
}

#[test]
fn what_a_mapped_source_should_have_brought_is_told() {
    let mut b = small();
    let other = b.file(104);
    let map = b.mapping(other, 64, 1, true);
    b.write(A, 0, &[(map, 0, 64)], (1, 2), Outcome::Done(64));
    let found = [content(other, 64, 36), uninitialised(8), zeroes(20)].concat();
    b.rest(A, &found);
    let it = breaks(b, Rule::R1, Class::Uninit);
    assert_eq!((it.start, it.end, it.expected), (36, 44, join(&[content(other, 100, 4), zeroes(4)])));
}

#[test]
fn the_newest_of_what_was_there_is_expected() {
    let mut b = small();
    let w = whole_write(&mut b, (1, 2));
    whole_write(&mut b, (4, 9));
    b.read(A, 0, 64, (5, 6), &uninitialised(64));
    assert_eq!(breaks(b, Rule::R1, Class::Uninit).expected, written(w, M, 0, 64));
}

#[test]
fn a_torn_pair_is_shown_as_it_was_read_at_rest() {
    let mut b = small();
    let other = b.file(64);
    let writes = [0, 64].map(|from| b.write(other, 0, &[(M, from, 64)], (3, 10), Outcome::Done(64)));
    let mixed = |one: OperationId, two: OperationId| join(&[written(one, M, 0, 32), written(two, M, 96, 32)]);
    b.read(FileId(1), 0, 64, (1, 2), &content(other, 0, 64));
    b.rest_by(A, Way::Read, 64, &content(A, 0, 64));
    b.rest_by(other, Way::Read, 64, &mixed(writes[0], writes[1]));
    let it = breaks(b, Rule::R4, Class::Torn);
    assert_eq!((it.file, it.way, it.seen), (Some(other), Some(Way::Read), mixed(writes[0], writes[1])));
}
