//! A case's files in a directory: made as the case says, and kept open from case to case.

use crate::cell_size::{CellSize, PAGE};
use crate::limits::{Limit, Limits};
use crate::marker::Marker;
use crate::pattern::{Key, Patterns, Version};
use crate::refusal::{Named, Refusal};
use case::{Cache, Case, ExtentKind, File};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{self, Advice, FallocateFlags, Mode, OFlags};
use rustix::io::{self, Errno};
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

/// After this many cases a file is created again, because a new inode starts differently from one truncated to 0.
const RENEWED_AFTER: u64 = 16;

/// The file whose folios are sprayed.
const SPRAY: &str = "spray";

/// The largest order of folio that a case's write gets, and how many folios of each order are sprayed.
const LARGEST: usize = 4;
const FOLIOS: usize = 4;

/// The files below a directory.
#[derive(Debug)]
pub(crate) struct Files {
    directory: PathBuf,
    open: Vec<OwnedFd>,
    uses: u64,
    buffer: Vec<u8>,
}

impl Files {
    pub fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned(), open: Vec::new(), uses: 0, buffer: Vec::new() }
    }

    fn path(&self, file: usize) -> PathBuf {
        self.directory.join(name(file))
    }

    /// Fills large folios of this filesystem with [`Marker::Memory`] and frees them: they are on other free lists
    /// than pages.
    pub fn spray_folios(&self) -> io::Result<()> {
        let path = self.directory.join(SPRAY);
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC;
        let file = fs::open(&path, flags, Mode::RUSR | Mode::WUSR)?;
        let mut content = vec![0; PAGE << LARGEST];
        for (page, bytes) in content.chunks_mut(PAGE).enumerate() {
            Marker::Memory { page: page as u32 }.fill(bytes);
        }
        let mut offset = 0;
        for order in (1..=LARGEST).rev() {
            let folio = &content[..PAGE << order];
            for _ in 0..FOLIOS {
                // A write gets a folio if it is as long as one and begins where one can begin.
                write_all(file.as_fd(), folio, offset)?;
                offset += folio.len() as u64;
            }
        }
        fs::ftruncate(&file, 0)?;
        fs::unlink(&path)
    }

    /// Makes sure that everything is on the disk.
    pub fn make_durable(&self) -> io::Result<()> {
        self.open.first().map_or(Ok(()), fs::syncfs)
    }

    /// Makes the files of a case; notes as limits what cannot be made as the case says.
    pub fn prepare(&mut self, case: &Case, patterns: &Patterns, limits: &mut Limits) -> Result<(), Refusal> {
        self.uses += 1;
        if self.uses.is_multiple_of(RENEWED_AFTER) {
            self.open.clear();
        }
        for (number, file) in case.files.iter().enumerate() {
            if number < self.open.len() {
                fs::ftruncate(&self.open[number], 0).named("ftruncate")?;
            } else {
                let path = self.path(number);
                let _ = fs::unlink(&path);
                let flags = OFlags::RDWR | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC;
                self.open.push(fs::open(&path, flags, Mode::RUSR | Mode::WUSR).named("open")?);
            }
            self.make(number, file, CellSize::of(case.geometry), patterns, limits)?;
        }
        Ok(())
    }

    fn make(
        &mut self,
        number: usize,
        file: &File,
        cell_size: CellSize,
        patterns: &Patterns,
        limits: &mut Limits,
    ) -> Result<(), Refusal> {
        let (size, fd) = (cell_size.bytes(file.size), &self.open[number]);
        let buffer = &mut self.buffer;
        let mut write = |version: Version, start: usize, end: usize| {
            buffer.resize(end - start, 0);
            patterns.fill(Key::file(number, version).advance(start), buffer);
            write_all(fd.as_fd(), buffer, start as u64).named("pwrite")
        };
        let reaches_end = |it: &case::Extent| {
            it.kind == ExtentKind::Disk
                && cell_size.bytes(it.range.start) < size
                && cell_size.bytes(it.range.end) >= size
        };
        if size > 0 && !file.extents.iter().any(reaches_end) {
            fs::ftruncate(fd, size as u64).named("ftruncate")?;
        }
        for extent in &file.extents {
            let (start, end) = (cell_size.bytes(extent.range.start), cell_size.bytes(extent.range.end));
            if extent.kind == ExtentKind::Unwritten || end > size {
                preallocate(fd.as_fd(), start, end, limits)?;
            }
            let end = end.min(size);
            if extent.kind == ExtentKind::Disk && start < end {
                write(Version::Initial, start, end)?;
            }
        }
        let is_cached = |page: u32| file.cached.iter().any(|it| it.page == page && it.state != Cache::Empty);
        let pages = size.div_ceil(PAGE) as u32;
        let is_dropped = (0..pages).any(|page| !is_cached(page)) && drop_cache(fd.as_fd(), size)?;
        if !is_dropped && (0..pages).any(|page| !is_cached(page)) {
            limits.note(Limit::AlwaysCached);
        }
        for cached in &file.cached {
            let start = cached.page as usize * PAGE;
            let end = (start + PAGE).min(size);
            match cached.state {
                // The disk under a dirty page holds no older content here: the page is written twice, or was a hole.
                Cache::Dirty if start < end && (is_dropped || !is_whole(file, cell_size, start, end)) => {
                    write(Version::Initial, start, end)?;
                }
                Cache::Dirty | Cache::Uptodate if start < end && is_dropped => {
                    io::pread(fd, &mut [0; PAGE][..end - start], start as u64).named("pread")?;
                }
                Cache::Empty | Cache::Blocks(_) => limits.note(Limit::PartlyUptodate),
                Cache::Dirty | Cache::Uptodate => {}
            }
        }
        Ok(())
    }

    /// The files, by their number in the case.
    pub fn all(&self) -> Vec<BorrowedFd<'_>> {
        self.open.iter().map(AsFd::as_fd).collect()
    }

    pub fn file(&self, number: usize) -> BorrowedFd<'_> {
        self.open[number].as_fd()
    }

    /// Opens a file once more, to append to it.
    pub fn to_append(&self, number: usize) -> io::Result<OwnedFd> {
        fs::open(self.path(number), OFlags::WRONLY | OFlags::APPEND | OFlags::CLOEXEC, Mode::empty())
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        for number in 0..Case::MAX_FILES {
            let _ = fs::unlink(self.path(number));
        }
        let _ = fs::unlink(self.directory.join(SPRAY));
    }
}

/// The name of the file with this number.
pub(crate) fn name(file: usize) -> String {
    format!("file-{file}")
}

/// Whether the whole range is the file's content, so that it can be written once more.
fn is_whole(file: &File, cell_size: CellSize, start: usize, end: usize) -> bool {
    let covers = |it: &case::Extent| {
        it.kind == ExtentKind::Disk && cell_size.bytes(it.range.start) <= start && end <= cell_size.bytes(it.range.end)
    };
    file.extents.iter().any(covers)
}

/// Writes everything, in as many calls as the filesystem needs: a short write of the initial content is not what is
/// tested.
fn write_all(file: BorrowedFd<'_>, mut data: &[u8], mut offset: u64) -> io::Result<()> {
    while !data.is_empty() {
        match io::pwrite(file, data, offset)? {
            0 => return Err(Errno::NOSPC),
            written => {
                data = &data[written..];
                offset += written as u64;
            }
        }
    }
    Ok(())
}

fn preallocate(file: BorrowedFd<'_>, start: usize, end: usize, limits: &mut Limits) -> Result<(), Refusal> {
    match fs::fallocate(file, FallocateFlags::KEEP_SIZE, start as u64, (end - start) as u64) {
        Err(Errno::OPNOTSUPP) => {
            limits.note(Limit::NoPreallocation);
            Ok(())
        }
        result => result.named("fallocate"),
    }
}

/// Writes a file out and drops its clean pages from the cache; false if pages cannot leave it.
pub(crate) fn drop_cache(file: BorrowedFd<'_>, size: usize) -> Result<bool, Refusal> {
    match crate::writeback::write_and_wait(file) {
        // If a filesystem never writes out, its pages cannot be dropped either.
        Err(Errno::SPIPE | Errno::INVAL | Errno::OPNOTSUPP) => return Ok(false),
        result => result.named("sync_file_range")?,
    }
    fs::fadvise(file, 0, NonZeroU64::new(size as u64), Advice::DontNeed).named("posix_fadvise")?;
    Ok(true)
}
