//! The disk as it was: an image that moves forth and back through the entries recorded since it was last brought up to
//! date.

use super::base::Opened;
use super::tape::Reader;
use super::{Change, Entry, WriteLog};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// The image, and its place in the log.
#[derive(Debug)]
pub struct Past {
    image: File,
    reader: Reader,
    /// The entries recorded since then.
    entries: Vec<Entry>,
    /// What each entry that is applied to the image has overwritten.
    overwritten: Vec<Vec<u8>>,
}

impl Past {
    /// The base of a log, in a file without a name in a folder.
    ///
    /// # Errors
    /// If the file cannot be made or filled.
    pub fn of(log: &WriteLog, folder: &Path) -> io::Result<Self> {
        let image = tempfile::tempfile_in(folder)?;
        Opened::copy_to(&log.base, &image)?;
        let reader = Reader::new(log.tape.try_clone()?);
        Ok(Self { image, reader, entries: Vec::new(), overwritten: Vec::new() })
    }

    /// Applies everything that was recorded so far, and forgets it: the past begins now.
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

    /// The disk after this many of these entries, or after all of them if there are fewer.
    ///
    /// # Errors
    /// If the image cannot be read or written.
    pub fn after(&mut self, entries: usize) -> io::Result<&File> {
        self.go_to(entries.min(self.entries.len()))?;
        Ok(&self.image)
    }

    /// Whether an entry leaves the disk as it is: it is a flush, or writes what is there already.
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
        while self.overwritten.len() > entries
            && let Some(before) = self.overwritten.pop()
        {
            match self.entries[self.overwritten.len()].change {
                Change::Write { offset, .. } | Change::Zero { offset, .. } => {
                    self.image.write_all_at(&before, offset)?;
                }
                Change::Flush => {}
            }
        }
        Ok(())
    }

    /// The current content of the range that an entry writes.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write_log::base::Base;
    use crate::write_log::tape::Recorder;

    const SIZE: usize = 4096;

    fn content(image: &File) -> Vec<u8> {
        let mut content = vec![0; SIZE];
        image.read_exact_at(&mut content, 0).expect("it can be read");
        content
    }

    #[test]
    fn the_past_goes_forth_and_back_and_begins_anew() {
        let tape = tempfile::tempfile().expect("a file");
        let mut recorder = Recorder::new(tape.try_clone().expect("the same file"));
        let base = Base::Marked(SIZE as u64).open().expect("markers");
        let image = tempfile::tempfile().expect("a file");
        base.copy_to(&image).expect("it is filled");
        let began = content(&image);
        let mut past = Past { image, reader: Reader::new(tape), entries: Vec::new(), overwritten: Vec::new() };
        let mut disks = vec![began];
        let data = |byte: u8| vec![byte; 700].into();
        let changes = [
            Change::Write { offset: 100, data: data(1) },
            Change::Flush,
            Change::Write { offset: 600, data: data(2) },
            Change::Zero { offset: 50, length: 1000 },
            Change::Zero { offset: 60, length: 10 },
        ];
        for change in &changes {
            recorder.record(change).expect("it is recorded");
            let mut disk = disks[disks.len() - 1].clone();
            match change {
                Change::Write { offset, data } => disk[*offset as usize..][..data.len()].copy_from_slice(data),
                Change::Zero { offset, length } => disk[*offset as usize..][..*length as usize].fill(0),
                Change::Flush => {}
            }
            disks.push(disk);
        }
        assert_eq!(past.entries().expect("entries").len(), changes.len());
        for number in [0, 5, 2, 4, 1, 3, 0, 99] {
            let after = content(past.after(number).expect("a disk"));
            assert!(after == disks[number.min(changes.len())], "after {number}");
        }
        let idle = (0..changes.len()).map(|it| past.is_idle(it).expect("it can be read"));
        assert_eq!(idle.collect::<Vec<_>>(), [false, true, false, false, true]);
        past.begin().expect("it is brought up to date");
        assert!(past.entries().expect("entries").is_empty());
        assert!(content(past.after(0).expect("a disk")) == disks[changes.len()]);
    }
}
