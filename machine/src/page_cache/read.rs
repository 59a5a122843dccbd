//! `do_generic_mapping_read`: read(2) through the page cache, with no lock on an uptodate page.

use super::AopError;
use crate::defect::Defect;
use crate::kernel::Kernel;
use crate::names::{PageFlag, PageId, Site};
use crate::trace::Event;
use oracle::{Errno, FileId, Owner};

impl Kernel<'_> {
    /// Reads `[start, start + length)` of a file into the history's arena from `into`; returns how much was read.
    ///
    /// # Errors
    /// `EIO`, `ENOMEM`, if nothing was read before.
    pub(crate) async fn generic_file_read(
        &self,
        file: FileId,
        start: u32,
        length: u32,
        into: u32,
    ) -> Result<u32, Errno> {
        let page_size = self.with(|s| s.geometry.page);
        self.preempt().await;
        // Sampled once: it is not looked at again but after a readpage.
        let mut size = self.size(file);
        let mut done = 0;
        while done < length {
            let position = start + done;
            if position >= size {
                break;
            }
            let (index, offset) = (position / page_size, position % page_size);
            let page = match self.page_to_read(file, index, &mut size).await {
                Ok(page) => page,
                Err(errno) => return if done > 0 { Ok(done) } else { Err(errno) },
            };
            self.preempt().await;
            let cells = self.with(|s| {
                if s.mended(Defect::ReadSamplesTheSizeOnce) {
                    size = size.min(s.file(file).size);
                }
                let cells = (page_size - offset).min(length - done).min(size.saturating_sub(position));
                s.copy_to_history(page, offset, cells, into + done);
                s.note(Event::CopyOut { page, start: offset, end: offset + cells });
                s.put_page(page);
                cells
            });
            done += cells;
            if cells == 0 {
                break;
            }
        }
        Ok(done)
    }

    /// The page, uptodate and with a reference. `size` is looked at again after a readpage.
    pub(crate) async fn page_to_read(&self, file: FileId, index: u32, size: &mut u32) -> Result<PageId, Errno> {
        loop {
            let Some(page) = self.find_get_page(file, index) else {
                self.preempt().await;
                let page = self.with(|s| s.alloc_page(Owner::File(file))).ok_or(Errno::ENOMEM)?;
                if !self.add_to_page_cache(page, file, index) {
                    self.put_page(page);
                    continue;
                }
                self.lru_add(None);
                if self.read_and_wait(file, page).await? {
                    *size = self.size(file);
                    return Ok(page);
                }
                continue;
            };
            if self.with(|s| s.test(page, PageFlag::Uptodate)) {
                return Ok(page);
            }
            self.lock_page_unless_kept(page, Site::ReadPage).await;
            if self.with(|s| s.page(page).mapping.is_none()) {
                self.unlock_page(page);
                self.put_page(page);
                continue;
            }
            if self.with(|s| s.test(page, PageFlag::Uptodate)) {
                self.unlock_page(page);
                return Ok(page);
            }
            if self.read_and_wait(file, page).await? {
                *size = self.size(file);
                return Ok(page);
            }
        }
    }

    /// `readpage` of a locked page, and waiting for it: true if it is uptodate then; false if it has left the cache
    /// (the reference is given up then, and on errors).
    async fn read_and_wait(&self, file: FileId, page: PageId) -> Result<bool, Errno> {
        let started = self.readpage(file, page).await;
        match started {
            Ok(()) => {}
            Err(AopError::Truncated) => {
                self.put_page(page);
                return Ok(false);
            }
            Err(AopError::Failed(errno)) => {
                self.put_page(page);
                return Err(errno);
            }
        }
        if self.is_uptodate(page) {
            return Ok(true);
        }
        self.lock_page(page, Site::ReadPage).await;
        let (uptodate, gone) = self.with(|s| (s.test(page, PageFlag::Uptodate), s.page(page).mapping.is_none()));
        self.unlock_page(page);
        if uptodate {
            return Ok(true);
        }
        self.put_page(page);
        if gone { Ok(false) } else { Err(Errno::EIO) }
    }
}
