//! Every rule: a history that breaks it, and one that nearly does.

use shortcopy_oracle::builder::{HistoryBuilder, content, pristine, stored, written, zeroes};
use shortcopy_oracle::{
    BlockCensus, Call, Cell, Checker, Class, Deadlock, Errno, FaultKind, FileId, Link, MemoryId, Notation, OperationId,
    Origin, Outcome, Owner, Persistence, Profile, Quirk, Rule, Stop, TaskId, Verdict, Way,
};

const M: MemoryId = MemoryId(0);
const A: FileId = FileId(0);

/// One file of one page and one anonymous memory of four: pages of 64 cells.
fn small() -> HistoryBuilder {
    sized(64)
}

fn sized(size: u32) -> HistoryBuilder {
    let mut b = HistoryBuilder::new(64);
    b.file(size);
    b.memory(4);
    b
}

fn verdicts(b: HistoryBuilder, profile: Profile) -> Vec<Verdict> {
    Checker::new().check(&b.finish(), profile).to_vec()
}

#[track_caller]
fn silent(b: HistoryBuilder) {
    let found = verdicts(b, Profile::Linux);
    assert!(found.is_empty(), "{found:#?}");
}

#[track_caller]
fn breaks(b: HistoryBuilder, rule: Rule, class: Class) -> Verdict {
    breaks_in(b, Profile::Linux, rule, class)
}

#[track_caller]
fn breaks_in(b: HistoryBuilder, profile: Profile, rule: Rule, class: Class) -> Verdict {
    let found = verdicts(b, profile);
    let it = found.iter().find(|it| (it.rule, it.class) == (rule, class));
    it.unwrap_or_else(|| panic!("no {rule} {class} in {found:#?}")).clone()
}

fn join(parts: &[Vec<Cell>]) -> Vec<Cell> {
    parts.concat()
}

fn whole_write(b: &mut HistoryBuilder, when: (u32, u32)) -> OperationId {
    b.write(A, 0, &[(M, 0, 64)], when, Outcome::Done(64))
}

#[test]
fn r1_zeroes_during_a_write_are_transient() {
    let mut b = small();
    let w = whole_write(&mut b, (1, 10));
    b.read(A, 0, 64, (3, 5), &join(&[written(w, M, 0, 40), zeroes(24)]));
    b.rest(A, &written(w, M, 0, 64));
    let it = breaks(b, Rule::R1, Class::Zero);
    assert_eq!((it.start, it.end, it.persistence), (40, 64, Some(Persistence::Transient)));
    assert_eq!(it.involved, [w]);
    assert_eq!(it.expected, content(A, 40, 24));
}

#[test]
fn r1_old_or_new_during_a_write_is_right() {
    let mut b = small();
    let w = whole_write(&mut b, (1, 10));
    b.read(A, 0, 64, (3, 5), &join(&[written(w, M, 0, 40), content(A, 40, 24)]));
    b.rest(A, &written(w, M, 0, 64));
    silent(b);
}

#[test]
fn r1_old_after_the_write_is_a_rollback() {
    let mut b = small();
    let w = whole_write(&mut b, (1, 10));
    b.read(A, 0, 64, (11, 12), &content(A, 0, 64));
    b.rest(A, &written(w, M, 0, 64));
    assert_eq!(breaks(b, Rule::R1, Class::Rollback).persistence, Some(Persistence::Transient));
}

#[test]
fn r1_old_at_rest_is_a_lost_write() {
    let mut b = small();
    let w = whole_write(&mut b, (1, 10));
    b.read(A, 0, 64, (11, 12), &content(A, 0, 64));
    b.rest(A, &join(&[content(A, 0, 32), written(w, M, 32, 32)]));
    let found = verdicts(b, Profile::Linux);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((found[0].class, found[0].persistence), (Class::LostWrite, Some(Persistence::Persistent)));
    assert_eq!(found[0].operation, Some(OperationId(1)), "the earliest sighting is kept");
}

#[test]
fn r1_a_touching_interval_is_concurrent() {
    let mut b = small();
    whole_write(&mut b, (1, 10));
    b.read(A, 0, 64, (10, 12), &content(A, 0, 64));
    silent(b);
}

#[test]
fn r1_names_what_a_cell_is() {
    let class_of = |cell: Cell| {
        let mut b = small();
        b.file(64);
        b.read(A, 0, 1, (1, 2), &[cell]);
        verdicts(b, Profile::Linux)[0].class
    };
    let uninitialised = Origin::Uninitialised { frame: 3, before: Owner::Kernel };
    assert_eq!(class_of(Cell::new(uninitialised)), Class::Uninit);
    assert_eq!(class_of(Cell::new(Origin::Stale { block: 2, offset: 5 })), Class::StaleBlock);
    assert_eq!(class_of(content(FileId(1), 0, 1)[0]), Class::ForeignFile);
    assert_eq!(class_of(content(A, 7, 1)[0]), Class::Misplaced);
    assert_eq!(class_of(pristine(M, 0, 1)[0]), Class::Garbage);
    assert_eq!(class_of(Cell::new(Origin::Overwritten { file: A, offset: 0 })), Class::Rollback);
}

#[test]
fn r1_a_cut_off_block_in_another_file_is_stale() {
    let mut b = small();
    let other = b.file(64);
    b.truncate(A, 0, (1, 2));
    b.read(other, 0, 1, (3, 4), &content(A, 5, 1));
    breaks(b, Rule::R1, Class::StaleBlock);
}

#[test]
fn r2_new_then_old_is_an_inversion() {
    let mut b = small();
    let w = whole_write(&mut b, (1, 20));
    b.read(A, 0, 64, (3, 5), &written(w, M, 0, 64));
    b.read(A, 0, 64, (6, 8), &content(A, 0, 64));
    b.rest(A, &written(w, M, 0, 64));
    let it = breaks(b, Rule::R2, Class::Rollback);
    assert_eq!((it.start, it.end, it.operation), (0, 64, Some(OperationId(2))));
}

#[test]
fn r2_reads_at_once_may_see_either() {
    let mut b = small();
    let w = whole_write(&mut b, (1, 20));
    b.read(A, 0, 64, (3, 6), &written(w, M, 0, 64));
    b.read(A, 0, 64, (6, 8), &content(A, 0, 64));
    silent(b);
}

#[test]
fn r2_ways_at_rest_must_agree() {
    let mut b = small();
    let one = whole_write(&mut b, (1, 20));
    let two = whole_write(&mut b, (2, 20));
    b.rest_by(A, Way::Read, 64, &written(one, M, 0, 64));
    b.rest_by(A, Way::Evicted, 64, &written(two, M, 0, 64));
    breaks(b, Rule::R2, Class::LostWrite);
}

#[test]
fn r3_a_torn_read_fails_where_reads_are_atomic() {
    let torn = || {
        let mut b = small();
        let w = whole_write(&mut b, (1, 10));
        b.read(A, 0, 64, (3, 5), &join(&[written(w, M, 0, 32), content(A, 32, 32)]));
        b.rest(A, &written(w, M, 0, 64));
        b
    };
    breaks_in(torn(), Profile::PosixStrict, Rule::R3, Class::Torn);
    breaks_in(torn(), Profile::Xfs, Rule::R3, Class::Torn);
    let mut checker = Checker::new();
    assert!(checker.check(&torn().finish(), Profile::Linux).is_empty());
    assert_eq!(checker.exercised().quirk(Quirk::TornRead), 1);
}

#[test]
fn r3_new_next_to_unwritten_is_whole() {
    let mut b = small();
    let w = b.write(A, 0, &[(M, 0, 32)], (1, 10), Outcome::Done(32));
    b.read(A, 0, 64, (3, 5), &join(&[written(w, M, 0, 32), content(A, 32, 32)]));
    assert!(verdicts(b, Profile::PosixStrict).is_empty());
}

fn two_writes(winner: impl Fn(OperationId, OperationId) -> Vec<Cell>) -> HistoryBuilder {
    let mut b = small();
    let one = b.write(A, 0, &[(M, 0, 64)], (1, 10), Outcome::Done(64));
    let two = b.write(A, 0, &[(M, 64, 64)], (2, 11), Outcome::Done(64));
    b.rest(A, &winner(one, two));
    b
}

#[test]
fn r4_two_winners_are_torn() {
    let mixed = |one, two| join(&[written(one, M, 0, 32), written(two, M, 96, 32)]);
    breaks(two_writes(mixed), Rule::R4, Class::Torn);
}

#[test]
fn r4_one_winner_is_right() {
    silent(two_writes(|one, _| written(one, M, 0, 64)));
    silent(two_writes(|_, two| written(two, M, 64, 64)));
}

#[test]
fn r4_appends_tile() {
    let appends = |second: u32| {
        let mut b = small();
        b.append(A, 64, &[(M, 0, 10)], (1, 10), Outcome::Done(10));
        b.append(A, second, &[(M, 0, 10)], (2, 11), Outcome::Done(10));
        b
    };
    breaks(appends(64), Rule::R4, Class::AppendOverlap);
    breaks(appends(75), Rule::R4, Class::AppendOverlap);
    silent(appends(74));
}

#[test]
fn s1_a_size_that_never_was() {
    let stat = |size: u32| {
        let mut b = small();
        b.write(A, 60, &[(M, 0, 10)], (1, 10), Outcome::Done(10));
        b.stat(A, (3, 5), size);
        b
    };
    breaks(stat(71), Rule::S1, Class::Size);
    breaks(stat(63), Rule::S1, Class::Size);
    for size in 64..=70 {
        silent(stat(size));
    }
}

#[test]
fn s1_a_failed_write_leaves_the_size() {
    let failed = |size: u32| {
        let mut b = small();
        b.unreadable(M, 0);
        b.write(A, 64, &[(M, 0, 10)], (1, 10), Outcome::Failed(Errno::EFAULT));
        b.rest(A, &join(&[content(A, 0, 64), zeroes(size - 64)]));
        b
    };
    let it = breaks(failed(74), Rule::S1, Class::Size);
    assert_eq!(it.persistence, Some(Persistence::Persistent));
    assert_eq!(verdicts(failed(74), Profile::Linux).len(), 1, "zeroes past the right size are the size's fault");
    silent(failed(64));
}

#[test]
fn s2_size_before_data() {
    let reader = |seen: &dyn Fn(OperationId) -> Vec<Cell>| {
        let mut b = small();
        let w = b.write(A, 80, &[(M, 0, 20)], (1, 10), Outcome::Done(20));
        let seen = seen(w);
        b.read(A, 64, 36, (3, 5), &seen);
        b.rest(A, &join(&[content(A, 0, 64), zeroes(16), written(w, M, 0, 20)]));
        b
    };
    let it = breaks(reader(&|_| zeroes(36)), Rule::S2, Class::Zero);
    assert_eq!((it.start, it.end), (80, 100));
    silent(reader(&|w| join(&[zeroes(16), written(w, M, 0, 20)])));
    silent(reader(&|_| zeroes(16)));
}

#[test]
fn s3_a_read_ends_at_the_end() {
    let short = |count: u32, fault: bool| {
        let mut b = small();
        let r = b.read(A, 0, 64, (1, 2), &content(A, 0, count));
        if fault {
            b.fault(r, FaultKind::Signal);
        }
        b
    };
    breaks(short(32, false), Rule::S3, Class::ShortRead);
    silent(short(32, true));
    silent(short(64, false));
}

#[test]
fn s3_between_pages_a_truncate_may_end_a_read() {
    let race = || {
        let mut b = sized(192);
        b.truncate(A, 30, (1, 10));
        b.read(A, 0, 192, (2, 5), &content(A, 0, 64));
        b
    };
    let mut checker = Checker::new();
    assert!(checker.check(&race().finish(), Profile::Linux).is_empty());
    assert_eq!(checker.exercised().quirk(Quirk::TornSize), 1);
    breaks_in(race(), Profile::PosixStrict, Rule::S1, Class::Size);
}

/// A write of two pages whose source is bad from cell 100 of the write on; the destination begins at 16.
fn half_bad(outcome: Outcome) -> HistoryBuilder {
    let mut b = sized(256);
    b.unreadable(M, 2);
    b.write(A, 16, &[(M, 28, 128)], (1, 10), outcome);
    b
}

#[test]
fn s4_a_short_count_is_between_the_floor_and_the_fault() {
    for legal in [48, 60, 100] {
        silent(half_bad(Outcome::Done(legal)));
    }
    for illegal in [0, 47, 101, 128] {
        breaks(half_bad(Outcome::Done(illegal)), Rule::S4, Class::Return);
    }
    breaks(half_bad(Outcome::Failed(Errno::EFAULT)), Rule::S4, Class::Return);
    assert!(verdicts(half_bad(Outcome::Done(100)), Profile::PosixStrict).is_empty());
    breaks_in(half_bad(Outcome::Done(60)), Profile::PosixStrict, Rule::S4, Class::Return);
}

#[test]
fn s4_efault_where_the_floor_leaves_nothing() {
    let mut b = small();
    b.unreadable(M, 1);
    b.write(A, 0, &[(M, 60, 10)], (1, 10), Outcome::Failed(Errno::EFAULT));
    silent(b);
}

#[test]
fn s4_errors_need_a_reason() {
    let failing = |errno: Errno, fault: Option<FaultKind>| {
        let mut b = small();
        let w = b.write(A, 0, &[(M, 0, 10)], (1, 10), Outcome::Failed(errno));
        fault.into_iter().for_each(|it| b.fault(w, it));
        b
    };
    for errno in [Errno::EFAULT, Errno::ENOSPC, Errno::ENOMEM, Errno::EIO, Errno::EINTR, Errno::EDEADLK] {
        breaks(failing(errno, None), Rule::S4, Class::Return);
    }
    silent(failing(Errno::ENOSPC, Some(FaultKind::NoSpace)));
    silent(failing(Errno::ENOMEM, Some(FaultKind::NoMemory)));
    breaks(failing(Errno::EDEADLK, Some(FaultKind::NoMemory)), Rule::S4, Class::Return);
}

#[test]
fn s4_nothing_is_zero_and_never_a_fault() {
    let empty = |outcome: Outcome| {
        let mut b = small();
        b.unreadable(M, 0);
        b.write(A, 0, &[(M, 0, 0), (M, 5, 0)], (1, 2), outcome);
        b
    };
    silent(empty(Outcome::Done(0)));
    breaks(empty(Outcome::Failed(Errno::EFAULT)), Rule::S4, Class::Return);
}

#[test]
fn s4_an_unmap_at_the_same_time_excuses_and_one_before_forbids() {
    let unmapped = |when: (u32, u32), outcome: Outcome| {
        let mut b = sized(128);
        b.done(Call::Unmap { memory: M, first: 1, pages: 1 }, when);
        b.write(A, 0, &[(M, 0, 128)], (5, 10), outcome);
        b
    };
    silent(unmapped((6, 7), Outcome::Done(128)));
    silent(unmapped((6, 7), Outcome::Done(64)));
    silent(unmapped((1, 2), Outcome::Done(64)));
    breaks(unmapped((1, 2), Outcome::Done(128)), Rule::S4, Class::Return);
    breaks(unmapped((11, 12), Outcome::Done(64)), Rule::S4, Class::Return);
}

/// A write that counts 20 of 40.
fn short_write(reader: (u32, u32), past: impl Fn(OperationId) -> Vec<Cell>) -> HistoryBuilder {
    let mut b = small();
    b.unreadable(M, 1);
    let w = b.write(A, 0, &[(M, 44, 40)], (1, 10), Outcome::Done(20));
    b.read(A, 20, 20, reader, &past(w));
    b.rest(A, &join(&[written(w, M, 44, 20), content(A, 20, 44)]));
    b
}

#[test]
fn s5_uncounted_data_may_not_stay() {
    breaks(short_write((11, 12), |w| written(w, M, 64, 20)), Rule::S5, Class::Overrun);
    silent(short_write((9, 12), |w| written(w, M, 64, 20)));
    silent(short_write((11, 12), |_| content(A, 20, 20)));
}

#[test]
fn s6_what_was_cut_off_stays_away() {
    let regrown = |tail: Vec<Cell>| {
        let mut b = small();
        b.truncate(A, 30, (1, 2));
        b.truncate(A, 64, (3, 4));
        b.rest(A, &join(&[content(A, 0, 30), tail]));
        b
    };
    let it = breaks(regrown(content(A, 30, 34)), Rule::S6, Class::Resurrected);
    assert_eq!(it.persistence, Some(Persistence::Persistent));
    silent(regrown(zeroes(34)));
}

#[test]
fn s6_a_reader_that_races_with_a_truncate() {
    let race = || {
        let mut b = small();
        b.truncate(A, 30, (1, 10));
        b.read(A, 0, 64, (2, 5), &join(&[content(A, 0, 30), zeroes(34)]));
        b.rest(A, &content(A, 0, 30));
        b
    };
    let mut checker = Checker::new();
    assert!(checker.check(&race().finish(), Profile::Linux).is_empty());
    assert!(checker.exercised().quirk(Quirk::TruncateZeroes) > 0);
    breaks_in(race(), Profile::PosixStrict, Rule::S6, Class::Zero);
}

fn mapped(size: u32, pages: u32) -> (HistoryBuilder, MemoryId) {
    let mut b = sized(size);
    let map = b.mapping(A, 0, pages, true);
    (b, map)
}

#[test]
fn s7_past_the_end_of_the_last_page() {
    let load = |tail: Vec<Cell>| {
        let (mut b, map) = mapped(40, 1);
        b.load(map, 0, (1, 2), &join(&[content(A, 0, 40), tail]));
        b
    };
    silent(load(zeroes(24)));
    let (mut b, map) = mapped(40, 1);
    let w = b.write(A, 36, &[(M, 0, 20)], (1, 2), Outcome::Done(20));
    b.truncate(A, 40, (3, 4));
    b.load(map, 40, (5, 6), &written(w, M, 4, 16));
    breaks(b, Rule::S7, Class::EofPollution);
}

#[test]
fn s7_sigbus_only_past_the_end() {
    let bus = |offset: u32| {
        let (mut b, map) = mapped(40, 2);
        let call = Call::Load { memory: map, offset, length: 4 };
        b.call(call, (1, Some(2)), Some(Outcome::BusError));
        b
    };
    breaks(bus(0), Rule::S7, Class::Return);
    breaks(bus(60), Rule::S7, Class::Return);
    silent(bus(64));
    silent(bus(62));
    let (mut b, map) = mapped(40, 2);
    b.load(map, 64, (1, 2), &zeroes(4));
    breaks(b, Rule::S7, Class::EofPollution);
}

#[test]
fn s7_q2_a_store_past_the_end_surfaces() {
    let surfaces = || {
        let (mut b, map) = mapped(40, 1);
        let s = b.store(map, 44, 4, (1, 2));
        b.truncate(A, 64, (3, 4));
        b.rest(A, &join(&[content(A, 0, 40), zeroes(4), stored(s, 44, 4), zeroes(16)]));
        b
    };
    let mut checker = Checker::new();
    assert!(checker.check(&surfaces().finish(), Profile::Linux).is_empty());
    assert!(checker.exercised().quirk(Quirk::PastEndStore) > 0);
    breaks_in(surfaces(), Profile::PosixStrict, Rule::S7, Class::EofPollution);
}

#[test]
fn s8_a_mapped_source_is_copied_as_it_was() {
    let copied = |seen: &dyn Fn(FileId, OperationId) -> Vec<Cell>| {
        let mut b = small();
        let other = b.file(64);
        let map = b.mapping(other, 0, 1, true);
        let s = b.store(map, 8, 8, (4, 5));
        b.write(A, 0, &[(map, 0, 32)], (2, 10), Outcome::Done(32));
        let seen = seen(other, s);
        b.rest(A, &join(&[seen, content(A, 32, 32)]));
        b
    };
    silent(copied(&|other, _| content(other, 0, 32)));
    silent(copied(&|other, s| join(&[content(other, 0, 8), stored(s, 8, 8), content(other, 16, 16)])));
    breaks(copied(&|other, _| content(other, 1, 32)), Rule::R1, Class::ForeignFile);
}

#[test]
fn s8_a_source_that_overlaps_its_destination_may_be_fetched_again_and_again() {
    let mut b = small();
    let map = b.mapping(A, 0, 1, true);
    b.write(A, 8, &[(map, 0, 32)], (1, 10), Outcome::Done(32));
    let repeated = join(&[content(A, 0, 8), content(A, 0, 8), content(A, 0, 8), content(A, 0, 8), content(A, 0, 8)]);
    b.rest(A, &join(&[repeated, content(A, 40, 24)]));
    silent(b);
    let mut b = small();
    let map = b.mapping(A, 0, 1, true);
    b.write(A, 8, &[(map, 0, 32)], (1, 10), Outcome::Done(32));
    b.rest(A, &join(&[content(A, 0, 8), content(A, 4, 32), content(A, 40, 24)]));
    breaks(b, Rule::R1, Class::Misplaced);
}

#[test]
fn s8_a_given_back_page_is_zero() {
    let given_back = |when: (u32, u32), seen: &dyn Fn(OperationId) -> Vec<Cell>| {
        let mut b = small();
        b.done(Call::DontNeed { memory: M, first: 0, pages: 1 }, when);
        let w = b.write(A, 0, &[(M, 0, 64)], (5, 10), Outcome::Done(64));
        let seen = seen(w);
        b.rest(A, &seen);
        b
    };
    silent(given_back((1, 2), &|_| zeroes(64)));
    silent(given_back((6, 7), &|w| join(&[written(w, M, 0, 10), zeroes(54)])));
    breaks(given_back((1, 2), &|w| written(w, M, 0, 64)), Rule::S8, Class::Garbage);
    assert!(!verdicts(given_back((11, 12), &|_| zeroes(64)), Profile::Linux).is_empty());
}

#[test]
fn s8_stored_memory_is_copied_with_the_store() {
    let mut b = small();
    let s = b.store(M, 0, 16, (1, 2));
    let w = b.write(A, 0, &[(M, 0, 64)], (5, 10), Outcome::Done(64));
    b.load(M, 0, (3, 4), &join(&[stored(s, 0, 16), pristine(M, 16, 16)]));
    b.rest(A, &join(&[stored(s, 0, 16), written(w, M, 16, 48)]));
    silent(b);
}

#[test]
fn s10_every_block_has_one_owner() {
    let census = |mapped: Vec<(FileId, u32, u32)>, free: Vec<u32>| {
        let mut b = small();
        b.rest(A, &content(A, 0, 64));
        b.history().blocks = Some(BlockCensus { block: 32, mapped, free, total: 4 });
        b
    };
    silent(census(vec![(A, 0, 2), (A, 1, 0)], vec![1, 3]));
    breaks(census(vec![(A, 0, 2), (A, 1, 2)], vec![1, 3]), Rule::S10, Class::LeakedBlock);
    breaks(census(vec![(A, 0, 2), (A, 1, 0)], vec![0, 3]), Rule::S10, Class::LeakedBlock);
    breaks(census(vec![(A, 0, 2), (A, 1, 0)], vec![3]), Rule::S10, Class::LeakedBlock);
    breaks(census(vec![(A, 0, 2), (A, 2, 0)], vec![1, 3]), Rule::S10, Class::LeakedBlock);
}

fn stopped(stop: Stop) -> HistoryBuilder {
    let mut b = small();
    let segments = b.segments(&[(M, 0, 64)]);
    b.call(Call::Write { file: A, offset: Some(0), segments }, (1, None), None);
    b.history().stop = Some(stop);
    b
}

#[test]
fn l1_l2_k1_stops_are_findings() {
    let link = Link {
        task: TaskId(0),
        operation: OperationId(0),
        holds: "PL(a:0)".to_owned(),
        taken_at: "grab",
        taken_step: 3,
        wants: "PL(a:0)".to_owned(),
        waits_at: "fault",
    };
    let deadlock = Deadlock { step: 7, cycle: vec![link], notation: Notation::SamePage };
    let it = breaks(stopped(Stop::Deadlock(deadlock)), Rule::L1, Class::Deadlock);
    assert_eq!((it.notation, it.step, it.persistence), (Some(Notation::SamePage), 7, None));
    breaks(stopped(Stop::Livelock { operation: OperationId(0), step: 9 }), Rule::L2, Class::Livelock);
    let what = "an unlocked page was unlocked";
    let it = breaks(stopped(Stop::Oops { operation: OperationId(0), what, step: 9 }), Rule::K1, Class::Oops);
    assert_eq!(it.message, what);
}

#[test]
fn a_stop_leaves_persistence_open() {
    let mut b = small();
    let w = whole_write(&mut b, (1, 10));
    b.read(A, 0, 64, (3, 5), &join(&[written(w, M, 0, 40), zeroes(24)]));
    assert_eq!(breaks(b, Rule::R1, Class::Zero).persistence, None);
}
