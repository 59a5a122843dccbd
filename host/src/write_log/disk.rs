//! The disk: its base, the blocks that were written since, and the recorder.

use super::Change;
use super::base::Opened;
use super::tape::Recorder;
use crate::fuse::blocks::{BLOCK, Blocks, parts};
use std::io;

/// The disk as it is now. A change that cannot be recorded is not made.
#[derive(Debug)]
pub(super) struct Disk {
    base: Opened,
    /// Whole blocks that differ from the base, or may.
    written: Blocks,
    recorder: Recorder,
}

impl Disk {
    pub(super) fn new(base: Opened, recorder: Recorder) -> Self {
        Self { base, written: Blocks::default(), recorder }
    }

    pub(super) fn size(&self) -> u64 {
        self.base.size
    }

    /// Reads a range; fewer bytes at the end.
    pub(super) fn read(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let length = self.size().saturating_sub(offset).min(length as u64) as usize;
        let mut buffer = self.written.read(offset, length);
        for (block, _, outside) in parts(offset, length) {
            if !self.written.has(block) {
                let at = offset + outside.start as u64;
                self.base.read(at, &mut buffer[outside])?;
            }
        }
        Ok(buffer)
    }

    /// Writes what fits, records it, and returns its length.
    pub(super) fn write(&mut self, offset: u64, data: &[u8]) -> io::Result<usize> {
        let data = &data[..self.size().saturating_sub(offset).min(data.len() as u64) as usize];
        if !data.is_empty() {
            self.own(offset, data.len() as u64)?;
            self.recorder.record(&Change::Write { offset, data: data.into() })?;
            self.written.write(offset, data);
        }
        Ok(data.len())
    }

    /// Clears a range and records that.
    pub(super) fn clear(&mut self, offset: u64, length: u64) -> io::Result<()> {
        let length = length.min(self.size().saturating_sub(offset));
        if length == 0 {
            return Ok(());
        }
        self.recorder.record(&Change::Zero { offset, length })?;
        // A missing block would show the base, so each block of the range is written with zeroes.
        let mut at = offset;
        while at < offset + length {
            let end = (at + BLOCK as u64 - at % BLOCK as u64).min(offset + length);
            self.own(at, end - at)?;
            self.written.write(at, &[0; BLOCK][..(end - at) as usize]);
            at = end;
        }
        Ok(())
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.recorder.record(&Change::Flush)
    }

    /// Copies from the base the blocks at both ends of a range that will be written only in part.
    fn own(&mut self, offset: u64, length: u64) -> io::Result<()> {
        let block = BLOCK as u64;
        for number in [offset / block, (offset + length - 1) / block] {
            let start = number * block;
            let whole = offset <= start && start + block <= offset + length;
            if !whole && !self.written.has(number) {
                let content = self.read(start, BLOCK)?;
                self.written.write(start, &content);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write_log::Base;
    use crate::write_log::tape::Reader;

    #[test]
    fn what_is_written_in_part_keeps_the_rest_of_the_base() {
        let base: Vec<u8> = (0..9000_u32).map(|it| it as u8).collect();
        let file = tempfile::tempfile().expect("a file");
        let recorder = Recorder::new(file.try_clone().expect("the same file"));
        let mut disk = Disk::new(Base::Bytes(base.clone()).open().expect("bytes"), recorder);
        let mut right = base;
        for (offset, length) in [(10, 20), (4000, 4500), (8990, 100), (4096, 4096)] {
            let written = disk.write(offset, &vec![0xee; length]).expect("a write");
            right[offset as usize..][..written].fill(0xee);
            assert_eq!(disk.read(0, 10_000).expect("a read"), right);
        }
        disk.clear(4090, 4200).expect("zeroes");
        right[4090..8290].fill(0);
        assert_eq!(disk.read(0, 10_000).expect("a read"), right);
        disk.flush().expect("a flush");
        let entries = Reader::new(file).rest().expect("entries");
        let last: Vec<Change> = entries[4..].iter().map(|it| it.change.clone()).collect();
        assert_eq!(last, [Change::Zero { offset: 4090, length: 4200 }, Change::Flush]);
    }
}
