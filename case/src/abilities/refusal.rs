//! Why somebody cannot run a case: the first thing in it that is beyond their abilities, named as the text names it.

use super::Abilities;
use super::bounds::{end_of, largest_size, length_of, operations};
use crate::allocation::has_hole;
use crate::residency::residable;
use crate::{Cache, Case, ExtentKind, File, Filesystem, MachineOptions, MemoryKind, MemoryRegion, Task, TaskOperation};

/// The reason, if it holds; it is formatted only then.
fn refuse(holds: bool, why: impl FnOnce() -> String) -> Option<String> {
    holds.then(why)
}

impl Abilities {
    /// Why whoever has these abilities cannot run this valid case: a sentence that names the file, task, operation or
    /// fault. `None` if they can.
    #[must_use]
    pub fn refusal(&self, case: &Case) -> Option<String> {
        let (files, tasks) = (case.files.len(), case.tasks.len());
        self.refuse_machine(case)
            .or_else(|| refuse(files > self.most_files(), || too_many(files, "files", self.most_files())))
            .or_else(|| refuse(tasks > self.most_tasks(), || too_many(tasks, "tasks", self.most_tasks())))
            .or_else(|| case.files.iter().find_map(|file| self.refuse_file(case, file)))
            .or_else(|| case.memories.iter().find_map(|memory| self.refuse_memory(case, memory)))
            .or_else(|| case.tasks.iter().find_map(|task| self.refuse_task(case, task)))
            .or_else(|| (0..files).find_map(|file| self.refuse_appends(case, file)))
            .or_else(|| {
                let fault = case.faults.iter().find(|fault| !self.faults.contains(fault.kind))?;
                Some(format!("The fault `{}` cannot be injected.", fault.kind.word()))
            })
    }

    fn refuse_machine(&self, case: &Case) -> Option<String> {
        let (options, default) = (case.machine, MachineOptions::default());
        let (page, block) = (case.geometry.page, case.geometry.block);
        let of_kernel = (options.fault, options.copy, options.kmap_slots);
        let is_special = of_kernel != (default.fault, default.copy, default.kmap_slots);
        let free = (options.free_frames, options.free_blocks);
        let is_scarce = free != (default.free_frames, default.free_blocks);
        let filesystem = case.filesystem.word();
        refuse(!self.has_geometry(case.geometry), || {
            format!("Pages of {page} cells with blocks of {block} are unknown.")
        })
        .or_else(|| refuse(is_scarce && !self.scarcity, || "Free frames and blocks cannot be limited.".to_owned()))
        .or_else(|| {
            refuse(is_special && !self.kernel, || "The `machine` line has options of the simulated kernel.".to_owned())
        })
        .or_else(|| {
            refuse(case.filesystem != Filesystem::default() && !self.kernel, || {
                format!("The filesystem `{filesystem}` is one of the simulated kernel.")
            })
        })
        .or_else(|| {
            let form = case.form.filter(|_| !self.kernel)?;
            Some(format!("The form `{}` is one of the simulated kernel.", form.word()))
        })
        .or_else(|| {
            let defect = case.mended.first().filter(|_| !self.kernel)?;
            Some(format!("The mended defect `{defect}` is one of the simulated kernel."))
        })
    }

    fn refuse_file(&self, case: &Case, file: &File) -> Option<String> {
        let (name, most) = (file.name, self.most_cells(case.geometry));
        let end = file.extents.last().map_or(0, |extent| extent.range.end);
        let last = file.cached.last().map(|cached| cached.page);
        let is_past = file.size > most || end > most || last.is_some_and(|page| page >= self.most_pages());
        let pages = self.most_pages();
        let is_partial = |state: Cache| !matches!(state, Cache::Uptodate | Cache::Dirty);
        refuse(is_past, || format!("File {name} goes past {pages} pages."))
            // A filesystem without a disk allocates nothing.
            .or_else(|| {
                refuse(!self.holes && case.filesystem != Filesystem::Libfs && has_hole(file), || {
                    format!("File {name} has a hole.")
                })
            })
            .or_else(|| {
                refuse(!self.cached && last.is_some(), || format!("Pages of file {name} are cached at the beginning."))
            })
            .or_else(|| {
                refuse(!self.kernel && end > file.size.next_multiple_of(case.geometry.block), || {
                    format!("File {name} has blocks past its end.")
                })
            })
            .or_else(|| {
                let is_unwritten = file.extents.iter().any(|extent| extent.kind == ExtentKind::Unwritten);
                refuse(!self.kernel && is_unwritten, || format!("File {name} has unwritten blocks."))
            })
            .or_else(|| {
                let cached = file.cached.iter().find(|cached| !self.kernel && is_partial(cached.state))?;
                Some(format!("Page {} of file {name} is cached and not uptodate.", cached.page))
            })
    }

    fn refuse_memory(&self, case: &Case, memory: &MemoryRegion) -> Option<String> {
        let name = memory.name;
        if let MemoryKind::Map { file, page, shared } = memory.kind {
            let file = case.files[file].name;
            let how = if shared { "shared" } else { "private" };
            if !self.maps_as(shared) {
                return Some(format!("Memory {name} is a {how} mapping of file {file}."));
            }
            if page + memory.pages > self.most_pages() {
                return Some(format!("Memory {name} maps file {file} past {} pages.", self.most_pages()));
            }
        }
        let absent = residable(memory.kind, memory.pages, &case.files) & !memory.resident & !memory.unreadable;
        refuse(!self.absent_sources && absent != 0, || {
            format!("Page {} of memory {name} is absent at the beginning.", absent.trailing_zeros())
        })
        .or_else(|| {
            refuse(!self.unreadable_sources && memory.unreadable != 0, || {
                format!("Page {} of memory {name} is unreadable.", memory.unreadable.trailing_zeros())
            })
        })
        .or_else(|| {
            refuse(!self.kernel && memory.mm != Some(0), || match memory.mm {
                None => format!("Memory {name} is the kernel's."),
                Some(mm) => format!("Memory {name} is in the address space {mm}."),
            })
        })
    }

    fn refuse_task(&self, case: &Case, task: &Task) -> Option<String> {
        let name = task.name;
        refuse(!self.kernel && task.mm != Some(0), || match task.mm {
            None => format!("Task {name} is a kernel thread."),
            Some(mm) => format!("Task {name} is in the address space {mm}."),
        })
        .or_else(|| {
            task.operations.iter().find_map(|operation| {
                let why = self.refuse_operation(case, operation)?;
                Some(format!("Task {name}: `{}` {why}.", case.print_operation(operation)))
            })
        })
    }

    /// What is wrong with an operation, to follow its text.
    fn refuse_operation(&self, case: &Case, operation: &TaskOperation) -> Option<String> {
        let count = operation.segments().len();
        let is_past = end_of(operation, case.geometry.page) > self.most_cells(case.geometry);
        let runs_past = |memory: usize, end: u32| end > case.memories[memory].pages * case.geometry.page;
        let is_bad = match operation {
            TaskOperation::Load { memory, range } | TaskOperation::Store { memory, range } => {
                runs_past(*memory, range.end)
            }
            other => other.segments().iter().any(|segment| runs_past(segment.memory, segment.range.end)),
        };
        refuse(!self.operations.contains(crate::OperationKind::of(operation)), || "cannot be called".to_owned())
            .or_else(|| refuse(!self.vectors && count > 1, || format!("has {count} segments")))
            .or_else(|| refuse(is_past, || format!("goes past {} pages", self.most_pages())))
            .or_else(|| refuse(!self.unreadable_sources && is_bad, || "runs past its memory".to_owned()))
    }

    fn refuse_appends(&self, case: &Case, file: usize) -> Option<String> {
        let is_of = |it: &&TaskOperation| matches!(it, TaskOperation::Append { file: of, .. } if *of == file);
        let appended: u32 = operations(case).filter(is_of).map(length_of).sum();
        let room = || self.most_cells(case.geometry).saturating_sub(largest_size(case, file));
        refuse(self.bounds_appends() && appended > 0 && appended > room(), || {
            format!("The appends to file {} can go past {} pages.", case.files[file].name, self.most_pages())
        })
    }
}

fn too_many(count: usize, what: &str, most: usize) -> String {
    format!("There are {count} {what}, and {most} at most can be.")
}
