//! An operation of a case as a call in C.

use super::marks::Origin;
use super::plan::{Backing, PAGE, Plan, segments};
use crate::report::operation_line;
use case::{Invalidation, Iovec, MemoryKind, PageRange, Range, TaskOperation};
use oracle::OperationId;
use std::fmt::Write;

/// Segments on a line.
const ON_A_LINE: usize = 4;

/// The statements of an operation, each line with a tab before it.
pub(super) fn statements(plan: &Plan<'_>, number: usize, task: usize, operation: &TaskOperation) -> String {
    let words = operation_line(plan.case, OperationId(number as u8));
    let call = match operation {
        TaskOperation::Write { .. } | TaskOperation::Append { .. } => return write(plan, number, task, operation),
        TaskOperation::Read { file, range } => {
            let (start, length) = (plan.bytes(range.start), plan.bytes(range.len()));
            let (name, seeks) = if plan.question.seen_by(number).is_some() {
                ("read_and_seek", format!("{number}, "))
            } else {
                ("read_file", String::new())
            };
            let read = format!("{name}({seeks}\"{words}\", {}, {start}, {length})", plan.file(*file));
            return noted_look(plan, number, &read);
        }
        TaskOperation::Load { memory, range } => {
            let piece = piece(plan, *memory, *range);
            let load = match plan.question.seen_by(number) {
                Some(start) => format!("load_and_seek({number}, \"{words}\", {piece}, {start})"),
                None => format!("load(\"{words}\", {piece})"),
            };
            return noted_look(plan, number, &load);
        }
        TaskOperation::Store { memory, range } => {
            let (at, mark) =
                (plan.address(*memory, plan.bytes(range.start)), plan.marks.byte(Origin::Operation(number)));
            format!("store({at}, {mark}, {})", plan.bytes(range.len()))
        }
        TaskOperation::Stat { file } => format!("file_size({})", plan.file(*file)),
        TaskOperation::Truncate { file, size, locked: true } => {
            format!("ftruncate({}, {})", plan.file(*file), plan.bytes(*size))
        }
        TaskOperation::Truncate { locked: false, .. } => {
            return left_out(&words, "no call truncates without the inode's lock");
        }
        TaskOperation::Punch { range, .. } if range.is_empty() => {
            return left_out(&words, "a hole of nothing is an error here");
        }
        TaskOperation::Punch { file, range } => {
            let (start, length) = (plan.bytes(range.start), plan.bytes(range.len()));
            let mode = "FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE";
            format!("fallocate({}, {mode}, {start}, {length})", plan.file(*file))
        }
        TaskOperation::Reclaim { file, pages } => {
            let (start, length) = (pages.start * PAGE, (pages.end - pages.start) * PAGE);
            format!("drop_pages({}, {start}, {length})", plan.file(*file))
        }
        TaskOperation::Invalidate { file, kind } => {
            let call = format!("drop_unused({})", plan.file(*file));
            return match kind {
                Invalidation::Unused => done(plan, number, &words, &call),
                Invalidation::All => {
                    format!("\t/* Only what is not in use can be dropped. */\n{}", done(plan, number, &words, &call))
                }
            };
        }
        TaskOperation::Writeback { file } => {
            format!("sync_file_range({}, 0, 0, SYNC_FILE_RANGE_WRITE)", plan.file(*file))
        }
        TaskOperation::Fsync { file } => format!("fsync({})", plan.file(*file)),
        TaskOperation::Crash => return format!("\t/* {words}: power is lost. The program ends without. */\n"),
        TaskOperation::Munmap { .. }
        | TaskOperation::Mremap { .. }
        | TaskOperation::DontNeed { .. }
        | TaskOperation::Mlock { .. }
        | TaskOperation::ReclaimPte { .. } => return memory_call(plan, number, &words, operation),
    };
    done(plan, number, &words, &call)
}

/// A call on memory as such.
fn memory_call(plan: &Plan<'_>, number: usize, words: &str, operation: &TaskOperation) -> String {
    let is_private = |memory: usize| matches!(plan.case.memories[memory].kind, MemoryKind::Map { shared: false, .. });
    let whole = |memory: usize| PageRange { start: 0, end: plan.case.memories[memory].pages };
    let call = match *operation {
        TaskOperation::Munmap { memory, pages } => format!("munmap({})", plan.pages(memory, pages)),
        TaskOperation::Mremap { memory } => format!("move_away({})", plan.pages(memory, whole(memory))),
        TaskOperation::Mlock { memory } if is_private(memory) && plan.is_stored_to(memory) => {
            return left_out(words, "it would copy the pages of a private mapping");
        }
        TaskOperation::Mlock { memory } => format!("mlock({})", plan.pages(memory, whole(memory))),
        TaskOperation::ReclaimPte { memory, .. } if is_private(memory) => {
            return left_out(words, "nothing swaps the pages of a private mapping out on demand");
        }
        TaskOperation::ReclaimPte { memory, pages } => format!("take_away({})", plan.pages(memory, pages)),
        TaskOperation::DontNeed { memory, pages } if plan.backing[memory] == Backing::Swap => {
            let name = plan.case.memories[memory].name;
            let (start, length) = (pages.start * PAGE, (pages.end - pages.start) * PAGE);
            format!("discard(swap_{name}, memory_{name}, {start}, {length})")
        }
        TaskOperation::DontNeed { memory, pages } => {
            format!("madvise({}, MADV_DONTNEED)", plan.pages(memory, pages))
        }
        _ => return String::new(),
    };
    done(plan, number, words, &call)
}

/// A call, noted if the finding stands on it.
fn done(plan: &Plan<'_>, number: usize, words: &str, call: &str) -> String {
    if plan.question.counts(number) {
        format!("\tcalling({number});\n\treturned(\"{words}\", noted({number}, {call}));\n")
    } else {
        format!("\treturned(\"{words}\", {call});\n")
    }
}

/// A look, which notes itself if it is the one that saw the finding; of one that only its result makes a finding, the
/// result is noted.
fn noted_look(plan: &Plan<'_>, number: usize, call: &str) -> String {
    if plan.question.counts(number) && plan.question.seen_by(number).is_none() {
        format!("\tcalling({number});\n\tnoted({number}, {call});\n")
    } else {
        format!("\t{call};\n")
    }
}

fn left_out(words: &str, why: &str) -> String {
    format!("\t/* {words}: left out, {why}. */\n")
}

/// An address and a length.
fn piece(plan: &Plan<'_>, memory: usize, range: Range) -> String {
    format!("{}, {}", plan.address(memory, plan.bytes(range.start)), plan.bytes(range.len()))
}

/// A write, its source filled first so that what it copies names it.
fn write(plan: &Plan<'_>, number: usize, task: usize, operation: &TaskOperation) -> String {
    let (segments, words) = (segments(operation), operation_line(plan.case, OperationId(number as u8)));
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
        TaskOperation::Write { file, offset, .. } => ("pwrite", plan.file(*file), format!(", {}", plan.bytes(*offset))),
        TaskOperation::Append { file, .. } => ("write", plan.appending(task, *file), String::new()),
        _ => return text,
    };
    let words = format!("{words}, {asked} bytes");
    text.push_str(&match segments {
        [] => done(plan, number, &words, &format!("{function}v({fd}, NULL, 0{offset})")),
        [one] => {
            done(plan, number, &words, &format!("{function}({fd}, {}{offset})", piece(plan, one.memory, one.range)))
        }
        several => {
            let call = format!("{function}v({fd}, from, {}{offset})", several.len());
            let done = done(plan, number, &words, &call).replace("\n\t", "\n\t\t");
            format!("\t{{\n{}\t{done}\t}}\n", vector(plan, several))
        }
    });
    text
}

/// The segments as an array.
fn vector(plan: &Plan<'_>, segments: &[Iovec]) -> String {
    let mut text = String::from("\t\tstruct iovec from[] = {\n");
    for some in segments.chunks(ON_A_LINE) {
        let pieces: Vec<String> =
            some.iter().map(|it| format!("{{ {} }},", piece(plan, it.memory, it.range))).collect();
        let _ = writeln!(text, "\t\t\t{}", pieces.join(" "));
    }
    text + "\t\t};\n\n"
}

/// Fills what a write is about to copy, except where it is filled already.
fn fill(plan: &Plan<'_>, number: usize, segments: &[Iovec]) -> String {
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
