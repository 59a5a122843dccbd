//! R4: what overlapping writes and appends leave.

use crate::fixture::{A, M, breaks, join, silent, small};
use shortcopy_oracle::builder::{HistoryBuilder, written};
use shortcopy_oracle::{Cell, Class, OperationId, Outcome, Rule};

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
