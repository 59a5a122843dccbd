//! A filesystem that writes everything through: a table of sizes in the first sector, and a region for each file.

use case::OperationKind;
use oracle::Errno;
use subject::{Abilities, Disk, SECTOR, Volume};

/// Bytes of a file's region.
const REGION: u64 = 256 << 10;

/// What is wrong with it.
pub trait Flaw: 'static {
    const NAME: &'static str;
    const FLUSHES: bool;
}

pub struct Filesystem<F> {
    disk: Disk,
    sizes: [u64; 8],
    flaw: std::marker::PhantomData<F>,
}

pub struct NoFlaw;
impl Flaw for NoFlaw {
    const NAME: &'static str = "writes-through";
    const FLUSHES: bool = true;
}
pub type Right = Filesystem<NoFlaw>;

pub struct DoesNotFlush;
impl Flaw for DoesNotFlush {
    const NAME: &'static str = "unflushed";
    const FLUSHES: bool = false;
}
pub type Unflushed = Filesystem<DoesNotFlush>;

fn number(name: &str) -> usize {
    usize::from(name.as_bytes()[0] - b'a')
}

impl<F: Flaw> Filesystem<F> {
    fn flush(&self) {
        if F::FLUSHES {
            self.disk.flush();
        }
    }

    /// Changes bytes of a file's region, sector by sector.
    fn change(&self, file: usize, at: u64, bytes: &[u8]) -> Result<(), Errno> {
        let mut done = 0;
        while done < bytes.len() {
            let place = SECTOR as u64 + file as u64 * REGION + at + done as u64;
            let (sector, offset) = (place / SECTOR as u64 * SECTOR as u64, (place % SECTOR as u64) as usize);
            let part = (SECTOR - offset).min(bytes.len() - done);
            let mut whole = [0; SECTOR];
            self.disk.read(sector, &mut whole)?;
            whole[offset..offset + part].copy_from_slice(&bytes[done..done + part]);
            self.disk.write(sector, &whole)?;
            done += part;
        }
        Ok(())
    }

    /// Writes the table, once what it speaks of is on the disk.
    fn write_sizes(&mut self, file: usize, size: u64) -> Result<(), Errno> {
        self.flush();
        self.sizes[file] = size;
        let mut table = [0; SECTOR];
        for (size, to) in self.sizes.iter().zip(table.chunks_exact_mut(8)) {
            to.copy_from_slice(&size.to_le_bytes());
        }
        self.disk.write(0, &table)?;
        self.flush();
        Ok(())
    }

    /// Makes what lies between two places zero.
    fn clear(&self, file: usize, from: u64, to: u64) -> Result<(), Errno> {
        if from < to { self.change(file, from, &vec![0; (to - from) as usize]) } else { Ok(()) }
    }
}

impl<F: Flaw> Volume for Filesystem<F> {
    const NAME: &'static str = F::NAME;
    const ABILITIES: Abilities = Abilities::VOLUME.with_operation(OperationKind::Crash);

    fn format(disk: &Disk) -> Result<(), String> {
        disk.write(0, &[0; SECTOR]).map_err(|errno| format!("{errno:?}"))
    }

    fn mount(disk: &Disk) -> Result<Self, String> {
        let mut table = [0; SECTOR];
        disk.read(0, &mut table).map_err(|errno| format!("{errno:?}"))?;
        let mut sizes = [0; 8];
        for (size, from) in sizes.iter_mut().zip(table.as_chunks::<8>().0) {
            *size = u64::from_le_bytes(*from);
        }
        Ok(Self { disk: *disk, sizes, flaw: std::marker::PhantomData })
    }

    fn unmount(self) -> Result<(), String> {
        Ok(())
    }

    fn create(&mut self, _: &str) -> Result<(), Errno> {
        Ok(())
    }

    fn write(&mut self, name: &str, at: u64, bytes: &[u8]) -> Result<usize, Errno> {
        let (file, size) = (number(name), self.sizes[number(name)]);
        self.clear(file, size, at)?;
        self.change(file, at, bytes)?;
        if at + bytes.len() as u64 > size && !bytes.is_empty() {
            self.write_sizes(file, at + bytes.len() as u64)?;
        }
        Ok(bytes.len())
    }

    fn read(&mut self, name: &str, at: u64, bytes: &mut [u8]) -> Result<usize, Errno> {
        let file = number(name);
        let length = (bytes.len() as u64).min(self.sizes[file].saturating_sub(at)) as usize;
        let first = SECTOR as u64 + file as u64 * REGION + at;
        let sector = first / SECTOR as u64 * SECTOR as u64;
        let mut whole = vec![0; ((first + length as u64).next_multiple_of(SECTOR as u64) - sector) as usize];
        self.disk.read(sector, &mut whole)?;
        bytes[..length].copy_from_slice(&whole[(first - sector) as usize..][..length]);
        Ok(length)
    }

    fn size(&mut self, name: &str) -> Result<u64, Errno> {
        Ok(self.sizes[number(name)])
    }

    fn truncate(&mut self, name: &str, size: u64) -> Result<(), Errno> {
        let file = number(name);
        self.clear(file, self.sizes[file], size)?;
        self.write_sizes(file, size)
    }

    fn sync(&mut self, _: &str) -> Result<(), Errno> {
        self.flush();
        Ok(())
    }
}
