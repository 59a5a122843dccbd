//! The file with the entries: one process writes to it, and another one may read it. Neither ever waits for the other.

use super::{Change, Entry};
use crate::time::Time;
use rustix::fs::{FallocateFlags, fallocate};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Before each entry: its time, its kind, the offset and the length. A write's data follows.
const HEADER: usize = 32;
const WRITE: u64 = 1;
const ZERO: u64 = 2;
const FLUSH: u64 = 3;

/// Adds entries at the end of the file.
#[derive(Debug)]
pub(super) struct Recorder {
    file: File,
    end: u64,
}

impl Recorder {
    pub fn new(file: File) -> Self {
        Self { file, end: 0 }
    }

    /// Adds an entry with the current time.
    pub fn record(&mut self, change: &Change) -> io::Result<()> {
        let (kind, offset, length, data): (u64, u64, u64, &[u8]) = match change {
            Change::Write { offset, data } => (WRITE, *offset, data.len() as u64, data),
            Change::Zero { offset, length } => (ZERO, *offset, *length, &[]),
            Change::Flush => (FLUSH, 0, 0, &[]),
        };
        let mut bytes = Vec::with_capacity(HEADER + data.len());
        for number in [Time::now().0, kind, offset, length] {
            bytes.extend_from_slice(&number.to_ne_bytes());
        }
        bytes.extend_from_slice(data);
        self.file.write_all_at(&bytes, self.end)?;
        self.end += bytes.len() as u64;
        Ok(())
    }
}

/// Reads entries from a place in the file.
#[derive(Debug)]
pub(super) struct Reader {
    file: File,
    at: u64,
}

impl Reader {
    /// Reads from the first entry on.
    pub fn new(file: File) -> Self {
        Self { file, at: 0 }
    }

    /// The next entry. `None` if there is none, or only a part of it: then its write has not been answered yet.
    pub fn next(&mut self) -> io::Result<Option<Entry>> {
        let size = self.file.metadata()?.len();
        if size < self.at + HEADER as u64 {
            return Ok(None);
        }
        let mut header = [0; HEADER];
        self.file.read_exact_at(&mut header, self.at)?;
        let (numbers, _) = header.as_chunks::<8>();
        let [time, kind, offset, length] = [0, 1, 2, 3].map(|it: usize| u64::from_ne_bytes(numbers[it]));
        let start = self.at + HEADER as u64;
        let end = if kind == WRITE { start + length } else { start };
        if size < end {
            return Ok(None);
        }
        let change = match kind {
            WRITE => {
                let mut data = vec![0; length as usize];
                self.file.read_exact_at(&mut data, start)?;
                Change::Write { offset, data: data.into() }
            }
            ZERO => Change::Zero { offset, length },
            FLUSH => Change::Flush,
            _ => return Err(io::Error::other("the log of writes is damaged")),
        };
        self.at = end;
        Ok(Some(Entry { at: Time(time), change }))
    }

    /// All entries from here on.
    pub fn rest(&mut self) -> io::Result<Vec<Entry>> {
        std::iter::from_fn(|| self.next().transpose()).collect()
    }

    /// Frees the space of everything before this place.
    pub fn forget(&self) -> io::Result<()> {
        if self.at == 0 {
            return Ok(());
        }
        Ok(fallocate(&self.file, FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE, 0, self.at)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_recorded_is_read_in_order_and_only_when_it_is_whole() {
        let file = tempfile::tempfile().expect("a file");
        let mut recorder = Recorder::new(file.try_clone().expect("the same file"));
        let mut reader = Reader::new(file.try_clone().expect("the same file"));
        assert_eq!(reader.next().expect("nothing"), None);
        let changes = [
            Change::Write { offset: 7, data: [1, 2, 3][..].into() },
            Change::Flush,
            Change::Zero { offset: 1, length: 9 },
        ];
        for change in &changes {
            recorder.record(change).expect("it is recorded");
        }
        let read = reader.rest().expect("entries");
        assert_eq!(read.iter().map(|it| it.change.clone()).collect::<Vec<_>>(), changes);
        assert!(read.is_sorted_by_key(|it| it.at));
        reader.forget().expect("a hole");
        recorder.record(&changes[0]).expect("it is recorded");
        let whole = file.metadata().expect("it is there").len();
        file.set_len(whole - 1).expect("it is cut");
        assert_eq!(reader.next().expect("not yet"), None);
        file.set_len(whole).expect("it is whole, with another byte");
        assert!(reader.next().expect("an entry").is_some_and(|it| it.at >= read[2].at));
    }
}
