//! The disk as it was: an image that goes forth and back through what was recorded since it was brought up to date.

use super::base::Opened;
use super::tape::Reader;
use super::{Change, Entry, WriteLog};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// The image, and where it is.
#[derive(Debug)]
pub struct Past {
    image: File,
    reader: Reader,
    /// What was recorded since.
    entries: Vec<Entry>,
    /// What each entry that is done in the image has overwritten.
    overwritten: Vec<Vec<u8>>,
}

impl Past {
    /// What a log began with, in a file without a name in a folder.
    ///
    /// # Errors
    /// If it cannot be made, or not filled.
    pub fn of(log: &WriteLog, folder: &Path) -> io::Result<Self> {
        let image = tempfile::tempfile_in(folder)?;
        Opened::copy_to(&log.base, &image)?;
        let reader = Reader::new(log.tape.try_clone()?);
        Ok(Self { image, reader, entries: Vec::new(), overwritten: Vec::new() })
    }

    /// Does everything that was recorded so far, and forgets it: the past begins now.
    ///
    /// # Errors
    /// If the log cannot be read, or the image not written.
    pub fn begin(&mut self) -> io::Result<()> {
        self.go_to(self.entries.len())?;
        while let Some(entry) = self.reader.next()? {
            entry.change.apply(&self.image)?;
        }
        self.reader.forget()?;
        self.entries.clear();
        self.overwritten.clear();
        Ok(())
    }

    /// What was recorded since the past began.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub fn entries(&mut self) -> io::Result<&[Entry]> {
        let mut more = self.reader.rest()?;
        self.entries.append(&mut more);
        Ok(&self.entries)
    }

    /// The disk after so many of these entries; all of them if there are fewer.
    ///
    /// # Errors
    /// If the image cannot be read or written.
    pub fn after(&mut self, entries: usize) -> io::Result<&File> {
        self.go_to(entries.min(self.entries.len()))?;
        Ok(&self.image)
    }

    /// Whether an entry leaves the disk as it is: it flushes, or writes what is there.
    ///
    /// # Errors
    /// If the image cannot be read or written.
    pub fn is_idle(&mut self, number: usize) -> io::Result<bool> {
        self.go_to(number)?;
        let now = self.content(number)?;
        Ok(match &self.entries[number].change {
            Change::Write { data, .. } => now == data[..],
            Change::Zero { .. } => now.iter().all(|it| *it == 0),
            Change::Flush => true,
        })
    }

    fn go_to(&mut self, entries: usize) -> io::Result<()> {
        while self.overwritten.len() < entries {
            let number = self.overwritten.len();
            let before = self.content(number)?;
            self.overwritten.push(before);
            self.entries[number].change.apply(&self.image)?;
        }
        while self.overwritten.len() > entries {
            let before = self.overwritten.pop().unwrap_or_default();
            match self.entries[self.overwritten.len()].change {
                Change::Write { offset, .. } | Change::Zero { offset, .. } => {
                    self.image.write_all_at(&before, offset)?;
                }
                Change::Flush => {}
            }
        }
        Ok(())
    }

    /// What is now where an entry writes.
    fn content(&self, number: usize) -> io::Result<Vec<u8>> {
        let (offset, length) = match &self.entries[number].change {
            Change::Write { offset, data } => (*offset, data.len()),
            Change::Zero { offset, length } => (*offset, *length as usize),
            Change::Flush => return Ok(Vec::new()),
        };
        let mut content = vec![0; length];
        self.image.read_exact_at(&mut content, offset)?;
        Ok(content)
    }
}
