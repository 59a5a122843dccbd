//! The filesystem with its defects: each request is carried out, and each fault may spoil it.

use super::blocks::BLOCK;
use super::defect::{End, Fault, Mover, Read, Write};
use super::volume::Volume;
use super::{Defects, Options};
use rustix::fs::FallocateFlags;
use rustix::io::Errno;

/// A volume, and what is wrong with it.
#[derive(Debug)]
pub(super) struct Faulty {
    pub(super) volume: Volume,
    faults: Vec<Box<dyn Fault>>,
}

/// Blocks of a volume: a gigabyte.
const CAPACITY: u64 = 1 << 18;

impl Faulty {
    pub(super) fn new(options: Options) -> Self {
        let defects: Defects = options.defects;
        Self { volume: Volume::new(CAPACITY), faults: defects.faults() }
    }

    /// The size that the kernel is told.
    pub(super) fn size(&mut self, file: u64) -> Result<u64, Errno> {
        let mut size = self.volume.file(file)?.size;
        for fault in &mut self.faults {
            fault.describing(file, &mut size);
        }
        Ok(size)
    }

    /// Writes, and returns the count that the kernel is told.
    pub(super) fn write(&mut self, file: u64, offset: u64, data: &[u8]) -> Result<usize, Errno> {
        let mut write = Write { file, offset, data: data.to_vec(), accepted: data.len() };
        for fault in &mut self.faults {
            fault.writing(&mut write, &self.volume);
        }
        let from = self.volume.file(file)?.size;
        self.volume.write(file, write.offset, &write.data)?;
        if write.end() > from && !write.data.is_empty() {
            self.moved(End {
                file,
                mover: Mover::Write,
                from,
                to: write.end(),
                gap: from..write.offset.max(from),
                cut: Vec::new(),
            });
        }
        Ok(write.accepted)
    }

    /// Reads. Only a fault returns more than the file has.
    pub(super) fn read(&mut self, file: u64, offset: u64, asked: usize) -> Result<Vec<u8>, Errno> {
        let data = self.volume.read(file, offset, asked)?;
        let mut read = Read { file, offset, asked, data };
        for fault in &mut self.faults {
            fault.reading(&mut read, &self.volume);
        }
        Ok(read.data)
    }

    pub(super) fn truncate(&mut self, file: u64, to: u64) -> Result<(), Errno> {
        let from = self.volume.file(file)?.size;
        let cut = self.volume.read(file, to, BLOCK - (to % BLOCK as u64) as usize)?;
        self.volume.truncate(file, to)?;
        if to != from {
            self.moved(End { file, mover: Mover::Truncate, from, to, gap: from..to.max(from), cut });
        }
        Ok(())
    }

    /// `fallocate(2)`: space is never reserved, so it only makes holes and zeroes and moves the end.
    pub(super) fn allocate(&mut self, file: u64, offset: u64, length: u64, mode: u32) -> Result<(), Errno> {
        let mode = FallocateFlags::from_bits_retain(mode);
        let clears = FallocateFlags::PUNCH_HOLE | FallocateFlags::ZERO_RANGE;
        if !(clears | FallocateFlags::KEEP_SIZE).contains(mode) {
            return Err(Errno::OPNOTSUPP);
        }
        let (from, to) = (self.volume.file(file)?.size, offset + length);
        if mode.intersects(clears) {
            self.volume.clear(file, offset..to)?;
        }
        if !mode.contains(FallocateFlags::KEEP_SIZE) && to > from {
            self.volume.extend(file, to)?;
            self.moved(End { file, mover: Mover::Allocation, from, to, gap: from..to, cut: Vec::new() });
        }
        Ok(())
    }

    fn moved(&mut self, end: End) {
        for fault in &mut self.faults {
            fault.moved_end(&end, &mut self.volume);
        }
    }
}
