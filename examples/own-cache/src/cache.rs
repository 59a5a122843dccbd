//! A page cache: files of pages, read and written through memory, written back when somebody syncs.
//!
//! Who locks what: `inode` is for those who write or change the size, `state` of a page for its content, `pages` for
//! which pages there are. A page's lock comes before `pages`.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
// The same as `std::sync`, but other tasks run in between.
use shortcopy::subject::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use shortcopy::subject::sync::std::{Condvar, Mutex};
use shortcopy::subject::{Env, Errno, Frame, Install, Sink, Source, Start};

/// A file with its cached pages.
#[derive(Debug)]
pub struct File {
    number: usize,
    env: Env,
    /// Where it is on the disk.
    disk: u64,
    size: AtomicU64,
    inode: Mutex<()>,
    pages: Mutex<BTreeMap<u64, Arc<Page>>>,
    /// Bytes of each page that the disk has. What it has not is zero.
    on_disk: Mutex<BTreeMap<u64, u64>>,
    /// Whether somebody is syncing.
    syncing: Mutex<bool>,
    synced: Condvar,
    /// A page could not be written, and nobody was told.
    failed: AtomicBool,
}

#[derive(Debug)]
struct Page {
    frame: Frame,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    uptodate: bool,
    dirty: bool,
    /// It has left the cache: whoever has waited for it looks for another.
    gone: bool,
}

impl File {
    /// A file of which nothing is cached.
    pub fn new(number: usize, start: &Start, env: Env) -> Self {
        let page = env.page() as u64;
        let on_disk = (0..start.size.div_ceil(page)).map(|index| (index, (start.size - index * page).min(page)));
        Self {
            number,
            env,
            disk: start.disk,
            size: AtomicU64::new(start.size),
            inode: Mutex::new(()),
            pages: Mutex::new(BTreeMap::new()),
            on_disk: Mutex::new(on_disk.collect()),
            syncing: Mutex::new(false),
            synced: Condvar::new(),
            failed: AtomicBool::new(false),
        }
    }

    fn page_size(&self) -> u64 {
        self.env.page() as u64
    }

    /// The size.
    pub fn size(&self) -> u64 {
        self.size.load(SeqCst)
    }

    /// The cached page of this index; a new one if there is none.
    fn grab(&self, index: u64) -> Result<Arc<Page>, Errno> {
        let mut pages = self.pages.lock().unwrap();
        if let Some(page) = pages.get(&index) {
            return Ok(Arc::clone(page));
        }
        let page = Arc::new(Page { frame: Frame::allocate()?, state: Mutex::default() });
        pages.insert(index, Arc::clone(&page));
        Ok(page)
    }

    /// Reads a page from the disk, as far as the disk has it. The page is locked.
    fn fill(&self, index: u64, page: &Page, state: &mut State) -> Result<(), Errno> {
        if state.uptodate {
            return Ok(());
        }
        let there = self.on_disk.lock().unwrap().get(&index).copied().unwrap_or(0);
        if there > 0 {
            let mut bytes = vec![0; self.page_size() as usize];
            self.env.disk().read(self.disk + index * self.page_size(), &mut bytes)?;
            page.frame.write(0, &bytes);
        }
        page.frame.clear(there as usize..self.page_size() as usize);
        state.uptodate = true;
        Ok(())
    }

    /// Calls `f` with a page that is locked, uptodate, and in the cache.
    fn with_page<T>(&self, index: u64, f: impl FnOnce(&Page, &mut State) -> T) -> Result<T, Errno> {
        loop {
            let page = self.grab(index)?;
            let mut state = page.state.lock().unwrap();
            if state.gone {
                continue;
            }
            self.fill(index, &page, &mut state)?;
            return Ok(f(&page, &mut state));
        }
    }

    /// Reads at `at`.
    pub fn read(&self, at: u64, into: &mut Sink<'_>) -> Result<usize, Errno> {
        let mut done = 0;
        while into.remaining() > 0 {
            let (index, offset) = ((at + done) / self.page_size(), (at + done) % self.page_size());
            if at + done >= self.size() {
                break;
            }
            let copied = self.with_page(index, |page, _| {
                // The size can have changed while we waited for the page.
                let left = self.size().saturating_sub(at + done);
                let length = (self.page_size() - offset).min(into.remaining() as u64).min(left);
                if length > 0 {
                    into.put_frame(&page.frame, offset as usize, length as usize);
                }
                length
            });
            match copied {
                Ok(0) => break,
                Ok(copied) => done += copied,
                Err(errno) if done == 0 => return Err(errno),
                Err(_) => break,
            }
        }
        Ok(done as usize)
    }

    /// Writes at `at`.
    pub fn write(&self, at: u64, from: &mut Source<'_>) -> Result<usize, Errno> {
        let _inode = self.inode.lock().unwrap();
        self.write_locked(at, from)
    }

    /// Writes to the end.
    pub fn append(&self, from: &mut Source<'_>) -> Result<(u64, usize), Errno> {
        let _inode = self.inode.lock().unwrap();
        let at = self.size();
        Ok((at, self.write_locked(at, from)?))
    }

    fn write_locked(&self, at: u64, from: &mut Source<'_>) -> Result<usize, Errno> {
        let mut done = 0;
        while !from.is_empty() {
            let (index, offset) = ((at + done) / self.page_size(), (at + done) % self.page_size());
            let length = (self.page_size() - offset).min(from.remaining() as u64) as usize;
            // Under the page's lock nothing may be waited for that could need that lock: so the source is brought in
            // first, and if it is gone again, once more.
            if !from.fault_in(length) {
                return if done == 0 { Err(Errno::EFAULT) } else { Ok(done as usize) };
            }
            let copied = self.with_page(index, |page, state| {
                let copied = from.copy_to_frame_atomic(&page.frame, offset as usize, length) as u64;
                state.dirty |= copied > 0;
                if at + done + copied > self.size() && copied > 0 {
                    self.size.store(at + done + copied, SeqCst);
                }
                copied
            });
            match copied {
                Ok(copied) => done += copied,
                Err(errno) if done == 0 => return Err(errno),
                Err(_) => break,
            }
        }
        Ok(done as usize)
    }

    /// Makes the file shorter or longer.
    pub fn truncate(&self, size: u64) -> Result<(), Errno> {
        let _inode = self.inode.lock().unwrap();
        let edge = size.min(self.size());
        // Behind the end there are zeroes, whatever was stored there through a mapping.
        if !edge.is_multiple_of(self.page_size()) {
            self.with_page(edge / self.page_size(), |page, state| {
                if size < self.size() {
                    self.size.store(size, SeqCst);
                }
                page.frame.clear((edge % self.page_size()) as usize..self.page_size() as usize);
                state.dirty = true;
            })?;
        }
        self.size.store(size, SeqCst);
        let first = size.div_ceil(self.page_size());
        self.env.unmap(self.number, first as u32..u32::MAX, true);
        for (index, page) in self.cached(first..u64::MAX) {
            let mut state = page.state.lock().unwrap();
            self.forget(index, &mut state);
        }
        // What is cut off is not there any more.
        self.on_disk.lock().unwrap().retain(|index, _| *index < first);
        Ok(())
    }

    /// The cached pages of these indices.
    fn cached(&self, indices: Range<u64>) -> Vec<(u64, Arc<Page>)> {
        let pages = self.pages.lock().unwrap();
        pages.range(indices).map(|(index, page)| (*index, Arc::clone(page))).collect()
    }

    /// A page leaves the cache. It is locked.
    fn forget(&self, index: u64, state: &mut State) {
        if !state.gone {
            self.env.unmap(self.number, index as u32..index as u32 + 1, false);
            state.gone = true;
            self.pages.lock().unwrap().remove(&index);
        }
    }

    /// Writes a page out if it is dirty. It is locked.
    fn clean(&self, index: u64, page: &Page, state: &mut State) -> Result<(), Errno> {
        if !state.dirty || state.gone {
            return Ok(());
        }
        self.env.protect(self.number, index as u32);
        let mut bytes = vec![0; self.page_size() as usize];
        page.frame.read(0, &mut bytes);
        self.env.disk().write(self.disk + index * self.page_size(), &bytes)?;
        let mut on_disk = self.on_disk.lock().unwrap();
        // A truncate that waits for this page has already said that it is not there.
        if index * self.page_size() < self.size() {
            on_disk.insert(index, self.page_size());
        }
        state.dirty = false;
        Ok(())
    }

    /// Writes all that is dirty.
    pub fn sync(&self) -> Result<(), Errno> {
        let mut syncing = self.syncing.lock().unwrap();
        while *syncing {
            syncing = self.synced.wait(syncing).unwrap();
        }
        *syncing = true;
        drop(syncing);
        self.write_out();
        *self.syncing.lock().unwrap() = false;
        self.synced.notify_all();
        self.env.disk().flush();
        if self.failed.swap(false, SeqCst) { Err(Errno::EIO) } else { Ok(()) }
    }

    fn write_out(&self) {
        for index in 0..self.size().div_ceil(self.page_size()) {
            // What the disk does not have are zeroes, and it is to have them.
            let there = self.on_disk.lock().unwrap().get(&index).copied().unwrap_or(0);
            let is_hole = there < self.size().saturating_sub(index * self.page_size()).min(self.page_size());
            let wanted = if is_hole { self.grab(index).ok() } else { self.pages.lock().unwrap().get(&index).cloned() };
            let Some(page) = wanted else { continue };
            let mut state = page.state.lock().unwrap();
            if state.gone {
                continue;
            }
            if is_hole && self.fill(index, &page, &mut state).is_ok() {
                state.dirty = true;
            }
            if self.clean(index, &page, &mut state).is_err() {
                self.failed.store(true, SeqCst);
            }
        }
    }

    /// Writes all that is dirty, and remembers errors for the next sync.
    pub fn writeback(&self) {
        self.write_out();
    }

    /// Drops pages, after what is dirty was written.
    pub fn reclaim(&self, indices: Range<u64>) {
        for (index, page) in self.cached(indices) {
            let mut state = page.state.lock().unwrap();
            match self.clean(index, &page, &mut state) {
                Ok(()) => self.forget(index, &mut state),
                Err(_) => self.failed.store(true, SeqCst),
            }
        }
    }

    /// A page fault.
    pub fn fault(&self, index: u64, write: bool, install: &mut Install<'_>) -> bool {
        let installed = self.with_page(index, |page, state| {
            let is_inside = index * self.page_size() < self.size();
            if is_inside {
                state.dirty |= write;
                install.frame(&page.frame);
            }
            is_inside
        });
        installed.unwrap_or(false)
    }
}
