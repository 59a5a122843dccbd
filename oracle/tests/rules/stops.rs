//! S10, L1, L2 and K1: blocks and stops.

use crate::fixture::{A, M, breaks, join, silent, small, whole_write};
use oracle::builder::{HistoryBuilder, content, written, zeroes};
use oracle::{
    BlockCensus, Call, Class, CrashKind, Crashed, Deadlock, FileId, Link, Notation, OperationId, Rule, Stop, TaskId,
};

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
        taken_at: "grab".into(),
        taken_step: 3,
        wants: "PL(a:0)".to_owned(),
        waits_at: "fault".into(),
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
fn k2_a_crash_is_told_by_its_kind() {
    let crashed = |how| {
        let what = "src/cache.rs:7: attempt to subtract with overflow".to_owned();
        Stop::Crashed(Crashed { how, operation: OperationId(0), what, step: 9 })
    };
    let it = breaks(stopped(crashed(CrashKind::Panic)), Rule::K2, Class::Panic);
    assert_eq!(it.message, "src/cache.rs:7: attempt to subtract with overflow");
    breaks(stopped(crashed(CrashKind::StackOverflow)), Rule::K2, Class::StackOverflow);
    breaks(stopped(crashed(CrashKind::Hang)), Rule::K2, Class::Hang);
}

#[test]
fn a_stop_leaves_persistence_open() {
    let mut b = small();
    let w = whole_write(&mut b, (1, 10));
    b.read(A, 0, 64, (3, 5), &join(&[written(w, M, 0, 40), zeroes(24)]));
    assert_eq!(breaks(b, Rule::R1, Class::Zero).persistence, None);
}
