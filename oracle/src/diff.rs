//! What a verdict's range should have held and what was seen there, side by side, with runs collapsed.

use crate::{Cell, FileId, History, MemoryId, OperationId, Origin, Owner, Verdict};
use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::fmt::Write;

/// One run in which both sides go on evenly.
#[derive(Clone, Copy)]
struct Run {
    start: usize,
    length: usize,
}

/// Renders a verdict's cells, one line a run: `0x0040  content a+64..80 | expected written #0 m+0..16`. Lines without a
/// bar are as expected. Files are `a`, `b`, …, memories `m`, `n`, …, operations `#` and their number. The history names
/// the frames' owners only by these, and so is not consulted beyond the file's page size, which pads the offsets.
#[must_use]
pub fn render(verdict: &Verdict, history: &History) -> String {
    let runs = runs(&verdict.seen, &verdict.expected);
    let describe = |cells: &[Cell]| -> Vec<String> {
        runs.iter().map(|run| cells.get(run.start).map_or_else(String::new, |&it| words(it, run.length))).collect()
    };
    let (seen, expected) = (describe(&verdict.seen), describe(&verdict.expected));
    let width = seen.iter().map(String::len).max().unwrap_or(0);
    let digits = if history.page > 4096 { 8 } else { 4 };
    let mut text = String::new();
    let mut line = |index: usize, differs: bool| {
        let offset = verdict.start as usize + runs[index].start;
        let _ = match differs {
            true => writeln!(text, "0x{offset:0digits$x}  {:width$} | expected {}", seen[index], expected[index]),
            false => writeln!(text, "0x{offset:0digits$x}  {}", seen[index]),
        };
    };
    // Both sides have as many runs: what is not equal at its own place is a difference, even if it would fit elsewhere.
    let keyed = |side: &[String]| side.iter().cloned().enumerate().collect::<Vec<_>>();
    for operation in capture_diff_slices(Algorithm::Myers, &keyed(&expected), &keyed(&seen)) {
        let differs = !matches!(operation, DiffOp::Equal { .. });
        operation.new_range().for_each(|index| line(index, differs));
    }
    text
}

fn runs(seen: &[Cell], expected: &[Cell]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for at in 0..seen.len() {
        let follows = |cells: &[Cell]| match (at.checked_sub(1).and_then(|before| cells.get(before)), cells.get(at)) {
            (Some(before), Some(it)) => before.advance(1) == *it,
            (_, None) => true,
            (None, Some(_)) => false,
        };
        match runs.last_mut().filter(|_| follows(seen) && follows(expected)) {
            Some(run) => run.length += 1,
            None => runs.push(Run { start: at, length: 1 }),
        }
    }
    runs
}

/// A run of cells in words: where it came from.
#[must_use]
pub fn words(first: Cell, length: usize) -> String {
    let range = |offset: u32| format!("{offset}..{}", offset as usize + length);
    match first.origin() {
        Origin::Uninitialised { frame, before } => format!("uninitialised frame {frame}, {} ({length})", owner(before)),
        Origin::Zero { site, by } => {
            let by = by.map_or_else(String::new, |it| format!(" for {}", operation(it)));
            format!("zero: {}{by} ({length})", site.describe())
        }
        Origin::Memory { memory, offset } => format!("memory {}+{}", letter(b'm', memory), range(offset)),
        Origin::Written { operation: it, memory, offset } => {
            format!("written {} {}+{}", operation(it), letter(b'm', memory), range(offset))
        }
        Origin::Stored { operation: it, offset } => format!("stored {}+{}", operation(it), range(offset)),
        Origin::Content { file: it, offset } => format!("content {}+{}", file(it), range(offset)),
        Origin::Overwritten { file: it, offset } => format!("overwritten {}+{}", file(it), range(offset)),
        Origin::Stale { block, offset } => format!("stale block {block}+{}", range(u32::from(offset))),
        Origin::Mixed => format!("bytes of several cells, or of none ({length})"),
    }
}

fn owner(owner: Owner) -> String {
    match owner {
        Owner::Unknown => "once of an unknown owner".to_owned(),
        Owner::Kernel => "once of the kernel".to_owned(),
        Owner::Anonymous(memory) => format!("once memory {}", letter(b'm', memory)),
        Owner::File(it) => format!("once file {}", file(it)),
    }
}

fn operation(operation: OperationId) -> String {
    format!("#{}", operation.0)
}

fn file(file: FileId) -> char {
    char::from(b'a' + file.0 % 12)
}

fn letter(first: u8, memory: MemoryId) -> char {
    char::from(first + memory.0 % 14)
}
