//! The names of a volume: which file or directory is found where.

use rustix::io::Errno;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// The number of the root directory, as FUSE prescribes it.
pub(super) const ROOT: u64 = 1;

/// A name in a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name<'a> {
    pub(super) directory: u64,
    pub(super) name: &'a OsStr,
}

impl Name<'_> {
    fn key(self) -> (u64, OsString) {
        (self.directory, self.name.to_owned())
    }
}

/// All names and directories.
#[derive(Debug)]
pub(super) struct Names {
    entries: BTreeMap<(u64, OsString), u64>,
    /// Each directory, and the one above it.
    directories: BTreeMap<u64, u64>,
}

impl Names {
    pub(super) fn new() -> Self {
        Self { entries: BTreeMap::new(), directories: BTreeMap::from([(ROOT, ROOT)]) }
    }

    pub(super) fn directory_above(&self, number: u64) -> Option<u64> {
        self.directories.get(&number).copied()
    }

    pub(super) fn get(&self, name: Name<'_>) -> Option<u64> {
        self.entries.get(&name.key()).copied()
    }

    pub(super) fn add(&mut self, name: Name<'_>, number: u64) -> Result<(), Errno> {
        if !self.directories.contains_key(&name.directory) {
            return Err(Errno::NOENT);
        }
        if self.get(name).is_some() {
            return Err(Errno::EXIST);
        }
        self.entries.insert(name.key(), number);
        Ok(())
    }

    pub(super) fn add_directory(&mut self, name: Name<'_>, number: u64) -> Result<(), Errno> {
        self.add(name, number)?;
        self.directories.insert(number, name.directory);
        Ok(())
    }

    /// Removes a name and returns the number that it had. A directory has to be empty.
    pub(super) fn remove(&mut self, name: Name<'_>) -> Result<u64, Errno> {
        let number = self.get(name).ok_or(Errno::NOENT)?;
        if self.entries.keys().any(|(directory, _)| *directory == number) {
            return Err(Errno::NOTEMPTY);
        }
        self.entries.remove(&name.key());
        self.directories.remove(&number);
        Ok(number)
    }

    /// Renames something. The new name must not be in use.
    pub(super) fn rename(&mut self, from: Name<'_>, to: Name<'_>) {
        if let Some(number) = self.entries.remove(&from.key()) {
            self.put(to, number);
        }
    }

    pub(super) fn exchange(&mut self, one: Name<'_>, other: Name<'_>) -> Result<(), Errno> {
        let (first, second) = (self.get(one).ok_or(Errno::NOENT)?, self.get(other).ok_or(Errno::NOENT)?);
        self.put(one, second);
        self.put(other, first);
        Ok(())
    }

    fn put(&mut self, name: Name<'_>, number: u64) {
        self.entries.insert(name.key(), number);
        if let Some(above) = self.directories.get_mut(&number) {
            *above = name.directory;
        }
    }

    /// The entries of a directory, by number.
    pub(super) fn listing(&self, directory: u64) -> Vec<(u64, &OsStr)> {
        let inside = self.entries.range((directory, OsString::new())..(directory + 1, OsString::new()));
        let mut entries: Vec<_> = inside.map(|((_, name), number)| (*number, name.as_os_str())).collect();
        entries.sort_unstable();
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(directory: u64, name: &str) -> Name<'_> {
        Name { directory, name: OsStr::new(name) }
    }

    #[test]
    fn directories_hold_names_of_their_own_and_go_when_they_are_empty() {
        let mut names = Names::new();
        names.add_directory(name(ROOT, "folder"), 2).expect("a new name");
        names.add(name(2, "file"), 3).expect("a new name");
        assert_eq!(names.get(name(ROOT, "file")), None);
        assert_eq!(names.remove(name(ROOT, "folder")), Err(Errno::NOTEMPTY));
        names.rename(name(2, "file"), name(ROOT, "file"));
        assert_eq!((names.get(name(ROOT, "file")), names.listing(2)), (Some(3), vec![]));
        assert_eq!(names.remove(name(ROOT, "folder")), Ok(2));
        assert_eq!(names.add(name(2, "late"), 4), Err(Errno::NOENT));
        assert_eq!(names.directory_above(2), None);
    }

    #[test]
    fn a_directory_that_moves_has_another_above_it() {
        let mut names = Names::new();
        for (number, word) in [(2, "a"), (3, "b")] {
            names.add_directory(name(ROOT, word), number).expect("a new name");
        }
        names.rename(name(ROOT, "a"), name(3, "a"));
        assert_eq!(names.directory_above(2), Some(3));
    }
}
