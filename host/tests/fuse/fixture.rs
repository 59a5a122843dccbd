//! A mounted FUSE filesystem for a test, and ways to look at a file on it.

use crate::needs;
use host::fuse::{Options, Session};
use host::mount::MountError;
use rustix::fs::Advice;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

pub const PAGE: usize = 4096;

/// A filesystem on a directory of its own.
pub struct Fixture {
    // In this order: a directory cannot be removed while something is mounted there.
    session: Session,
    directory: tempfile::TempDir,
}

impl Fixture {
    /// Mounts it, or skips the test.
    pub fn with(options: Options) -> Option<Self> {
        let directory = tempfile::tempdir().expect("a directory");
        let session = Session::mount(directory.path(), options).map_err(MountError::from);
        let session = needs::or_skip(session, MountError::lacks)?;
        Some(Self { session, directory })
    }

    pub fn directory(&self) -> &Path {
        self.session.directory()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory().join(name)
    }

    /// A file with this content, open for reading and writing.
    pub fn file(&self, name: &str, content: &[u8]) -> File {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(true).open(self.path(name)).expect("a file");
        file.write_all_at(content, 0).expect("a write");
        file
    }

    /// Unmounts it, and gives back the directory.
    pub fn unmount(self) -> tempfile::TempDir {
        drop(self.session);
        self.directory
    }
}

/// Bytes from 1 to 250 that differ from turn to turn at each place.
pub fn pattern(turn: u64, length: usize) -> Vec<u8> {
    (0..length as u64).map(|at| 1 + ((at * 7 + at / 250 + turn) % 250) as u8).collect()
}

/// Drops what is cached of a file and clean.
pub fn evict(file: &File) {
    rustix::fs::fadvise(file, 0, None, Advice::DontNeed).expect("advice");
}

/// All of a file.
pub fn content(file: &File) -> Vec<u8> {
    let length = file.metadata().expect("a size").len() as usize;
    // Longer than it says: a read past the end is seen.
    let mut buffer = vec![0; length + 2 * PAGE];
    let mut read = 0;
    loop {
        match file.read_at(&mut buffer[read..], read as u64).expect("a read") {
            0 => break,
            bytes => read += bytes,
        }
    }
    buffer.truncate(read);
    buffer
}

/// Tells a test's child which file it is to map.
const MAPS: &str = "SHORTCOPY_TEST_MAPS";
/// And what it is to store, and where: `OFFSET:TEXT`.
const STORES: &str = "SHORTCOPY_TEST_STORES";

/// What a shared mapping of the pages of a file shows, after something was stored in it.
///
/// Another process maps it: this one serves it, and a thread that waits in a page fault holds what the server may need.
pub fn mapped(path: &Path, pages: usize, store: Option<(usize, &str)>) -> Vec<u8> {
    let mut command = Command::new(std::env::current_exe().expect("this very program"));
    command.args(["--exact", "a_process_that_maps", "--nocapture"]).env(MAPS, format!("{pages}:{}", path.display()));
    if let Some((offset, text)) = store {
        command.env(STORES, format!("{offset}:{text}"));
    }
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    let line = text.split_once("mapped ").expect("it says so").1.lines().next().expect("a line");
    line.split(' ').map(|it| it.parse().expect("a byte")).collect()
}

/// What the child does.
pub fn map_if_asked() {
    let (Ok(file), store) = (std::env::var(MAPS), std::env::var(STORES)) else { return };
    let (pages, path) = file.split_once(':').expect("pages and a path");
    let length = pages.parse::<usize>().expect("a number") * PAGE;
    let file = OpenOptions::new().read(true).write(true).open(path).expect("it is there");
    let content = with_mapping(&file, length, |content| {
        if let Ok(store) = store {
            let (offset, text) = store.split_once(':').expect("an offset and a text");
            let offset: usize = offset.parse().expect("a number");
            content[offset..offset + text.len()].copy_from_slice(text.as_bytes());
        }
        content.to_vec()
    });
    println!("mapped {}", content.iter().map(u8::to_string).collect::<Vec<_>>().join(" "));
}

#[allow(unsafe_code, reason = "there is no other way to a mapping")]
fn with_mapping<T>(file: &File, length: usize, look: impl FnOnce(&mut [u8]) -> T) -> T {
    use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: a new mapping, at a place of the kernel's choice, which nothing else refers to.
    let start = unsafe { mmap(std::ptr::null_mut(), length, protection, MapFlags::SHARED, file, 0) };
    let start = start.expect("a mapping");
    // SAFETY: it is mapped until below, and the tests stay within the last page of the file.
    let result = look(unsafe { std::slice::from_raw_parts_mut(start.cast(), length) });
    // SAFETY: the slice is gone.
    unsafe { munmap(start, length) }.expect("it was mapped");
    result
}
