//! What there is to see of a run, whoever ran it: what can be compared, with everything else left out.

use oracle::{BlockCensus, Call, Cell, History, MemoryId, Origin, Outcome, Stop, Way};
use std::fmt;

/// What a cell holds, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Matter {
    /// A zero, whoever made it.
    Zero,
    /// What nobody put there for this file: uninitialised memory, an old block, bytes that nothing explains.
    Nobody,
    /// Data, and where it is from.
    Data(Cell),
}

impl Matter {
    /// What a cell holds.
    #[must_use]
    pub fn of(cell: Cell) -> Self {
        if cell.is_zero() {
            return Self::Zero;
        }
        match cell.origin() {
            Origin::Uninitialised { .. } | Origin::Stale { .. } | Origin::Memory { memory: MemoryId(15), .. } => {
                Self::Nobody
            }
            _ => Self::Data(cell),
        }
    }
}

impl fmt::Display for Matter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Data(cell) = self else {
            return f.write_str(if *self == Self::Zero { "zero" } else { "what nobody put there" });
        };
        match cell.origin() {
            Origin::Written { operation, offset, .. } => write!(f, "what #{} wrote from {offset}", operation.0),
            Origin::Stored { operation, offset } => write!(f, "what #{} stored at {offset}", operation.0),
            Origin::Content { file, offset } | Origin::Overwritten { file, offset } => {
                write!(f, "what file {} held at {offset}", file.0)
            }
            Origin::Memory { memory, offset } => write!(f, "what memory {} held at {offset}", memory.0),
            other => write!(f, "{other:?}"),
        }
    }
}

/// One operation of the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenOperation {
    /// What was asked for.
    pub call: Call,
    /// What it returned; `None` if it cannot be had there.
    pub outcome: Option<Outcome>,
    /// Where an append went, or the size that a look at it saw.
    pub position: Option<u32>,
    /// What a read or load saw.
    pub observed: Vec<Matter>,
}

/// A file at rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenRest {
    /// The file.
    pub file: usize,
    /// How it was looked at.
    pub way: Way,
    /// Its size.
    pub size: u32,
    /// Its content; through a mapping, to the end of the last page.
    pub content: Vec<Matter>,
}

/// What there is to see of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The operations of the case.
    pub operations: Vec<SeenOperation>,
    /// The files at rest.
    pub rest: Vec<SeenRest>,
    /// The blocks of each file that have a place on the disk at rest, by their number in the file; `None` where nobody
    /// tells.
    pub allocated: Option<Vec<Vec<u32>>>,
    /// Why it stopped before the end, if it did.
    pub stop: Option<String>,
}

impl Seen {
    /// What a history shows of a case's first so many operations: all that the case has. Looks of the harness's own
    /// come after them.
    #[must_use]
    pub fn of(history: &History, operations: usize) -> Self {
        let matters = |span: oracle::Span| history.cells[span.range()].iter().copied().map(Matter::of).collect();
        let operation = |it: &oracle::Operation| SeenOperation {
            call: it.call,
            outcome: it.outcome,
            position: position_of(it),
            observed: matters(it.observed),
        };
        let rest = |it: &oracle::Rest| SeenRest {
            file: it.file.index(),
            way: it.way,
            size: it.size,
            content: matters(it.content),
        };
        Self {
            operations: history.operations.iter().take(operations).map(operation).collect(),
            rest: history.rest.iter().map(rest).collect(),
            allocated: history.blocks.as_ref().map(|it| allocated(it, history.files.len())),
            stop: history.stop.as_ref().map(describe),
        }
    }
}

/// The blocks of a census, by file.
fn allocated(census: &BlockCensus, files: usize) -> Vec<Vec<u32>> {
    let mut blocks = vec![Vec::new(); files];
    for (file, logical, _) in &census.mapped {
        blocks[file.index()].push(*logical);
    }
    blocks
}

/// A size that was seen, or where an append went; where one that failed would have gone, a kernel does not say.
const fn position_of(operation: &oracle::Operation) -> Option<u32> {
    match (operation.call, operation.outcome) {
        (Call::Stat { .. }, _) | (Call::Write { offset: None, .. }, Some(Outcome::Done(1..))) => operation.position,
        _ => None,
    }
}

fn describe(stop: &Stop) -> String {
    match stop {
        Stop::Deadlock(_) => "a deadlock".to_owned(),
        Stop::Livelock { operation, .. } => format!("a livelock of #{}", operation.0),
        Stop::Oops { what, .. } => format!("an oops: {what}"),
        Stop::Crashed(crashed) => format!("a crash: {}", crashed.what),
    }
}
