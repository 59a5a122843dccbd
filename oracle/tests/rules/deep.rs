//! Copies of copies: how deep a cell is followed to where it came from.

use crate::fixture::{A, sized, verdicts};
use shortcopy_oracle::builder::{HistoryBuilder, content};
use shortcopy_oracle::{Class, FileId, Outcome, Profile};

const B: FileId = FileId(1);
const LENGTH: u32 = 1100;

/// A write copies each cell from the one before it, so that cell `n` may have been copied `n` times. The last cell is nobody's copy.
fn chain() -> HistoryBuilder {
    let mut b = sized(LENGTH);
    b.file(LENGTH);
    let map = b.mapping(A, 0, LENGTH.div_ceil(64), true);
    b.write(A, 1, &[(map, 0, LENGTH - 2)], (1, 2), Outcome::Done(LENGTH - 2));
    b
}

/// Where another file's cells are told, if they are read from these places on.
fn told(reads: &[(u32, u32)]) -> Vec<(Class, u32)> {
    let mut b = chain();
    for (&(offset, length), at) in reads.iter().zip(3..) {
        b.read(A, offset, length, (at, at), &content(B, offset, length));
    }
    verdicts(b, Profile::Linux).iter().map(|it| (it.class, it.start)).collect()
}

#[test]
fn r1_a_thousand_copies_deep_the_answer_is_that_it_may_be() {
    let foreign = |at: u32| vec![(Class::ForeignFile, at)];
    assert_eq!(told(&[(1, 1)]), foreign(1));
    assert_eq!(told(&[(1000, 1)]), foreign(1000));
    assert_eq!(told(&[(1001, 1)]), []);
    // No cell is deep because another one was.
    assert_eq!(told(&[(900, 1), (800, 1), (700, 1)]), [foreign(900), foreign(800), foreign(700)].concat());
    assert_eq!(told(&[(1050, 1), (900, 1)]), foreign(900));
    // Nor is what comes behind them.
    assert_eq!(told(&[(1090, 10)]), foreign(LENGTH - 1));
}
