//! An operation of a case as a call in C.

use super::marks::Origin;
use super::plan::{Backing, PAGE, Plan, segments};
use case::{Case, Invalidation, MemoryKind, Operation, PageRange, Range, Segment};
use oracle::OperationId;
use std::fmt::Write;

/// Segments on a line.
const ON_A_LINE: usize = 4;

/// The operation in the case's words, with its number and its task.
pub(super) fn line(case: &Case, number: usize) -> String {
    crate::report::operation_line(case, OperationId(number as u8))
}

/// The statements of an operation, each line with a tab before it.
pub(super) fn statements(plan: &Plan<'_>, number: usize, task: usize, operation: &Operation) -> String {
    let words = line(plan.case, number);
    let call = match operation {
        Operation::Write { .. } | Operation::Append { .. } => return write(plan, number, task, operation),
        Operation::Read { file, range } => {
            let (start, length) = (plan.bytes(range.start), plan.bytes(range.len()));
            return format!("\tread_file(\"{words}\", {}, {start}, {length});\n", plan.file(*file));
        }
        Operation::Load { memory, range } => {
            return format!("\tload(\"{words}\", {});\n", piece(plan, *memory, *range));
        }
        Operation::Store { memory, range } => {
            let (at, mark) =
                (plan.address(*memory, plan.bytes(range.start)), plan.marks.byte(Origin::Operation(number)));
            format!("store({at}, {mark}, {})", plan.bytes(range.len()))
        }
        Operation::Stat { file } => format!("file_size({})", plan.file(*file)),
        Operation::Truncate { file, size, locked: true } => {
            format!("ftruncate({}, {})", plan.file(*file), plan.bytes(*size))
        }
        Operation::Truncate { locked: false, .. } => {
            return left_out(&words, "no call truncates without the inode's lock");
        }
        Operation::Punch { range, .. } if range.is_empty() => {
            return left_out(&words, "a hole of nothing is an error here");
        }
        Operation::Punch { file, range } => {
            let (start, length) = (plan.bytes(range.start), plan.bytes(range.len()));
            let mode = "FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE";
            format!("fallocate({}, {mode}, {start}, {length})", plan.file(*file))
        }
        Operation::Reclaim { file, pages } => {
            let (start, length) = (pages.start * PAGE, (pages.end - pages.start) * PAGE);
            format!("drop_pages({}, {start}, {length})", plan.file(*file))
        }
        Operation::Invalidate { file, kind } => {
            let call = format!("drop_unused({})", plan.file(*file));
            return match kind {
                Invalidation::Unused => done(&words, &call),
                Invalidation::All => {
                    format!("\t/* Only what is not in use can be dropped. */\n{}", done(&words, &call))
                }
            };
        }
        Operation::Writeback { file } => {
            format!("sync_file_range({}, 0, 0, SYNC_FILE_RANGE_WRITE)", plan.file(*file))
        }
        Operation::Fsync { file } => format!("fsync({})", plan.file(*file)),
        Operation::Crash => return format!("\t/* {words}: power is lost. The program ends without. */\n"),
        Operation::Munmap { .. }
        | Operation::Mremap { .. }
        | Operation::DontNeed { .. }
        | Operation::Mlock { .. }
        | Operation::ReclaimPte { .. } => return memory_call(plan, &words, operation),
    };
    done(&words, &call)
}

/// A call on memory as such.
fn memory_call(plan: &Plan<'_>, words: &str, operation: &Operation) -> String {
    let is_private = |memory: usize| matches!(plan.case.memories[memory].kind, MemoryKind::Map { shared: false, .. });
    let whole = |memory: usize| PageRange { start: 0, end: plan.case.memories[memory].pages };
    let call = match *operation {
        Operation::Munmap { memory, pages } => format!("munmap({})", plan.pages(memory, pages)),
        Operation::Mremap { memory } => format!("move_away({})", plan.pages(memory, whole(memory))),
        Operation::Mlock { memory } if is_private(memory) && plan.is_stored_to(memory) => {
            return left_out(words, "it would copy the pages of a private mapping");
        }
        Operation::Mlock { memory } => format!("mlock({})", plan.pages(memory, whole(memory))),
        Operation::ReclaimPte { memory, .. } if is_private(memory) => {
            return left_out(words, "nothing swaps the pages of a private mapping out on demand");
        }
        Operation::ReclaimPte { memory, pages } => format!("take_away({})", plan.pages(memory, pages)),
        Operation::DontNeed { memory, pages } if plan.backing[memory] == Backing::Swap => {
            let name = plan.case.memories[memory].name;
            let (start, length) = (pages.start * PAGE, (pages.end - pages.start) * PAGE);
            format!("discard(swap_{name}, memory_{name}, {start}, {length})")
        }
        Operation::DontNeed { memory, pages } => {
            format!("madvise({}, MADV_DONTNEED)", plan.pages(memory, pages))
        }
        _ => return String::new(),
    };
    done(words, &call)
}

fn done(words: &str, call: &str) -> String {
    format!("\treturned(\"{words}\", {call});\n")
}

fn left_out(words: &str, why: &str) -> String {
    format!("\t/* {words}: left out, {why}. */\n")
}

/// An address and a length.
fn piece(plan: &Plan<'_>, memory: usize, range: Range) -> String {
    format!("{}, {}", plan.address(memory, plan.bytes(range.start)), plan.bytes(range.len()))
}

/// A write, its source filled first so that what it copies names it.
fn write(plan: &Plan<'_>, number: usize, task: usize, operation: &Operation) -> String {
    let (segments, words) = (segments(operation), line(plan.case, number));
    let mut text = fill(plan, number, segments);
    let asked: u32 = segments.iter().map(|it| plan.bytes(it.range.len())).sum();
    // A list of a thousand segments would hide what is said of it.
    let words = if segments.len() > 2 * ON_A_LINE {
        let cut = words.find('[').unwrap_or(words.len());
        format!("{}[{} segments]", &words[..cut], segments.len())
    } else {
        words
    };
    let (function, fd, offset) = match operation {
        Operation::Write { file, offset, .. } => ("pwrite", plan.file(*file), format!(", {}", plan.bytes(*offset))),
        Operation::Append { file, .. } => ("write", plan.appending(task, *file), String::new()),
        _ => return text,
    };
    let words = format!("{words}, {asked} bytes");
    text.push_str(&match segments {
        [] => done(&words, &format!("{function}v({fd}, NULL, 0{offset})")),
        [one] => done(&words, &format!("{function}({fd}, {}{offset})", piece(plan, one.memory, one.range))),
        several => {
            let call = format!("{function}v({fd}, from, {}{offset})", several.len());
            format!("\t{{\n{}\t{}\t}}\n", vector(plan, several), done(&words, &call))
        }
    });
    text
}

/// The segments as an array.
fn vector(plan: &Plan<'_>, segments: &[Segment]) -> String {
    let mut text = String::from("\t\tstruct iovec from[] = {\n");
    for some in segments.chunks(ON_A_LINE) {
        let pieces: Vec<String> =
            some.iter().map(|it| format!("{{ {} }},", piece(plan, it.memory, it.range))).collect();
        let _ = writeln!(text, "\t\t\t{}", pieces.join(" "));
    }
    text + "\t\t};\n\n"
}

/// Fills what a write is about to copy, except where it is filled already.
fn fill(plan: &Plan<'_>, number: usize, segments: &[Segment]) -> String {
    let (mut text, mark) = (String::new(), plan.marks.byte(Origin::Operation(number)));
    let is_filled = |memory: usize| {
        let is_first = plan.writes_from(memory).first() == Some(&number);
        plan.case.memories[memory].kind == MemoryKind::Anonymous && !plan.has_own_mark[memory] && !is_first
    };
    for segment in segments.iter().filter(|it| is_filled(it.memory)) {
        let memory = &plan.case.memories[segment.memory];
        let end = segment.range.end.min(memory.pages * plan.case.geometry.page);
        if segment.range.start < end {
            let (start, length) = (plan.bytes(segment.range.start), plan.bytes(end - segment.range.start));
            let _ = match plan.backing[segment.memory] {
                Backing::Plain => {
                    writeln!(text, "\tmemset({}, {mark}, {length});", plan.address(segment.memory, start))
                }
                _ => writeln!(text, "\tput(swap_{}, {mark}, {start}, {length});", memory.name),
            };
        }
    }
    text
}
