//! Validation: every bound, and every relation between the parts of a case, checked on the case itself.

use crate::model::{
    Cache, Case, Expectation, Fault, File, Geometry, Injection, Iovec, MemoryKind, MemoryRegion, Name, PageRange,
    Range, Runner, Task, TaskOperation,
};
use crate::spelling::{is_class, is_comment, is_defect, is_detail, is_strategy};

/// Why a case is not valid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Invalid(String);

type Validity = Result<(), Invalid>;

/// `Ok` if the condition holds, otherwise the message; it is formatted only then.
fn require(holds: bool, what: impl FnOnce() -> String) -> Validity {
    if holds { Ok(()) } else { Err(Invalid(what())) }
}

impl Case {
    /// Whether the case can be run, printed and read again.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn validate(&self) -> Result<(), Invalid> {
        require(self.geometry.is_valid(), || format!("{:?} is no geometry", self.geometry))?;
        require(self.machine.kmap_slots != Some(0), || "a machine without kmap slots".to_owned())?;
        self.validate_counts()?;
        distinct("file", self.files.iter().map(|file| file.name))?;
        distinct("memory", self.memories.iter().map(|memory| memory.name))?;
        distinct("task", self.tasks.iter().map(|task| task.name))?;
        self.comments
            .iter()
            .try_for_each(|comment| require(is_comment(comment), || format!("{comment:?} cannot be a comment")))?;
        self.files.iter().try_for_each(|file| validate_file(file, self.geometry))?;
        self.memories.iter().try_for_each(|memory| validate_memory(memory, self.files.len()))?;
        self.tasks.iter().try_for_each(|task| self.validate_task(task))?;
        self.faults.iter().try_for_each(|fault| validate_fault(fault, self.geometry))?;
        for slice in &self.schedule {
            let exists = !matches!(slice.runner, Runner::Task(task) if task >= self.tasks.len());
            require(exists, || format!("{slice:?}: no such task"))?;
            require(slice.steps.is_none_or(|steps| (1..=Self::MAX_STEPS).contains(&steps)), || {
                format!("{slice:?}: so many steps")
            })?;
        }
        for (index, name) in self.mended.iter().enumerate() {
            require(is_defect(name), || format!("{name:?} is no defect's name"))?;
            require(!self.mended[..index].contains(name), || format!("{name} is mended twice"))?;
        }
        self.expectations.iter().try_for_each(validate_expectation)
    }

    fn validate_counts(&self) -> Validity {
        let operations = self.tasks.iter().map(|task| task.operations.len()).sum();
        let segments = self.tasks.iter().flat_map(|task| &task.operations).map(|it| it.segments().len()).sum();
        let counts = [
            ("files", self.files.len(), 1, Self::MAX_FILES),
            ("memories", self.memories.len(), 0, Self::MAX_MEMORIES),
            ("tasks", self.tasks.len(), 1, Self::MAX_TASKS),
            ("operations", operations, 0, Self::MAX_OPERATIONS),
            ("segments", segments, 0, Self::MAX_ALL_SEGMENTS),
            ("faults", self.faults.len(), 0, Self::MAX_FAULTS),
            ("turns", self.schedule.len(), 0, Self::MAX_SLICES),
            ("mended defects", self.mended.len(), 0, Self::MAX_MENDED),
            ("expectations", self.expectations.len(), 0, Self::MAX_EXPECTATIONS),
        ];
        counts.into_iter().try_for_each(|(what, count, least, most)| {
            require((least..=most).contains(&count), || format!("{count} {what}, not {least} to {most}"))
        })
    }

    fn validate_task(&self, task: &Task) -> Validity {
        require(task.name.as_str() != "disk", || "a task cannot be called `disk`".to_owned())?;
        require(task.mm.is_none_or(|mm| mm < Self::MAX_MMS), || format!("task {}: no such mm", task.name))?;
        task.operations.iter().try_for_each(|operation| {
            self.validate_operation(task.mm, operation)
                .map_err(|Invalid(why)| Invalid(format!("task {}: {operation:?}: {why}", task.name)))
        })
    }

    /// Whether a task with this mm, or none, can do this.
    #[must_use]
    pub fn allows(&self, mm: Option<u8>, operation: &TaskOperation) -> bool {
        self.validate_operation(mm, operation).is_ok()
    }

    fn validate_operation(&self, mm: Option<u8>, operation: &TaskOperation) -> Validity {
        let most = self.geometry.max_file_cells();
        match *operation {
            TaskOperation::Write { file, offset, ref segments } => {
                self.file_exists(file)?;
                require(offset <= most, || "the offset".to_owned())?;
                self.validate_segments(mm, segments, most - offset)
            }
            TaskOperation::Append { file, ref segments } => {
                self.file_exists(file)?;
                self.validate_segments(mm, segments, most)
            }
            TaskOperation::Read { file, range } | TaskOperation::Punch { file, range } => {
                self.file_exists(file)?;
                validate_range(range, most)
            }
            TaskOperation::Truncate { file, size, locked } => {
                self.file_exists(file)?;
                require(locked || self.filesystem.truncates_unlocked(), || {
                    "a truncate without i_mutex here".to_owned()
                })?;
                require(size <= most, || "the size".to_owned())
            }
            TaskOperation::Load { memory, range } | TaskOperation::Store { memory, range } => {
                self.validate_segments(mm, &[Iovec { memory, range }], u32::MAX)
            }
            TaskOperation::Munmap { memory, pages } | TaskOperation::DontNeed { memory, pages } => {
                require(mm.is_some(), || "a task without an mm".to_owned())?;
                validate_pages(pages, self.reachable(mm, memory)?.pages)
            }
            TaskOperation::Mremap { memory } | TaskOperation::Mlock { memory } => {
                require(mm.is_some(), || "a task without an mm".to_owned())?;
                self.reachable(mm, memory).map(|_| ())
            }
            TaskOperation::ReclaimPte { memory, pages } => {
                let mm = self.memories.get(memory).and_then(|memory| memory.mm);
                require(mm.is_some(), || "no user memory".to_owned())?;
                validate_pages(pages, self.reachable(mm, memory)?.pages)
            }
            TaskOperation::Reclaim { file, pages } => {
                self.file_exists(file)?;
                validate_pages(pages, Self::MAX_FILE_PAGES)
            }
            TaskOperation::Stat { file }
            | TaskOperation::Invalidate { file, .. }
            | TaskOperation::Writeback { file }
            | TaskOperation::Fsync { file } => self.file_exists(file),
            TaskOperation::Crash => Ok(()),
        }
    }

    fn file_exists(&self, file: usize) -> Validity {
        require(file < self.files.len(), || "no such file".to_owned())
    }

    /// The memory, if a task with this mm, or none, can get at it.
    fn reachable(&self, mm: Option<u8>, memory: usize) -> Result<&MemoryRegion, Invalid> {
        let memory = self.memories.get(memory).ok_or_else(|| Invalid("no such memory".to_owned()))?;
        require(memory.mm == mm, || format!("memory {} is in another address space", memory.name))?;
        Ok(memory)
    }

    fn validate_segments(&self, mm: Option<u8>, segments: &[Iovec], mut room: u32) -> Validity {
        require(segments.len() <= Self::MAX_SEGMENTS, || format!("{} segments", segments.len()))?;
        for Iovec { memory, range } in segments {
            validate_range(*range, self.reachable(mm, *memory)?.max_range_end(self.geometry))?;
            require(range.len() <= room, || "more than a file has room for".to_owned())?;
            room -= range.len();
        }
        Ok(())
    }
}

impl Geometry {
    /// The smallest page.
    pub const MIN_PAGE: u32 = 8;
    /// The largest page.
    pub const MAX_PAGE: u32 = 4096;
    /// Blocks in a page at most.
    pub const MAX_BLOCKS_PER_PAGE: u32 = 8;

    /// Whether a case can have it.
    #[must_use]
    pub fn is_valid(self) -> bool {
        let Self { page, block } = self;
        page.is_power_of_two()
            && block.is_power_of_two()
            && (Self::MIN_PAGE..=Self::MAX_PAGE).contains(&page)
            && (page / Self::MAX_BLOCKS_PER_PAGE..=page).contains(&block)
    }

    /// Blocks in a page.
    #[must_use]
    pub const fn blocks_per_page(self) -> u32 {
        self.page / self.block
    }

    /// Cells in the largest file; no write, read or size goes past them.
    #[must_use]
    pub const fn max_file_cells(self) -> u32 {
        self.page * Case::MAX_FILE_PAGES
    }
}

impl MemoryRegion {
    /// A piece of the kernel's own memory.
    #[must_use]
    pub const fn kernel(name: Name, pages: u32) -> Self {
        Self { name, mm: None, pages, kind: MemoryKind::Anonymous, resident: all_pages(pages), unreadable: 0 }
    }

    /// Where a range of it can end: one page past its own end, so that there are bad pointers.
    #[must_use]
    pub const fn max_range_end(&self, geometry: Geometry) -> u32 {
        (self.pages + 1) * geometry.page
    }
}

impl TaskOperation {
    /// The segments of a write or append; empty for all others.
    #[must_use]
    pub fn segments(&self) -> &[Iovec] {
        match self {
            Self::Write { segments, .. } | Self::Append { segments, .. } => segments,
            _ => &[],
        }
    }

    /// The file whose content or size a system call changes; `None` for all that changes none.
    #[must_use]
    pub const fn changed_file(&self) -> Option<usize> {
        match self {
            Self::Write { file, .. }
            | Self::Append { file, .. }
            | Self::Truncate { file, .. }
            | Self::Punch { file, .. } => Some(*file),
            _ => None,
        }
    }
}

/// The mask of all pages of a memory.
const fn all_pages(pages: u32) -> u32 {
    if pages >= u32::BITS { u32::MAX } else { (1 << pages) - 1 }
}

fn distinct(what: &str, names: impl Iterator<Item = Name> + Clone) -> Validity {
    let mut rest = names;
    while let Some(name) = rest.next() {
        require(Name::new(name.as_str()) == Some(name), || format!("a {what} has no name"))?;
        require(rest.clone().all(|other| other != name), || format!("two {what} lines for {name}"))?;
    }
    Ok(())
}

fn validate_range(Range { start, end }: Range, most: u32) -> Validity {
    require(start <= end && end <= most, || format!("the range {start}..{end}, of {most}"))
}

fn validate_pages(PageRange { start, end }: PageRange, count: u32) -> Validity {
    require(start <= end && end <= count, || format!("the pages {start}..{end}, of {count}"))
}

fn validate_file(file: &File, geometry: Geometry) -> Validity {
    let name = file.name;
    require(file.size <= geometry.max_file_cells(), || format!("file {name}: its size"))?;
    let mut free = 0;
    for extent in &file.extents {
        let Range { start, end } = extent.range;
        let aligned = start.is_multiple_of(geometry.block) && end.is_multiple_of(geometry.block);
        let ordered = free <= start && start < end && end <= geometry.max_file_cells();
        require(aligned && ordered, || format!("file {name}: the extent {start}..{end}"))?;
        free = end;
    }
    let mut next = 0;
    for cached in &file.cached {
        let page = cached.page;
        require((next..Case::MAX_FILE_PAGES).contains(&page), || format!("file {name}: its cached page {page}"))?;
        if let Cache::Blocks(mask) = cached.state {
            let exist = mask != 0 && u32::from(mask) >> geometry.blocks_per_page() == 0;
            require(exist, || format!("file {name}: the blocks of its cached page {page}"))?;
        }
        next = page + 1;
    }
    Ok(())
}

fn validate_memory(memory: &MemoryRegion, files: usize) -> Validity {
    let &MemoryRegion { name, mm, pages, kind, resident, unreadable } = memory;
    require((1..=Case::MAX_MEMORY_PAGES).contains(&pages), || format!("memory {name}: {pages} pages"))?;
    require(mm.is_none_or(|mm| mm < Case::MAX_MMS), || format!("memory {name}: no such mm"))?;
    require((resident | unreadable) & !all_pages(pages) == 0, || format!("memory {name}: pages past its end"))?;
    require(mm.is_some() || *memory == MemoryRegion::kernel(name, pages), || {
        format!("memory {name}: the kernel's own is anonymous, resident and readable")
    })?;
    if let MemoryKind::Map { file, page, .. } = kind {
        require(file < files, || format!("memory {name}: no such file"))?;
        require(page <= Case::MAX_FILE_PAGES - pages, || format!("memory {name}: maps past the largest file"))?;
    }
    Ok(())
}

fn validate_fault(fault: &Fault, geometry: Geometry) -> Validity {
    let chances = 1..=Case::MAX_CHANCE;
    let cells = match fault.kind {
        Injection::PartialCommit { cells } => (1..=geometry.page).contains(&cells),
        _ => true,
    };
    require(chances.contains(&fault.at) && chances.contains(&fault.times) && cells, || format!("{fault:?}"))
}

fn validate_expectation(expectation: &Expectation) -> Validity {
    let finding = match &expectation.finding {
        None => true,
        Some((class, detail)) => is_class(class) && detail.as_deref().is_none_or(is_detail),
    };
    require(finding && is_strategy(&expectation.strategy), || format!("{expectation:?}"))
}
