//! Machines that stand still: a fault in the midst of a write, under a lock that it needs.

use crate::fixture::{A, M, silent, start, told};
use oracle::builder::{HistoryBuilder, content, stored, written};
use oracle::{Call, Class, Deadlock, Link, MemoryId, Notation, OperationId, Outcome, Rule, Stop, TaskId};

fn link(task: u8, holds: &str, wants: &str) -> Link {
    Link {
        task: TaskId(task),
        operation: OperationId(task),
        holds: holds.to_owned(),
        taken_at: "write".into(),
        taken_step: 3,
        wants: wants.to_owned(),
        waits_at: "fault".into(),
    }
}

fn deadlock(b: &mut HistoryBuilder, cycle: Vec<Link>, notation: Notation) {
    b.history().stop = Some(Stop::Deadlock(Deadlock { step: 7, cycle, notation }));
}

/// A write from `offset` of a mapping of its own file that is still under way when the machine stands still.
fn hangs(b: &mut HistoryBuilder, offset: u32, source: (MemoryId, u32, u32)) -> OperationId {
    let segments = b.segments(&[source]);
    b.call(Call::Write { file: A, offset: Some(offset), segments }, (1, None), None)
}

/// OpenZFS 18135: a write from a mapping of the same file is longer than what was touched before, and the fault that it
/// takes under the file's range lock waits for that lock.
#[test]
fn a_fault_under_the_range_lock_of_its_own_file() {
    let from_itself = || {
        let mut b = start(256, 1);
        let map = b.mapping(A, 0, 4, true);
        (b, map)
    };
    let (mut b, map) = from_itself();
    hangs(&mut b, 16, (map, 0, 240));
    deadlock(&mut b, vec![link(0, "RL(a)", "RL(a)")], Notation::Other);
    told(b, Rule::L1, Class::Deadlock);
    // Copied at once, or a page at a time, or cell by cell: then it copies what it has written.
    for cells in [240, 16] {
        let (mut b, map) = from_itself();
        b.write(A, 16, &[(map, 0, 240)], (1, 2), Outcome::Done(240));
        let copied = content(A, 0, cells).repeat((240 / cells) as usize);
        b.rest(A, &[content(A, 0, 16), copied].concat());
        silent(b);
    }
}

/// OpenZFS 7512: one thread faults in the midst of a transaction and waits for the lock of the address space, which
/// another one holds in a fault that waits for the transaction.
#[test]
fn a_fault_within_a_transaction() {
    let two_files = || {
        let mut b = start(0, 2);
        let other = b.file(64);
        let map = b.mapping(other, 0, 1, true);
        (b, other, map)
    };
    let (mut b, _, map) = two_files();
    hangs(&mut b, 0, (M, 0, 128));
    b.call(Call::Store { memory: map, offset: 0, length: 16 }, (2, None), None);
    let cycle = vec![link(0, "TX", "MM"), link(1, "MM", "TX")];
    deadlock(&mut b, cycle, Notation::Other);
    told(b, Rule::L1, Class::Deadlock);
    let (mut b, other, map) = two_files();
    let w = b.write(A, 0, &[(M, 0, 128)], (1, 10), Outcome::Done(128));
    let s = b.store(map, 0, 16, (2, 9));
    b.rest(A, &written(w, M, 0, 128));
    b.rest(other, &[stored(s, 0, 16), content(other, 16, 48)].concat());
    silent(b);
}

/// Asterinas 3257: a write copies from a mapping of the page that it has locked, and the fault locks that page again.
#[test]
fn a_fault_on_the_page_that_is_written() {
    let mut b = start(64, 1);
    let map = b.mapping(A, 0, 1, true);
    hangs(&mut b, 0, (map, 0, 64));
    deadlock(&mut b, vec![link(0, "PL(a:0)", "PL(a:0)")], Notation::SamePage);
    told(b, Rule::L1, Class::Deadlock);
    let mut b = start(64, 1);
    let map = b.mapping(A, 0, 1, true);
    b.write(A, 0, &[(map, 0, 64)], (1, 2), Outcome::Done(64));
    b.rest(A, &content(A, 0, 64));
    silent(b);
}

/// generic/443 of xfstests: each of many segments is a byte of a page that was not touched before. A kernel that
/// touches the first segment alone, and copies all of them or nothing, tries for ever; the right one returns when all
/// are written.
#[test]
fn many_segments_on_cold_pages() {
    let segments: Vec<(MemoryId, u32, u32)> = (0..8).map(|page| (M, page * 64, 1)).collect();
    let mut b = start(0, 8);
    let span = b.segments(&segments);
    let w = b.call(Call::Write { file: A, offset: Some(0), segments: span }, (1, None), None);
    b.history().stop = Some(Stop::Livelock { operation: w, step: 900 });
    told(b, Rule::L2, Class::Livelock);
    let mut b = start(0, 8);
    let w = b.write(A, 0, &segments, (1, 2), Outcome::Done(8));
    let cells: Vec<_> = (0..8).flat_map(|page| written(w, M, page * 64, 1)).collect();
    b.read(A, 0, 16, (3, 4), &cells);
    b.rest(A, &cells);
    silent(b);
    // It stops half-way: the source was good, and must be counted.
    let mut b = start(0, 8);
    b.write(A, 0, &segments, (1, 2), Outcome::Done(1));
    b.rest(A, &cells[..1]);
    told(b, Rule::S4, Class::Return);
}
