//! A case's memory in this process: its addresses, the content of its anonymous pages, and which of them are there.

mod mappings;
mod per_cpu_lists;
mod shadow;
mod transfer;
mod userfaultfd;

pub(crate) use per_cpu_lists::spray_per_cpu_lists;
pub(crate) use transfer::{Piece, PipeCopy, write};
pub(crate) use userfaultfd::Fault;

use crate::cell_size::{CellSize, PAGE};
use crate::limits::is_stored_privately;
use crate::pattern::Patterns;
use crate::refusal::{Named, Refusal};
use case::{Case, MemoryKind, PageRange, Range as Cells};
use mappings::Reserved;
use rustix::fd::{AsFd, BorrowedFd};
use shadow::{Before, Shadow};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};
use userfaultfd::Userfaultfd;

/// Pages of addresses for each memory: the memory, the page after it for bad pointers, and as much again to move it to.
const SLOT: usize = 2 * MOVED_TO;
const MOVED_TO: usize = Case::MAX_MEMORY_PAGES as usize + 4;
/// The slot after those of the memories, for mappings through which files are looked at.
const LOOKS: usize = Case::MAX_MEMORIES;

/// The memories of a case, as they are laid out here. All tasks share one address space.
#[derive(Debug)]
pub(crate) struct Space {
    reserved: Reserved,
    faults: Userfaultfd,
    /// Touches pages, where the kernel cannot be asked to bring them in.
    pipe_copy: PipeCopy,
    shadows: Vec<Mutex<Shadow>>,
}

impl Space {
    pub fn new() -> Result<Self, Refusal> {
        Ok(Self {
            reserved: Reserved::new((LOOKS + 1) * SLOT * PAGE)?,
            faults: Userfaultfd::new()?,
            pipe_copy: PipeCopy::new().named("pipe")?,
            shadows: (0..Case::MAX_MEMORIES).map(|_| Mutex::default()).collect(),
        })
    }

    /// The address of a memory.
    pub fn address(&self, memory: usize) -> usize {
        self.reserved.start() + memory * SLOT * PAGE
    }

    fn pages(&self, memory: usize, pages: PageRange) -> Range<usize> {
        let start = self.address(memory);
        start + pages.start as usize * PAGE..start + pages.end as usize * PAGE
    }

    pub fn shadow(&self, memory: usize) -> MutexGuard<'_, Shadow> {
        self.shadows[memory].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lays out a case's memories, with the content and the resident pages that it asks for.
    pub fn prepare(&self, case: &Case, patterns: &Patterns, files: &[BorrowedFd<'_>]) -> Result<(), Refusal> {
        let cell_size = CellSize::of(case.geometry);
        for (number, memory) in case.memories.iter().enumerate() {
            let whole = self.pages(number, PageRange { start: 0, end: memory.pages });
            let mut shadow = self.shadow(number);
            (shadow.unmapped, shadow.brought, shadow.writers) = (0, 0, 0);
            match memory.kind {
                MemoryKind::Anonymous => {
                    let all = ((1_u64 << memory.pages) - 1) as u32;
                    let resident = if memory.mm.is_none() { all } else { memory.resident & !memory.unreadable & all };
                    self.make_anonymous(number, &mut shadow, resident)?;
                    shadow.begin(memory.pages, cell_size, number, patterns);
                    let (there, missing) = (shadow.resident & resident, resident & !shadow.resident);
                    let bytes = |run: PageRange| run.start as usize * PAGE..run.end as usize * PAGE;
                    for run in runs(there, memory.pages) {
                        transfer::put(self.address(number) + bytes(run).start, &shadow.bytes[bytes(run)]);
                    }
                    for run in runs(missing, memory.pages) {
                        self.faults.copy(self.address(number) + bytes(run).start, &shadow.bytes[bytes(run)])?;
                    }
                    shadow.resident = resident;
                }
                MemoryKind::Map { file, page, shared } => {
                    if shadow.is_clean {
                        // Memory of an earlier case would lie past the end of the mapping, where a bad pointer must
                        // find nothing.
                        self.reserved.unmap(&self.pages(number, PageRange { start: 0, end: SLOT as u32 }))?;
                        shadow.bytes.clear();
                    }
                    (shadow.is_clean, shadow.resident) = (false, 0);
                    // A mapping that nobody stores to is read-only, because mlock would make private copies of a
                    // writable one.
                    let writable = shared || is_stored_privately(case, number);
                    let offset = u64::from(page) * PAGE as u64;
                    self.reserved.map_file(&whole, (files[file], offset), shared, writable)?;
                    for run in runs(memory.resident, memory.pages) {
                        self.populate(&self.pages(number, run))?;
                    }
                }
            }
            for run in runs(memory.unreadable, memory.pages) {
                shadow.is_clean = false;
                self.reserved.forbid(&self.pages(number, run))?;
            }
        }
        Ok(())
    }

    /// Brings in pages of a mapped file, as far as the file has them.
    fn populate(&self, pages: &Range<usize>) -> Result<(), Refusal> {
        if !self.reserved.populate(pages)? {
            for page in pages.clone().step_by(PAGE) {
                self.pipe_copy.load(page, &mut [0]).named("touching a mapped page")?;
            }
        }
        Ok(())
    }

    /// Makes a slot anonymous memory that is watched for faults, and drops all its pages except `kept`.
    fn make_anonymous(&self, memory: usize, shadow: &mut Shadow, kept: u32) -> Result<(), Refusal> {
        if !shadow.is_clean {
            let all = self.pages(memory, PageRange { start: 0, end: Case::MAX_MEMORY_PAGES });
            self.reserved.map_anonymous(&all)?;
            self.faults.register(all)?;
            (shadow.is_clean, shadow.resident) = (true, 0);
        }
        for run in runs(shadow.resident & !kept, Case::MAX_MEMORY_PAGES) {
            self.reserved.drop_pages(&self.pages(memory, run))?;
        }
        shadow.resident &= kept;
        Ok(())
    }

    /// Removes everything of a case except what the next one can use.
    pub fn clear(&self, case: &Case) -> Result<(), Refusal> {
        for (number, memory) in case.memories.iter().enumerate() {
            let mut shadow = self.shadow(number);
            if !shadow.is_clean || matches!(memory.kind, MemoryKind::Map { .. }) {
                shadow.is_clean = false;
                shadow.resident = 0;
                self.reserved.unmap(&self.pages(number, PageRange { start: 0, end: SLOT as u32 }))?;
            }
        }
        Ok(())
    }

    /// Whether an address is in the memory of the case, not past its end.
    pub fn is_in_memory(&self, page: usize) -> bool {
        let at = page - self.reserved.start();
        let (memory, offset) = (at / (SLOT * PAGE), at % (SLOT * PAGE));
        offset < self.shadow(memory).bytes.len()
    }

    /// The memory, and the page of it, at an address. A memory that was moved has its old offsets in its new place.
    const fn page_at(&self, page: usize) -> (usize, usize) {
        let at = page - self.reserved.start();
        (at / (SLOT * PAGE), at % (SLOT * PAGE) / PAGE % MOVED_TO)
    }

    /// Brings in a page that a task waits for, but does not wake that task. Another task that touches the page then
    /// does not wait for it too.
    pub fn bring(&self, page: usize) -> Result<(), Refusal> {
        let (memory, number) = self.page_at(page);
        let mut shadow = self.shadow(memory);
        if (shadow.resident | shadow.unmapped) >> number & 1 == 1 {
            return Ok(());
        }
        shadow.resident |= 1 << number;
        shadow.brought |= 1 << number;
        self.faults.copy_quietly(page, &shadow.bytes[number * PAGE..(number + 1) * PAGE])
    }

    /// Brings in a page that a task waits for, with its content, and wakes that task.
    pub fn serve(&self, page: usize) -> Result<(), Refusal> {
        let (memory, number) = self.page_at(page);
        let mut shadow = self.shadow(memory);
        let content = number * PAGE..(number + 1) * PAGE;
        if content.end > shadow.bytes.len() {
            // Past the end of the memory a bad pointer must find nothing.
            self.reserved.unmap(&(page..page + PAGE))?;
            shadow.is_clean = false;
            return self.faults.wake(page..page + PAGE);
        }
        if shadow.unmapped >> number & 1 == 1 {
            // The waiting task finds that nothing is mapped any more.
            return self.faults.wake(page..page + PAGE);
        }
        // Copying it once more would free a page with the case's own content.
        let is_brought = (shadow.brought & shadow.resident) >> number & 1 == 1;
        shadow.brought &= !(1 << number);
        if is_brought {
            return self.faults.wake(page..page + PAGE);
        }
        shadow.resident |= 1 << number;
        self.faults.copy(page, &shadow.bytes[content])
    }

    /// The next fault.
    pub fn next_fault(&self) -> Result<Option<Fault>, Refusal> {
        self.faults.read()
    }

    /// Fills the pristine parts of what a write is about to copy, so that the copied bytes name the write. If another
    /// write is copying from the same memory, the content stays, and this returns false.
    pub fn fill(&self, memory: usize, cells: Cells, operation: u8, cell_size: CellSize, patterns: &Patterns) -> bool {
        let mut shadow = self.shadow(memory);
        if shadow.writers > 1 {
            return false;
        }
        let start = self.address(memory);
        for bytes in shadow.fill(memory, cells, operation, cell_size, patterns).into_iter().flat_map(pages_of) {
            if shadow.resident >> (bytes.start / PAGE) & 1 == 1 {
                // A page can only be taken away with the lock held, so it is there.
                transfer::put(start + bytes.start, &shadow.bytes[bytes]);
            }
        }
        true
    }

    /// Settles the result of a store to anonymous memory.
    pub fn settle(&self, memory: usize, before: &Before, bytes: &[u8], stored: usize) {
        let start = self.address(memory);
        // A page can only be taken away with the lock held, so what is resident is there.
        self.shadow(memory).settle(before, bytes, stored, |at| transfer::look(start + at.start, at.len()));
    }

    /// `madvise(MADV_DONTNEED)`.
    pub fn dont_need(&self, memory: usize, pages: PageRange, is_anonymous: bool) -> Result<(), Refusal> {
        let mut shadow = self.shadow(memory);
        self.reserved.drop_pages(&self.pages(memory, pages))?;
        if is_anonymous {
            shadow.zero(pages);
        }
        Ok(())
    }

    /// Reclaim: drops the pages, but keeps their content in the shadow.
    pub fn reclaim(&self, memory: usize, pages: PageRange) -> Result<(), Refusal> {
        let mut shadow = self.shadow(memory);
        self.reserved.drop_pages(&self.pages(memory, pages))?;
        shadow.resident &= !mask(pages);
        Ok(())
    }

    /// `munmap(2)`. A task that waits for a page there is not woken; when it is served, it finds that nothing is
    /// mapped.
    pub fn unmap(&self, memory: usize, pages: PageRange) -> Result<(), Refusal> {
        let range = self.pages(memory, pages);
        let mut shadow = self.shadow(memory);
        shadow.is_clean = false;
        shadow.unmapped |= mask(pages);
        shadow.resident &= !mask(pages);
        self.reserved.unmap(&range)
    }

    /// `mremap(2)`, elsewhere. A task that waits for a page is not woken, as with [`Space::unmap`].
    pub fn remap(&self, memory: usize, pages: u32) -> Result<(), Refusal> {
        let whole = PageRange { start: 0, end: pages };
        let range = self.pages(memory, whole);
        let mut shadow = self.shadow(memory);
        shadow.is_clean = false;
        let remap = |part: Range<usize>| self.reserved.remap(&part, part.start + MOVED_TO * PAGE);
        if remap(range.clone()).is_err() {
            // Pages with different rights are separate mappings, and one call moves only one of them.
            pages_of(range).try_for_each(remap)?;
        }
        shadow.unmapped |= mask(whole);
        shadow.resident = 0;
        Ok(())
    }

    /// `mlock(2)`.
    pub fn lock(&self, memory: usize, pages: u32) -> Result<(), Refusal> {
        self.shadow(memory).is_clean = false;
        self.reserved.lock(&self.pages(memory, PageRange { start: 0, end: pages }))
    }

    /// Maps a file in the slot for looks, and returns the address.
    pub fn map_to_look(&self, file: BorrowedFd<'_>, pages: u32) -> Result<usize, Refusal> {
        self.reserved.map_file(&self.pages(LOOKS, PageRange { start: 0, end: pages }), (file, 0), true, false)?;
        Ok(self.address(LOOKS))
    }

    /// Removes that mapping.
    pub fn unmap_look(&self) -> Result<(), Refusal> {
        self.reserved.unmap(&self.pages(LOOKS, PageRange { start: 0, end: SLOT as u32 }))
    }
}

impl AsFd for Space {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.faults.as_fd()
    }
}

const fn mask(pages: PageRange) -> u32 {
    ((1_u64 << pages.end) - (1_u64 << pages.start)) as u32
}

/// The runs of set bits among the lowest.
fn runs(bits: u32, pages: u32) -> impl Iterator<Item = PageRange> {
    let is_set = move |page: u32| page < pages && bits >> page & 1 == 1;
    (0..pages).filter(move |&page| is_set(page) && (page == 0 || !is_set(page - 1))).map(move |start| {
        let end = (start..=pages).find(|&page| !is_set(page)).unwrap_or(pages);
        PageRange { start, end }
    })
}

/// A range of bytes, cut at the pages.
fn pages_of(bytes: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let pages = bytes.start / PAGE..bytes.end.div_ceil(PAGE);
    pages.map(move |page| bytes.start.max(page * PAGE)..bytes.end.min((page + 1) * PAGE))
}
