//! An adapter tests itself: one that is right has no complaint, and each way of being wrong has its own.

use shortcopy::subject::sync::std::{Mutex, MutexGuard};
use shortcopy::subject::{Abilities, Complaint, Env, Errno, Frame, Install, Sink, Source, Start, Subject, complaints};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Right.
const NOTHING: u8 = 0;
/// What it writes goes nowhere.
const OWN_DISK: u8 = 1;
/// It takes no lock.
const NO_LOCK: u8 = 2;
/// A frame is installed after the lock was given back.
const LATE_INSTALL: u8 = 3;
/// A store through a mapping does not make the page dirty.
const CLEAN_STORE: u8 = 4;
/// A static says what it has done, and is never put back.
const STAYS: u8 = 5;
/// A static says what it has done; each run puts it back.
const SHARED: u8 = 6;
/// It counts in pages.
const COUNTS_PAGES: u8 = 7;

/// What the last two keep.
static WRITES: [AtomicU32; 2] = [AtomicU32::new(0), AtomicU32::new(0)];

/// A cache that reads a file as a whole and writes it as a whole, under one lock.
struct Whole<const FAULT: u8> {
    files: Vec<Mutex<File>>,
    starts: Vec<Start>,
    env: Env,
}

#[derive(Default)]
struct File {
    size: u64,
    /// All pages that there can be, once something was asked of the file.
    pages: Vec<Arc<Frame>>,
    dirty: bool,
}

impl<const FAULT: u8> Whole<FAULT> {
    /// The file, which is read first if it was not; locked.
    fn loaded(&self, file: usize) -> Result<MutexGuard<'_, File>, Errno> {
        let mut it = self.files[file].lock().unwrap();
        if it.pages.is_empty() {
            let Start { disk, room, size } = self.starts[file];
            let page = self.env.page() as u64;
            for at in (0..room).step_by(page as usize) {
                let mut bytes = vec![0; page as usize];
                if at < size {
                    self.env.disk().read(disk + at, &mut bytes)?;
                    bytes[(size - at).min(page) as usize..].fill(0);
                }
                let frame = Frame::allocate()?;
                frame.write(0, &bytes);
                it.pages.push(Arc::new(frame));
            }
        }
        Ok(it)
    }

    /// Calls `f` with each page of a range, with the offset in it and the length.
    fn each(&self, at: u64, length: u64, mut f: impl FnMut(usize, usize, usize) -> usize) -> u64 {
        let (page, mut done) = (self.env.page() as u64, 0);
        while done < length {
            let offset = (at + done) % page;
            let wanted = (page - offset).min(length - done);
            let got = f(((at + done) / page) as usize, offset as usize, wanted as usize) as u64;
            done += got;
            if got < wanted {
                break;
            }
        }
        done
    }
}

impl<const FAULT: u8> Subject for Whole<FAULT> {
    const NAME: &'static str = "whole";
    const ABILITIES: Abilities = Abilities::CACHE.with_mappings();
    const STATICS: bool = FAULT == STAYS;

    fn open(files: &[Start], env: &Env) -> Self {
        if FAULT == SHARED {
            WRITES[1].store(0, Ordering::Relaxed);
        }
        let file = |it: &Start| Mutex::new(File { size: it.size, ..File::default() });
        Self { files: files.iter().map(file).collect(), starts: files.to_vec(), env: *env }
    }

    fn write(&self, file: usize, at: u64, from: &mut Source<'_>) -> Result<usize, Errno> {
        if FAULT == NO_LOCK {
            return Err(Errno::EIO);
        }
        // Where pages can go at any time, one would try again; nobody takes them while these programs run.
        if from.remaining() > 0 && !from.fault_in(from.remaining()) {
            return Err(Errno::EFAULT);
        }
        let mut it = self.loaded(file)?;
        if FAULT == STAYS || FAULT == SHARED {
            let before = WRITES[usize::from(FAULT == SHARED)].fetch_add(1, Ordering::Relaxed);
            // What a task does depends on what was done before.
            if before % 3 == 1 {
                drop(it);
                it = self.loaded(file)?;
            }
        }
        let File { pages, size, dirty } = &mut *it;
        let done = self.each(at, from.remaining() as u64, |page, offset, length| {
            from.copy_to_frame_atomic(&pages[page], offset, length)
        });
        *dirty = true;
        *size = (*size).max(at + done);
        Ok(if FAULT == COUNTS_PAGES { done as usize / 2 } else { done as usize })
    }

    fn append(&self, file: usize, from: &mut Source<'_>) -> Result<(u64, usize), Errno> {
        let at = self.size(file);
        Ok((at, self.write(file, at, from)?))
    }

    fn read(&self, file: usize, at: u64, into: &mut Sink<'_>) -> Result<usize, Errno> {
        if FAULT == NO_LOCK {
            return Err(Errno::EIO);
        }
        let it = self.loaded(file)?;
        let length = it.size.saturating_sub(at).min(into.remaining() as u64);
        let done = self.each(at, length, |page, offset, length| {
            into.put_frame(&it.pages[page], offset, length);
            length
        });
        Ok(done as usize)
    }

    fn size(&self, file: usize) -> u64 {
        if FAULT == NO_LOCK { self.starts[file].size } else { self.files[file].lock().unwrap().size }
    }

    fn truncate(&self, file: usize, size: u64) -> Result<(), Errno> {
        if FAULT == NO_LOCK {
            return Err(Errno::EIO);
        }
        let mut it = self.loaded(file)?;
        let page = self.env.page() as u64;
        if size < it.size {
            self.env.unmap(file, size.div_ceil(page) as u32..u32::MAX, true);
        }
        let edge = size.min(it.size);
        for (index, frame) in it.pages.iter().enumerate() {
            let first = edge.saturating_sub(index as u64 * page).min(page);
            frame.clear(first as usize..page as usize);
        }
        it.size = size;
        it.dirty = true;
        Ok(())
    }

    fn sync(&self, file: usize) -> Result<(), Errno> {
        if FAULT == NO_LOCK {
            return Ok(());
        }
        let mut it = self.loaded(file)?;
        let page = self.env.page();
        for (index, frame) in it.pages.iter().enumerate().take(if it.dirty { usize::MAX } else { 0 }) {
            self.env.protect(file, index as u32);
            let mut bytes = vec![0; page];
            frame.read(0, &mut bytes);
            if FAULT != OWN_DISK {
                self.env.disk().write(self.starts[file].disk + (index * page) as u64, &bytes)?;
            }
        }
        it.dirty = false;
        self.env.disk().flush();
        Ok(())
    }

    fn fault(&self, file: usize, page: u32, write: bool, install: &mut Install<'_>) -> bool {
        if FAULT == NO_LOCK {
            return false;
        }
        let Ok(mut it) = self.loaded(file) else { return false };
        if u64::from(page) * self.env.page() as u64 >= it.size {
            return false;
        }
        it.dirty |= write && FAULT != CLEAN_STORE;
        if FAULT == LATE_INSTALL {
            let frame = Arc::clone(&it.pages[page as usize]);
            drop(it);
            install.frame(&frame);
        } else {
            install.frame(&it.pages[page as usize]);
        }
        true
    }
}

/// What is said of an adapter.
fn said<const FAULT: u8>() -> Vec<String> {
    let first = |it: Complaint| it.what;
    complaints::<Whole<FAULT>>().into_iter().map(first).collect()
}

#[track_caller]
fn says(said: &[String], word: &str) {
    assert!(said.iter().any(|it| it.contains(word)), "{word}: {said:#?}");
}

#[test]
fn one_that_is_right_has_no_complaint() {
    assert_eq!(said::<NOTHING>(), Vec::<String>::new());
}

#[test]
fn a_disk_of_its_own_is_told() {
    says(&said::<OWN_DISK>(), "a sync wrote nothing to the harness's disk");
}

#[test]
fn one_that_never_locks_is_told() {
    says(&said::<NO_LOCK>(), "no lock of the harness's was ever taken");
    says(&said::<NO_LOCK>(), "nothing was ever read from the harness's disk");
}

#[test]
fn a_frame_that_is_installed_too_late_is_told() {
    says(&said::<LATE_INSTALL>(), "frames were installed with no lock held");
}

#[test]
fn a_store_that_leaves_the_page_clean_is_told() {
    says(&said::<CLEAN_STORE>(), "one task alone sees LOST_WRITE");
}

#[test]
fn a_wrong_unit_is_told() {
    says(&said::<COUNTS_PAGES>(), "one task alone sees");
}

/// Those with a static that stays are not asked about threads.
#[test]
fn a_static_that_stays_is_told() {
    assert_eq!(said::<STAYS>(), ["the same case ran differently"]);
}

#[test]
fn a_static_that_threads_share_is_told() {
    assert_eq!(said::<SHARED>(), ["the same case ran differently while another thread ran one"]);
}
