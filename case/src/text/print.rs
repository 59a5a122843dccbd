//! The printer: a case as its canonical text, which parses back to the same case.

use std::fmt::{self, Write};

use crate::model::{
    Cache, CachedPage, Case, CopyForm, Expectation, Extent, ExtentKind, Fault, FaultForm, File, Geometry, Injection,
    Iovec, MachineOptions, MemoryKind, MemoryRegion, PageRange, Range, Runner, Slice, Task, TaskOperation,
};

/// The first line of every case.
pub(super) const VERSION_LINE: &str = "shortcopy case 1";

/// Prints a case.
pub(super) fn case(out: &mut impl Write, case: &Case) -> fmt::Result {
    writeln!(out, "{VERSION_LINE}")?;
    for comment in &case.comments {
        out.write_str(if comment.is_empty() { "#" } else { "# " })?;
        writeln!(out, "{comment}")?;
    }
    let Geometry { page, block } = case.geometry;
    writeln!(out, "geometry page {page} block {block}")?;
    machine(out, &case.machine)?;
    write!(out, "fs {}", case.filesystem.word())?;
    if let Some(form) = case.form {
        write!(out, " {}", form.word())?;
    }
    out.write_char('\n')?;
    case.files.iter().try_for_each(|it| file(out, it))?;
    case.memories.iter().try_for_each(|it| memory(out, case, it))?;
    case.tasks.iter().try_for_each(|it| task(out, case, it))?;
    case.faults.iter().try_for_each(|it| fault(out, it))?;
    schedule(out, case)?;
    if !case.mended.is_empty() {
        writeln!(out, "mended {}", case.mended.join(" "))?;
    }
    case.expectations.iter().try_for_each(|it| expectation(out, it))?;
    if case.minimal {
        writeln!(out, "minimal")?;
    }
    Ok(())
}

fn machine(out: &mut impl Write, machine: &MachineOptions) -> fmt::Result {
    let default = MachineOptions::default();
    if *machine == default {
        return Ok(());
    }
    write!(out, "machine")?;
    if machine.fault == FaultForm::LocksAlways {
        write!(out, " fault-locks-page")?;
    }
    if machine.copy == CopyForm::ClearsTail {
        write!(out, " copy-clears-tail")?;
    }
    if let Some(slots) = machine.kmap_slots {
        write!(out, " kmap {slots}")?;
    }
    if machine.free_frames != default.free_frames {
        write!(out, " frames {}", machine.free_frames)?;
    }
    if machine.free_blocks != default.free_blocks {
        write!(out, " blocks {}", machine.free_blocks)?;
    }
    out.write_char('\n')
}

fn file(out: &mut impl Write, file: &File) -> fmt::Result {
    write!(out, "file {} size {}", file.name, file.size)?;
    if file.extents.is_empty() {
        write!(out, " disk -")?;
    }
    let mut before = None;
    for Extent { range, kind } in &file.extents {
        let word = match kind {
            ExtentKind::Disk => " disk",
            ExtentKind::Unwritten => " unwritten",
        };
        out.write_str(if before == Some(*kind) { "," } else { word })?;
        write!(out, " {range}")?;
        before = Some(*kind);
    }
    write!(out, " cached")?;
    if file.cached.is_empty() {
        write!(out, " -")?;
    }
    for (index, page) in file.cached.iter().enumerate() {
        out.write_str(if index == 0 { " " } else { ", " })?;
        cached_page(out, *page)?;
    }
    out.write_char('\n')
}

fn cached_page(out: &mut impl Write, CachedPage { page, state }: CachedPage) -> fmt::Result {
    match state {
        Cache::Uptodate => write!(out, "{page} uptodate"),
        Cache::Dirty => write!(out, "{page} dirty"),
        Cache::Empty => write!(out, "{page} empty"),
        Cache::Blocks(mask) => {
            write!(out, "{page} blocks")?;
            (0..8).filter(|block| mask >> block & 1 == 1).try_for_each(|block| write!(out, " {block}"))
        }
    }
}

fn memory(out: &mut impl Write, case: &Case, memory: &MemoryRegion) -> fmt::Result {
    write!(out, "memory {}", memory.name)?;
    let Some(mm) = memory.mm else {
        return writeln!(out, " kernel pages {}", memory.pages);
    };
    if mm != 0 {
        write!(out, " mm {mm}")?;
    }
    write!(out, " pages {}", memory.pages)?;
    if let MemoryKind::Map { file, page, shared } = memory.kind {
        write!(out, " maps {} page {page}", FileName(case, file))?;
        if !shared {
            write!(out, " private")?;
        }
    }
    page_list(out, " resident ", memory.resident)?;
    if memory.unreadable != 0 {
        page_list(out, " none ", memory.unreadable)?;
    }
    out.write_char('\n')
}

fn page_list(out: &mut impl Write, word: &str, mask: u32) -> fmt::Result {
    out.write_str(word)?;
    if mask == 0 {
        return out.write_char('-');
    }
    let mut separator = "";
    for page in (0..u32::BITS).filter(|page| mask >> page & 1 == 1) {
        write!(out, "{separator}{page}")?;
        separator = ",";
    }
    Ok(())
}

fn task(out: &mut impl Write, case: &Case, task: &Task) -> fmt::Result {
    match task.mm {
        Some(0) if task.operations.is_empty() => writeln!(out, "task {}", task.name)?,
        Some(0) => {}
        Some(mm) => writeln!(out, "task {} mm {mm}", task.name)?,
        None => writeln!(out, "task {} mm none", task.name)?,
    }
    for it in &task.operations {
        write!(out, "task {} ", task.name)?;
        operation(out, case, it)?;
        out.write_char('\n')?;
    }
    Ok(())
}

/// Prints what stands behind `task w`.
pub(super) fn operation(out: &mut impl Write, case: &Case, operation: &TaskOperation) -> fmt::Result {
    let file = |index| FileName(case, index);
    let memory = |index| MemoryName(case, index);
    out.write_str(operation.word())?;
    match *operation {
        TaskOperation::Write { file: index, offset, ref segments } => {
            write!(out, " {} {offset} ", file(index))?;
            segment_list(out, case, segments)
        }
        TaskOperation::Append { file: index, ref segments } => {
            write!(out, " {} ", file(index))?;
            segment_list(out, case, segments)
        }
        TaskOperation::Read { file: index, range } | TaskOperation::Punch { file: index, range } => {
            write!(out, " {} {range}", file(index))
        }
        TaskOperation::Load { memory: index, range } | TaskOperation::Store { memory: index, range } => {
            write!(out, " {} {range}", memory(index))
        }
        TaskOperation::Truncate { file: index, size, locked: _ } => write!(out, " {} {size}", file(index)),
        TaskOperation::Munmap { memory: index, pages }
        | TaskOperation::DontNeed { memory: index, pages }
        | TaskOperation::ReclaimPte { memory: index, pages } => write!(out, " {} {pages}", memory(index)),
        TaskOperation::Reclaim { file: index, pages } => write!(out, " {} {pages}", file(index)),
        TaskOperation::Mremap { memory: index } | TaskOperation::Mlock { memory: index } => {
            write!(out, " {}", memory(index))
        }
        TaskOperation::Stat { file: index }
        | TaskOperation::Invalidate { file: index, kind: _ }
        | TaskOperation::Writeback { file: index }
        | TaskOperation::Fsync { file: index } => write!(out, " {}", file(index)),
        TaskOperation::Crash => Ok(()),
    }
}

fn segment_list(out: &mut impl Write, case: &Case, segments: &[Iovec]) -> fmt::Result {
    let mut separator = "[";
    for Iovec { memory, range } in segments {
        write!(out, "{separator}{} {range}", MemoryName(case, *memory))?;
        separator = ", ";
    }
    out.write_str(if segments.is_empty() { "[]" } else { "]" })
}

fn fault(out: &mut impl Write, fault: &Fault) -> fmt::Result {
    write!(out, "fault {} {}", fault.kind.word(), fault.at)?;
    if fault.times != 1 {
        write!(out, " times {}", fault.times)?;
    }
    if let Injection::PartialCommit { cells } = fault.kind {
        write!(out, " cells {cells}")?;
    }
    out.write_char('\n')
}

fn schedule(out: &mut impl Write, case: &Case) -> fmt::Result {
    if case.schedule.is_empty() {
        return Ok(());
    }
    write!(out, "schedule")?;
    for Slice { runner, steps } in &case.schedule {
        match runner {
            Runner::Task(task) => write!(out, " {}", TaskName(case, *task))?,
            Runner::Disk => write!(out, " disk")?,
        }
        if let Some(steps) = steps {
            write!(out, ":{steps}")?;
        }
    }
    out.write_char('\n')
}

fn expectation(out: &mut impl Write, expectation: &Expectation) -> fmt::Result {
    write!(out, "expect {}", expectation.strategy)?;
    match &expectation.finding {
        None => write!(out, " silent")?,
        Some((class, None)) => write!(out, " {class}")?,
        Some((class, Some(detail))) => write!(out, " {class} {detail}")?,
    }
    out.write_char('\n')
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

impl fmt::Display for PageRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A case that is not valid must print too: the end may be anything.
        if self.start.checked_add(1) == Some(self.end) {
            write!(f, "page {}", self.start)
        } else {
            write!(f, "pages {}..{}", self.start, self.end)
        }
    }
}

/// Declares how the items of one kind are called; an index that leads nowhere prints as `?`, because a case that is not
/// valid must print.
macro_rules! name_of {
    ($($printer:ident $items:ident),*) => {$(
        struct $printer<'c>(&'c Case, usize);

        impl fmt::Display for $printer<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.0.$items.get(self.1).map_or("?", |item| item.name.as_str()))
            }
        }
    )*};
}
name_of!(FileName files, MemoryName memories, TaskName tasks);
