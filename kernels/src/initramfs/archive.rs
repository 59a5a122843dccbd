//! One newc archive.

use cpio::newc::{Builder, ModeFileType, trailer};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

/// An archive that is being made. Each folder comes before what is in it.
#[derive(Clone, Debug, Default)]
pub struct Archive {
    bytes: Vec<u8>,
    paths: BTreeSet<String>,
}

impl Archive {
    /// Adds a file by its absolute path; a second one of the same path is left out.
    pub fn file(&mut self, path: &str, permissions: u32, content: &[u8]) {
        if self.begin(path) {
            self.add(path, ModeFileType::Regular, permissions, content);
        }
    }

    /// Adds an empty folder.
    pub fn folder(&mut self, path: &str) {
        if self.begin(path) {
            self.add(path, ModeFileType::Directory, 0o755, b"");
        }
    }

    /// Adds a link that leads to another path.
    pub fn link(&mut self, path: &str, target: &str) {
        if self.begin(path) {
            self.add(path, ModeFileType::Symlink, 0o777, target.as_bytes());
        }
    }

    /// Whether something is there already.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        self.paths.contains(path)
    }

    /// All of it. Its length is a multiple of four, as the next one's beginning has to be.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        let mut bytes = trailer(self.bytes).unwrap_or_default();
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    /// Adds the folders that a path is in; whether the path itself is new.
    fn begin(&mut self, path: &str) -> bool {
        let above: Vec<String> = Path::new(path).ancestors().skip(1).map(|it| it.display().to_string()).collect();
        for folder in above.iter().rev().filter(|it| it.len() > 1) {
            if self.paths.insert(folder.clone()) {
                self.add(folder, ModeFileType::Directory, 0o755, b"");
            }
        }
        self.paths.insert(path.to_owned())
    }

    fn add(&mut self, path: &str, kind: ModeFileType, permissions: u32, content: &[u8]) {
        let number = self.paths.len() as u32;
        let entry = Builder::new(path.trim_start_matches('/')).ino(number).mode(permissions).set_mode_file_type(kind);
        // No file of ours has 4 GiB, and a vector takes all that is written to it.
        let mut writer = entry.write(&mut self.bytes, content.len() as u32);
        let _ = writer.write_all(content);
        let _ = writer.finish();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cpio::newc::Reader;
    use std::io::Read;

    /// Name, mode and content of each entry.
    fn entries(mut bytes: &[u8]) -> Vec<(String, u32, Vec<u8>)> {
        let mut entries = Vec::new();
        loop {
            let mut reader = Reader::new(bytes).expect("an entry");
            if reader.entry().is_trailer() {
                return entries;
            }
            let (name, mode) = (reader.entry().name().to_owned(), reader.entry().mode());
            let mut content = Vec::new();
            reader.read_to_end(&mut content).expect("its content");
            entries.push((name, mode, content));
            bytes = reader.finish().expect("the next");
        }
    }

    #[test]
    fn what_was_added_comes_back_with_the_folders_above_it() {
        let mut archive = Archive::default();
        archive.file("/usr/lib/a.so", 0o755, b"library");
        archive.file("/usr/lib/b.so", 0o644, b"");
        archive.file("/usr/lib/a.so", 0o644, b"another");
        archive.link("/lib", "usr/lib");
        archive.folder("/proc");
        assert!(archive.has("/usr/lib/a.so") && !archive.has("/usr/lib/c.so"));
        let bytes = archive.finish();
        assert_eq!(bytes.len() % 4, 0);
        let found = entries(&bytes);
        let short: Vec<(&str, u32, &[u8])> =
            found.iter().map(|(name, mode, content)| (name.as_str(), *mode, content.as_slice())).collect();
        assert_eq!(
            short,
            [
                ("usr", 0o040_755, &b""[..]),
                ("usr/lib", 0o040_755, b""),
                ("usr/lib/a.so", 0o100_755, b"library"),
                ("usr/lib/b.so", 0o100_644, b""),
                ("lib", 0o120_777, b"usr/lib"),
                ("proc", 0o040_755, b""),
            ]
        );
    }
}
