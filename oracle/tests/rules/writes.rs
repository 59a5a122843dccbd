//! R4: what overlapping writes and appends leave.

use crate::fixture::{A, M, breaks, join, silent, small};
use oracle::builder::{HistoryBuilder, written};
use oracle::{Cell, Class, OperationId, Outcome, Rule};

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
fn r4_is_about_writes_at_once() {
    let rules = |second: (u32, u32), offset: u32| {
        let mut b = small();
        let one = b.write(A, 0, &[(M, 0, 32)], (1, 10), Outcome::Done(32));
        let two = b.write(A, offset, &[(M, 64, 32)], second, Outcome::Done(32));
        let middle = written(two, M, 64, 8);
        let mut seen = join(&[written(one, M, 0, 32), written(two, M, 64, 32)]);
        seen.truncate(32 + offset as usize);
        seen[offset as usize..].copy_from_slice(&written(two, M, 64, 32));
        if offset < 24 {
            // The second has won at both ends of what both wrote, and lost in the middle.
            seen[24..32].copy_from_slice(&written(one, M, 24, 8));
        }
        seen[offset as usize..offset as usize + 8].copy_from_slice(&middle);
        seen.extend(oracle::builder::content(A, 32 + offset, 32 - offset));
        b.rest(A, &seen);
        let found = crate::fixture::verdicts(b, oracle::Profile::Linux);
        found.iter().map(|it| (it.rule, it.start, it.end)).collect::<Vec<_>>()
    };
    assert_eq!(rules((10, 20), 16), [(Rule::R4, 16, 32)]);
    // One after the other, the first that is still there is R1's to tell, and no more.
    assert_eq!(rules((11, 20), 16), [(Rule::R1, 24, 32)]);
    // They touch.
    assert_eq!(rules((2, 20), 32), []);
}
