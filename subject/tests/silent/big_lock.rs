//! A cache under one lock that never drops a page: as plain as can be.

use std::collections::BTreeMap;
use subject::sync::parking_lot::Mutex;
use subject::{Abilities, Env, Errno, Frame, Install, Sink, Source, Start, Subject};

/// What is wrong with a cache.
pub trait Flaw: 'static {
    const NAME: &'static str;
    const FILLS: bool = true;
    const DIRTIES: bool = true;
}

struct File {
    start: Start,
    size: u64,
    pages: BTreeMap<u64, Page>,
    /// Where the disk's content ends.
    on_disk: u64,
    failed: bool,
}

struct Page {
    frame: Frame,
    dirty: bool,
}

pub struct Cache<F> {
    env: Env,
    files: Mutex<Vec<File>>,
    flaw: std::marker::PhantomData<F>,
}

macro_rules! caches {
    ($($name:ident $flaw:ident $text:literal { $($line:tt)* })*) => { $(
        pub struct $flaw;
        impl Flaw for $flaw {
            const NAME: &'static str = $text;
            $($line)*
        }
        pub type $name = Cache<$flaw>;
    )* };
}

caches! {
    Right NoFlaw "right" {}
    Unfilled DoesNotFill "unfilled" { const FILLS: bool = false; }
    Undirtied DoesNotDirty "undirtied" { const DIRTIES: bool = false; }
}

impl<F: Flaw> Cache<F> {
    /// The page, with what the disk has of it.
    fn page<'f>(&self, file: &'f mut File, index: u64) -> Result<&'f mut Page, Errno> {
        let size = self.env.page();
        if !file.pages.contains_key(&index) {
            let frame = Frame::allocate()?;
            let there = file.on_disk.saturating_sub(index * size as u64).min(size as u64) as usize;
            if F::FILLS && there > 0 {
                let mut bytes = vec![0; size];
                self.env.disk().read(file.start.disk + index * size as u64, &mut bytes)?;
                frame.write(0, &bytes);
            }
            if F::FILLS {
                frame.clear(there..size);
            }
            file.pages.insert(index, Page { frame, dirty: false });
        }
        file.pages.get_mut(&index).ok_or(Errno::EIO)
    }

    fn write_at(&self, file: usize, at: Option<u64>, from: &mut Source<'_>) -> Result<(u64, usize), Errno> {
        let size = self.env.page() as u64;
        let (mut done, mut start, mut wanted) = (0, at, from.remaining());
        while wanted > 0 {
            // Not under the lock: a page of the source can be one of this very cache.
            if !from.fault_in(wanted.min(size as usize)) {
                return if done == 0 { Err(Errno::EFAULT) } else { Ok((start.unwrap_or(0), done as usize)) };
            }
            let mut files = self.files.lock();
            let it = &mut files[file];
            // An append goes on where it began, and does not wait with the lock for its source: so it gives up when it
            // comes up short.
            let at = *start.get_or_insert(it.size) + done;
            let (index, offset) = (at / size, at % size);
            let length = (size - offset).min(wanted as u64) as usize;
            let page = match self.page(it, index) {
                Ok(page) => page,
                Err(errno) if done == 0 => return Err(errno),
                Err(_) => break,
            };
            let copied = from.copy_to_frame_atomic(&page.frame, offset as usize, length) as u64;
            page.dirty |= copied > 0;
            if copied > 0 {
                it.size = it.size.max(at + copied);
            }
            done += copied;
            wanted = from.remaining();
        }
        Ok((start.unwrap_or(0), done as usize))
    }
}

impl<F: Flaw> Subject for Cache<F> {
    const NAME: &'static str = F::NAME;
    // Two writes that come up short would take turns: one task writes.
    const ABILITIES: Abilities = Abilities { tasks: 1, ..Abilities::CACHE.with_mappings() };

    fn open(files: &[Start], env: &Env) -> Self {
        let file = |start: &Start| File {
            start: *start,
            size: start.size,
            pages: BTreeMap::new(),
            on_disk: start.size,
            failed: false,
        };
        Self { env: *env, files: Mutex::new(files.iter().map(file).collect()), flaw: std::marker::PhantomData }
    }

    fn write(&self, file: usize, at: u64, from: &mut Source<'_>) -> Result<usize, Errno> {
        self.write_at(file, Some(at), from).map(|(_, count)| count)
    }

    fn append(&self, file: usize, from: &mut Source<'_>) -> Result<(u64, usize), Errno> {
        self.write_at(file, None, from)
    }

    fn read(&self, file: usize, at: u64, into: &mut Sink<'_>) -> Result<usize, Errno> {
        let size = self.env.page() as u64;
        let mut files = self.files.lock();
        let it = &mut files[file];
        let (mut done, length) = (0, (into.remaining() as u64).min(it.size.saturating_sub(at)));
        while done < length {
            let (index, offset) = ((at + done) / size, (at + done) % size);
            let part = (size - offset).min(length - done);
            match self.page(it, index) {
                Ok(page) => into.put_frame(&page.frame, offset as usize, part as usize),
                Err(errno) if done == 0 => return Err(errno),
                Err(_) => break,
            }
            done += part;
        }
        Ok(done as usize)
    }

    fn size(&self, file: usize) -> u64 {
        self.files.lock()[file].size
    }

    fn truncate(&self, file: usize, size: u64) -> Result<(), Errno> {
        let page_size = self.env.page() as u64;
        let mut files = self.files.lock();
        let it = &mut files[file];
        let edge = size.min(it.size);
        if !edge.is_multiple_of(page_size) {
            let page = self.page(it, edge / page_size)?;
            page.frame.clear((edge % page_size) as usize..page_size as usize);
            page.dirty = true;
        }
        it.size = size;
        it.on_disk = it.on_disk.min(size);
        let first = size.div_ceil(page_size);
        self.env.unmap(file, first as u32..u32::MAX, true);
        it.pages.retain(|index, _| *index < first);
        Ok(())
    }

    fn sync(&self, file: usize) -> Result<(), Errno> {
        let page_size = self.env.page() as u64;
        let mut files = self.files.lock();
        let it = &mut files[file];
        let mut result = if std::mem::take(&mut it.failed) { Err(Errno::EIO) } else { Ok(()) };
        for index in 0..it.size.div_ceil(page_size) {
            let end = ((index + 1) * page_size).min(it.size);
            let Ok(page) = self.page(it, index) else {
                result = Err(Errno::EIO);
                continue;
            };
            let (number, mut bytes) = (index as u32, vec![0; page_size as usize]);
            self.env.protect(file, number);
            page.frame.read(0, &mut bytes);
            let is_new = page.dirty;
            if is_new || it.on_disk < end {
                let written = self.env.disk().write(it.start.disk + index * page_size, &bytes);
                match (written, it.pages.get_mut(&index)) {
                    (Ok(()), Some(page)) => {
                        page.dirty = false;
                        it.on_disk = it.on_disk.max(end);
                    }
                    _ => result = Err(Errno::EIO),
                }
            }
        }
        self.env.disk().flush();
        result
    }

    fn writeback(&self, file: usize) {
        if self.sync(file).is_err() {
            self.files.lock()[file].failed = true;
        }
    }

    fn fault(&self, file: usize, page: u32, write: bool, install: &mut Install<'_>) -> bool {
        let mut files = self.files.lock();
        let it = &mut files[file];
        if u64::from(page) * self.env.page() as u64 >= it.size {
            return false;
        }
        let Ok(page) = self.page(it, u64::from(page)) else { return false };
        page.dirty |= write && F::DIRTIES;
        install.frame(&page.frame);
        true
    }
}
