//! The filesystem itself: files and directories in memory. It knows nothing of FUSE, and is correct; the defects are in
//! `defect`.

use super::blocks::{BLOCK, Blocks};
use super::names::{Name, Names};
use rustix::io::Errno;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::ops::Range;
use std::time::SystemTime;

pub(super) use super::names::ROOT;

/// Owner and permissions of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner {
    pub(super) user: u32,
    pub(super) group: u32,
    pub(super) permissions: u16,
}

/// One file.
#[derive(Debug)]
pub(super) struct File {
    /// The blocks hold zeroes past the end; moving the end relies on that.
    pub(super) blocks: Blocks,
    pub(super) size: u64,
    pub(super) owner: Owner,
    pub(super) accessed: SystemTime,
    pub(super) modified: SystemTime,
    pub(super) changed: SystemTime,
    /// Whether it has a name.
    pub(super) linked: bool,
    /// How often the kernel was told its number and has not forgotten it yet.
    lookups: u64,
}

impl File {
    fn new(owner: Owner) -> Self {
        let now = SystemTime::now();
        let (blocks, size) = (Blocks::default(), 0);
        Self { blocks, size, owner, accessed: now, modified: now, changed: now, linked: true, lookups: 0 }
    }

    fn touch(&mut self) {
        self.modified = SystemTime::now();
        self.changed = self.modified;
    }
}

/// All files and directories.
#[derive(Debug)]
pub(super) struct Volume {
    files: BTreeMap<u64, File>,
    names: Names,
    next: u64,
    /// Blocks that all files together may have.
    pub(super) capacity: u64,
}

impl Volume {
    pub(super) fn new(capacity: u64) -> Self {
        Self { files: BTreeMap::new(), names: Names::new(), next: ROOT + 1, capacity }
    }

    pub(super) fn used(&self) -> u64 {
        self.files.values().map(|it| it.blocks.count()).sum()
    }

    pub(super) fn count(&self) -> u64 {
        self.files.len() as u64
    }

    pub(super) fn file(&self, number: u64) -> Result<&File, Errno> {
        self.files.get(&number).ok_or(Errno::NOENT)
    }

    pub(super) fn file_mut(&mut self, number: u64) -> Result<&mut File, Errno> {
        self.files.get_mut(&number).ok_or(Errno::NOENT)
    }

    /// All files except one, in the order in which they were made.
    pub(super) fn others(&self, number: u64) -> impl Iterator<Item = &File> {
        self.files.iter().filter(move |(it, _)| **it != number).map(|(_, file)| file)
    }

    /// The directory above a directory; `None` if this is no directory.
    pub(super) fn directory_above(&self, number: u64) -> Option<u64> {
        self.names.directory_above(number)
    }

    /// The file or directory of a name. Counts a lookup, because the kernel is told the number.
    pub(super) fn look_up(&mut self, name: Name<'_>) -> Result<u64, Errno> {
        let number = self.names.get(name).ok_or(Errno::NOENT)?;
        if let Some(file) = self.files.get_mut(&number) {
            file.lookups += 1;
        }
        Ok(number)
    }

    /// Makes an empty file. Counts a lookup, because the kernel is told the number.
    pub(super) fn create(&mut self, name: Name<'_>, owner: Owner) -> Result<u64, Errno> {
        self.names.add(name, self.next)?;
        self.files.insert(self.next, File { lookups: 1, ..File::new(owner) });
        Ok(self.taken())
    }

    pub(super) fn make_directory(&mut self, name: Name<'_>) -> Result<u64, Errno> {
        self.names.add_directory(name, self.next)?;
        Ok(self.taken())
    }

    /// Takes the next number.
    fn taken(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    /// The kernel forgets a file, which is removed if it has no name any more.
    pub(super) fn forget(&mut self, number: u64, lookups: u64) {
        if let Some(file) = self.files.get_mut(&number) {
            file.lookups = file.lookups.saturating_sub(lookups);
        }
        self.collect(number);
    }

    /// Removes the name of a file or of an empty directory.
    pub(super) fn unlink(&mut self, name: Name<'_>) -> Result<(), Errno> {
        let number = self.names.remove(name)?;
        if let Some(file) = self.files.get_mut(&number) {
            file.linked = false;
        }
        self.collect(number);
        Ok(())
    }

    fn collect(&mut self, number: u64) {
        if self.files.get(&number).is_some_and(|it| it.lookups == 0 && !it.linked) {
            self.files.remove(&number);
        }
    }

    /// Renames something. What had the new name before loses it.
    pub(super) fn rename(&mut self, from: Name<'_>, to: Name<'_>) -> Result<(), Errno> {
        self.names.get(from).ok_or(Errno::NOENT)?;
        if from != to {
            if self.has_name(to) {
                self.unlink(to)?;
            }
            self.names.rename(from, to);
        }
        Ok(())
    }

    /// Exchanges two names.
    pub(super) fn exchange(&mut self, one: Name<'_>, other: Name<'_>) -> Result<(), Errno> {
        self.names.exchange(one, other)
    }

    pub(super) fn has_name(&self, name: Name<'_>) -> bool {
        self.names.get(name).is_some()
    }

    /// The entries of a directory, in the order in which they were made. No other change disturbs that order.
    pub(super) fn listing(&self, directory: u64) -> Vec<(u64, &OsStr)> {
        self.names.listing(directory)
    }

    /// The content of a file in a range; fewer bytes at its end.
    pub(super) fn read(&self, number: u64, offset: u64, length: usize) -> Result<Vec<u8>, Errno> {
        let file = self.file(number)?;
        let length = file.size.saturating_sub(offset).min(length as u64) as usize;
        Ok(file.blocks.read(offset, length))
    }

    pub(super) fn write(&mut self, number: u64, offset: u64, data: &[u8]) -> Result<(), Errno> {
        if self.file(number)?.blocks.missing(offset, data.len()) > self.capacity.saturating_sub(self.used()) {
            return Err(Errno::NOSPC);
        }
        let file = self.file_mut(number)?;
        file.touch();
        if !data.is_empty() {
            file.blocks.write(offset, data);
            file.size = file.size.max(offset + data.len() as u64);
        }
        Ok(())
    }

    pub(super) fn truncate(&mut self, number: u64, size: u64) -> Result<(), Errno> {
        let file = self.file_mut(number)?;
        file.touch();
        file.size = size;
        file.blocks.truncate(size);
        Ok(())
    }

    /// Clears a range. This does not move the end.
    pub(super) fn clear(&mut self, number: u64, range: Range<u64>) -> Result<(), Errno> {
        let file = self.file_mut(number)?;
        file.touch();
        file.blocks.clear(range);
        Ok(())
    }

    /// Moves the end up to here, if it is not there yet.
    pub(super) fn extend(&mut self, number: u64, size: u64) -> Result<(), Errno> {
        let file = self.file_mut(number)?;
        file.touch();
        file.size = file.size.max(size);
        Ok(())
    }
}

/// The end of the block that an offset lies in; the offset itself if it lies between two blocks.
pub(super) fn block_end(offset: u64) -> u64 {
    offset.next_multiple_of(BLOCK as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: Owner = Owner { user: 0, group: 0, permissions: 0o644 };

    fn name(name: &str) -> Name<'_> {
        Name { directory: ROOT, name: OsStr::new(name) }
    }

    #[test]
    fn a_file_without_a_name_stays_until_it_is_forgotten() {
        let mut volume = Volume::new(4);
        let number = volume.create(name("a"), OWNER).expect("a new name");
        assert_eq!(volume.create(name("a"), OWNER), Err(Errno::EXIST));
        volume.unlink(name("a")).expect("it is there");
        assert!(volume.file(number).is_ok());
        volume.forget(number, 1);
        assert!(volume.file(number).is_err());
    }

    #[test]
    fn names_move_and_change_places() {
        let mut volume = Volume::new(4);
        let [a, b] = ["a", "b"].map(|it| volume.create(name(it), OWNER).expect("a new name"));
        volume.exchange(name("a"), name("b")).expect("both are there");
        assert_eq!(volume.listing(ROOT), [(a, OsStr::new("b")), (b, OsStr::new("a"))]);
        volume.rename(name("a"), name("b")).expect("it is there");
        assert_eq!(volume.listing(ROOT), [(b, OsStr::new("b"))]);
    }

    #[test]
    fn a_full_volume_says_so_and_changes_nothing() {
        let mut volume = Volume::new(1);
        let number = volume.create(name("a"), OWNER).expect("a new name");
        assert_eq!(volume.write(number, 0, &[1; 5000]), Err(Errno::NOSPC));
        assert_eq!(volume.file(number).expect("it is there").size, 0);
        assert_eq!(volume.write(number, 0, &[1; 4000]), Ok(()));
        volume.truncate(number, 2).expect("it is there");
        volume.truncate(number, 4).expect("it is there");
        assert_eq!(volume.read(number, 0, 9), Ok(vec![1, 1, 0, 0]));
    }
}
