//! Times and ranges that touch: what a write, a truncate, a loss or a mapping reaches, and what it does not.

use crate::fixture::{A, M, breaks, breaks_in, join, silent, sized, small, verdicts, whole_write};
use crate::losses::refuse;
use oracle::builder::{HistoryBuilder, content, stored, written, zeroes};
use oracle::{Call, Cell, Class, Errno, Failure, FaultKind, FileId, OperationId, Outcome, Profile, Rule, Way};

#[test]
fn s9_only_its_own_fsync_before_the_crash_makes_a_size_durable() {
    let crashed = |file: FileId, when: (u32, u32)| {
        let mut b = small();
        b.file(64);
        b.truncate(A, 48, (1, 2));
        b.truncate(A, 32, (3, 4));
        b.done(Call::Fsync { file }, when);
        b.call(Call::Crash, (10, None), None);
        b.rest_by(A, Way::Crash, 48, &content(A, 0, 48));
        b
    };
    breaks(crashed(A, (5, 6)), Rule::S9, Class::Size);
    silent(crashed(FileId(1), (5, 6)));
    silent(crashed(A, (5, 10)));
}

#[test]
fn s4_a_write_of_nothing_has_no_reason_to_fail() {
    let mut b = small();
    let w = b.write(A, 0, &[(M, 0, 0)], (1, 2), Outcome::Failed(Errno::EINTR));
    b.fault(w, FaultKind::Signal);
    breaks(b, Rule::S4, Class::Return);
}

#[test]
fn s1_a_write_of_nothing_moves_no_end() {
    let mut b = small();
    b.write(A, 100, &[(M, 0, 0)], (1, 10), Outcome::Done(0));
    b.stat(A, (3, 5), 80);
    breaks(b, Rule::S1, Class::Size);
}

#[test]
fn s4_memory_of_many_pages_can_be_read() {
    let mut b = small();
    let many = b.memory(70);
    let w = b.write(A, 0, &[(many, 64 * 64, 64)], (1, 2), Outcome::Done(64));
    b.rest(A, &written(w, many, 64 * 64, 64));
    silent(b);
}

#[test]
fn s4_an_unmap_that_is_called_as_the_write_returns_excuses_it() {
    let unmapped = |when: (u32, u32)| {
        let mut b = sized(128);
        b.done(Call::Unmap { memory: M, first: 1, pages: 1 }, when);
        b.write(A, 0, &[(M, 0, 128)], (5, 10), Outcome::Done(64));
        b
    };
    silent(unmapped((10, 12)));
    breaks(unmapped((11, 12)), Rule::S4, Class::Return);
}

#[test]
fn s4_no_more_is_counted_than_the_mapped_file_has_pages() {
    let copied = |size: u32, count: u32| {
        let mut b = small();
        let other = b.file(size);
        let map = b.mapping(other, 0, 2, true);
        b.write(A, 0, &[(map, 32, 64)], (1, 2), Outcome::Done(count));
        b
    };
    breaks(copied(64, 64), Rule::S4, Class::Return);
    silent(copied(64, 32));
    silent(copied(65, 64));
}

#[test]
fn s5_what_was_not_counted_may_be_seen_until_the_write_has_returned() {
    let failed = |reader: (u32, u32)| {
        let mut b = small();
        let w = b.write(A, 0, &[(M, 0, 64)], (1, 10), Outcome::Failed(Errno::ENOMEM));
        b.fault(w, FaultKind::NoMemory);
        b.read(A, 0, 64, reader, &written(w, M, 0, 64));
        b
    };
    silent(failed((10, 12)));
    breaks(failed((11, 12)), Rule::S5, Class::Overrun);
}

#[test]
fn s7_only_a_read_from_the_disk_leaves_a_page_out() {
    let load = |kind: FaultKind| {
        let mut b = small();
        let map = b.mapping(A, 0, 1, true);
        b.call(Call::Load { memory: map, offset: 0, length: 4 }, (3, Some(4)), Some(Outcome::BusError));
        b.history().failures.push(Failure { kind, file: Some(A), start: 0, end: 64, at: 3, by: None });
        b
    };
    silent(load(FaultKind::ReadError));
    breaks(load(FaultKind::WriteError), Rule::S7, Class::Return);
}

#[test]
fn s8_pages_are_given_back_whole_and_no_others() {
    let given_back = |pages: u32, seen: &dyn Fn(OperationId) -> Vec<Cell>| {
        let mut b = sized(192);
        b.done(Call::DontNeed { memory: M, first: 0, pages }, (1, 2));
        let w = b.write(A, 0, &[(M, 0, 192)], (5, 10), Outcome::Done(192));
        let seen = seen(w);
        b.rest(A, &seen);
        b
    };
    silent(given_back(2, &|w| join(&[zeroes(128), written(w, M, 128, 64)])));
    silent(given_back(1, &|w| join(&[zeroes(64), written(w, M, 64, 128)])));
    breaks(given_back(1, &|w| join(&[zeroes(65), written(w, M, 65, 127)])), Rule::R1, Class::Zero);
}

#[test]
fn s7_a_truncate_drops_private_copies_whatever_the_order_in_which_the_calls_are_listed() {
    let mut b = sized(128);
    let map = b.mapping(A, 0, 2, false);
    b.truncate(A, 32, (5, 6));
    b.truncate(A, 128, (7, 8));
    b.store(map, 64, 8, (3, 4));
    b.load(map, 64, (9, 10), &zeroes(64));
    silent(b);
}

#[test]
fn s7_a_private_copy_is_no_older_than_the_first_store() {
    let load = |store: (u32, u32)| {
        let mut b = small();
        let map = b.mapping(A, 0, 1, false);
        whole_write(&mut b, (4, 5));
        b.store(map, 0, 8, store);
        b.load(map, 8, (20, 21), &content(A, 8, 56));
        b
    };
    silent(load((2, 3)));
    silent(load((5, 6)));
    breaks(load((6, 7)), Rule::S8, Class::Garbage);
}

#[test]
fn s7_zeroes_end_with_the_page_in_which_the_file_ends() {
    let load = |offset: u32, length: u32| {
        let mut b = sized(40);
        let map = b.mapping(A, 0, 2, true);
        b.write(A, 40, &[(M, 0, 20)], (1, 10), Outcome::Done(20));
        b.load(map, offset, (3, 5), &zeroes(length));
        b
    };
    silent(load(44, 20));
    let it = breaks(load(44, 26), Rule::S7, Class::EofPollution);
    assert_eq!((it.start, it.end), (64, 70));
    breaks(load(66, 4), Rule::S7, Class::EofPollution);
}

#[test]
fn s7_zeroes_in_the_last_page_are_past_some_end_that_the_file_had() {
    let load = |offset: u32| {
        let mut b = sized(0);
        let map = b.mapping(A, 0, 1, true);
        whole_write(&mut b, (1, 10));
        b.load(map, offset, (3, 5), &zeroes(4));
        b
    };
    silent(load(1));
    // A page with nothing of the file in it is not there at all.
    let it = breaks(load(0), Rule::S2, Class::Zero);
    assert_eq!((it.start, it.end), (0, 4));
}

/// A write of the cells from 32 on, while they are read as zeroes.
fn filled(b: &mut HistoryBuilder, reader: (u32, u32)) {
    let w = b.write(A, 32, &[(M, 0, 32)], (5, 10), Outcome::Done(32));
    b.read(A, 32, 32, reader, &zeroes(32));
    b.read(A, 32, 32, (20, 21), &written(w, M, 0, 32));
}

#[test]
fn s2_an_end_that_was_further_on_is_a_reason_for_zeroes_unless_it_was_cut_off_since() {
    let grown = |up: (u32, u32), down: (u32, u32)| {
        let mut b = small();
        b.truncate(A, 96, up);
        b.truncate(A, 32, down);
        filled(&mut b, (6, 7));
        b
    };
    breaks(grown((1, 2), (3, 4)), Rule::S2, Class::Zero);
    silent(grown((1, 3), (3, 4)));
}

#[test]
fn s2_a_write_that_failed_is_a_reason_for_zeroes_before_it_until_it_has_returned() {
    let failed = |when: (u32, u32)| {
        let mut b = sized(32);
        let w = b.write(A, 100, &[(M, 0, 8)], when, Outcome::Failed(Errno::ENOMEM));
        b.fault(w, FaultKind::NoMemory);
        filled(&mut b, (6, 7));
        b
    };
    breaks(failed((1, 2)), Rule::S2, Class::Zero);
    silent(failed((1, 6)));
    silent(failed((7, 8)));
}

#[test]
fn s2_a_loss_is_a_reason_for_zeroes_in_its_own_cells_and_from_then_on() {
    let lost = |discard: Option<(u32, u32)>, refused: (u32, u32)| {
        let mut b = sized(32);
        filled(&mut b, (6, 7));
        match discard {
            Some(when) => drop(b.done(Call::Invalidate { file: A, discards: true }, when)),
            None => refuse(&mut b, Some(A), refused, 6),
        }
        b
    };
    let nothing = (0, 0);
    silent(lost(Some((7, 8)), nothing));
    breaks(lost(Some((8, 9)), nothing), Rule::S2, Class::Zero);
    breaks(lost(None, (0, 16)), Rule::S2, Class::Zero);
}

#[test]
fn r1_a_loss_that_begins_as_the_look_ends_may_have_been_seen() {
    let lost = |when: (u32, u32)| {
        let mut b = small();
        whole_write(&mut b, (1, 2));
        b.done(Call::Invalidate { file: A, discards: true }, when);
        b.read(A, 0, 64, (5, 6), &content(A, 0, 64));
        b
    };
    silent(lost((6, 8)));
    breaks(lost((7, 8)), Rule::R1, Class::Rollback);
}

#[test]
fn s1_a_write_that_returned_as_the_truncate_was_called_may_be_the_later_one() {
    let stat = |truncate: (u32, u32), size: u32| {
        let mut b = small();
        b.write(A, 64, &[(M, 0, 16)], (1, 5), Outcome::Done(16));
        b.truncate(A, 32, truncate);
        b.stat(A, (8, 9), size);
        b
    };
    silent(stat((5, 6), 80));
    silent(stat((5, 6), 32));
    breaks(stat((6, 7), 80), Rule::S1, Class::Size);
}

#[test]
fn s1_a_read_is_no_longer_than_the_file() {
    let mut b = small();
    b.read(A, 0, 80, (1, 2), &join(&[content(A, 0, 64), zeroes(16)]));
    let it = breaks(b, Rule::S1, Class::Size);
    assert_eq!((it.start, it.end), (64, 80));
}

#[test]
fn s9_what_a_write_did_not_count_was_in_no_block() {
    let mut b = sized(128);
    let w = b.write(A, 8, &[(M, 0, 48)], (1, 10), Outcome::Done(32));
    b.fault(w, FaultKind::Signal);
    b.history().unordered = true;
    b.call(Call::Crash, (30, None), None);
    let found = join(&[content(A, 0, 40), written(w, M, 32, 16), content(A, 56, 72)]);
    b.rest_by(A, Way::Crash, 128, &found);
    breaks(b, Rule::S9, Class::Overrun);
}

#[test]
fn s7_a_store_at_the_end_of_the_file_is_past_it() {
    let mut b = sized(40);
    let map = b.mapping(A, 0, 1, true);
    let s = b.store(map, 40, 4, (1, 2));
    b.load(map, 40, (3, 4), &stored(s, 40, 4));
    assert_eq!(verdicts(b, Profile::PosixStrict), []);
    let mut b = sized(41);
    let map = b.mapping(A, 0, 1, true);
    b.truncate(A, 40, (1, 2));
    let s = b.store(map, 40, 4, (3, 4));
    b.truncate(A, 41, (5, 6));
    b.load(map, 40, (7, 8), &stored(s, 40, 4));
    breaks_in(b, Profile::PosixStrict, Rule::S7, Class::EofPollution);
}
