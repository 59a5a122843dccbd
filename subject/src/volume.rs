//! A volume: somebody's filesystem on a block device, called by one at a time; and what makes a subject of it.

use crate::disk::Disk;
use crate::memory::{Sink, Source};
use crate::subject::{Env, Start, Subject};
use case::Abilities;
use oracle::Errno;
use std::cell::RefCell;

/// Somebody's filesystem on the harness's disk. It is called by one task at a time, remounted at rest, and mounted
/// again after power was lost, if its abilities have `crash`.
///
/// Files are named `a`, `b`, … in the root folder. Offsets and sizes are in bytes.
pub trait Volume: Sized + 'static {
    /// What cases, reports and `--strategy` call it: small letters, digits and `-`.
    const NAME: &'static str;
    /// What it can do: it gets no other cases.
    const ABILITIES: Abilities = Abilities::VOLUME;
    /// Bytes of stack that a call needs at most.
    const STACK: usize = 256 << 10;
    /// Whether it keeps something in statics, which all threads of a process share: then a hunt has one thread.
    const STATICS: bool = false;
    /// Bytes of the disk.
    const DISK: u64 = 4 << 20;

    /// Makes an empty filesystem on the whole disk. It is done once; every run begins with what it leaves.
    ///
    /// # Errors
    /// In words; then no case can run.
    fn format(disk: &Disk) -> Result<(), String>;

    /// Mounts what is on the disk.
    ///
    /// # Errors
    /// In words. After a crash, or at rest, that is a finding.
    fn mount(disk: &Disk) -> Result<Self, String>;

    /// Everything is written, and it is put away.
    ///
    /// # Errors
    /// In words. It is a finding.
    fn unmount(self) -> Result<(), String>;

    /// Makes an empty file.
    ///
    /// # Errors
    /// If there is none then.
    fn create(&mut self, name: &str) -> Result<(), Errno>;

    /// Writes at `at`, which can lie past the end: what lies between are zeroes. How much was written. With no bytes,
    /// nothing changes, wherever `at` is.
    ///
    /// # Errors
    /// If nothing was written.
    fn write(&mut self, name: &str, at: u64, bytes: &[u8]) -> Result<usize, Errno>;

    /// Reads at `at`: how much there was.
    ///
    /// # Errors
    /// If nothing could be read.
    fn read(&mut self, name: &str, at: u64, bytes: &mut [u8]) -> Result<usize, Errno>;

    /// The size.
    ///
    /// # Errors
    /// If it cannot be found out. It is a finding.
    fn size(&mut self, name: &str) -> Result<u64, Errno>;

    /// Makes it shorter or longer; what is added are zeroes.
    ///
    /// # Errors
    /// If the size stays as it was.
    fn truncate(&mut self, name: &str, size: u64) -> Result<(), Errno>;

    /// All that was written is on the disk, and the disk is flushed.
    ///
    /// # Errors
    /// If something could not be written.
    fn sync(&mut self, name: &str) -> Result<(), Errno>;
}

/// A volume as a subject: whoever calls it has it alone.
#[derive(Debug)]
pub struct Locked<V>(RefCell<Option<V>>);

const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

impl<V: Volume> Locked<V> {
    fn mounted(env: &Env) -> Self {
        match V::mount(&env.disk()) {
            Ok(volume) => Self(RefCell::new(Some(volume))),
            Err(why) => panic!("it cannot be mounted: {why}"),
        }
    }

    fn with<T>(&self, f: impl FnOnce(&mut V) -> T) -> T {
        f(self.0.borrow_mut().as_mut().expect("it is mounted"))
    }
}

impl<V: Volume> Subject for Locked<V> {
    const NAME: &'static str = V::NAME;
    const STATICS: bool = V::STATICS;
    const ABILITIES: Abilities = V::ABILITIES;
    const STACK: usize = V::STACK;
    const IMAGE: u64 = V::DISK;

    fn format(env: &Env) {
        if let Err(why) = V::format(&env.disk()) {
            panic!("it cannot be formatted: {why}");
        }
    }

    fn open(files: &[Start], env: &Env) -> Self {
        let it = Self::mounted(env);
        for (file, start) in files.iter().enumerate() {
            let made = it.with(|volume| {
                volume.create(NAMES[file])?;
                let content = env.content(file);
                let mut done = 0;
                while done < content.len() {
                    done += volume.write(NAMES[file], done as u64, &content[done..])?.max(1);
                }
                volume.truncate(NAMES[file], start.size)?;
                volume.sync(NAMES[file])
            });
            if let Err(errno) = made {
                panic!("a file of {} bytes cannot be made: {errno:?}", start.size);
            }
        }
        it
    }

    fn open_again(_: &[Start], env: &Env) -> Self {
        Self::mounted(env)
    }

    fn write(&self, file: usize, at: u64, from: &mut Source<'_>) -> Result<usize, Errno> {
        let mut bytes = vec![0; from.remaining()];
        let copied = from.copy(&mut bytes);
        if copied == 0 && !bytes.is_empty() {
            return Err(Errno::EFAULT);
        }
        self.with(|volume| volume.write(NAMES[file], at, &bytes[..copied]))
    }

    fn read(&self, file: usize, at: u64, into: &mut Sink<'_>) -> Result<usize, Errno> {
        let mut bytes = vec![0; into.remaining()];
        let read = self.with(|volume| volume.read(NAMES[file], at, &mut bytes))?;
        into.put(&bytes[..read]);
        Ok(read)
    }

    fn size(&self, file: usize) -> u64 {
        match self.with(|volume| volume.size(NAMES[file])) {
            Ok(size) => size,
            Err(errno) => panic!("file {} has no size: {errno:?}", NAMES[file]),
        }
    }

    fn truncate(&self, file: usize, size: u64) -> Result<(), Errno> {
        self.with(|volume| volume.truncate(NAMES[file], size))
    }

    fn sync(&self, file: usize) -> Result<(), Errno> {
        self.with(|volume| volume.sync(NAMES[file]))
    }

    fn close(self) {
        if let Some(volume) = self.0.into_inner()
            && let Err(why) = volume.unmount()
        {
            panic!("it cannot be unmounted: {why}");
        }
    }
}
