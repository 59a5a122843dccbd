//! A page cache of one's own, and its adapter.

mod cache;

use cache::File;
use shortcopy::subject::{Abilities, Env, Errno, Install, Sink, Source, Start, Subject};
use std::ops::Range;

/// The cache, as shortcopy sees it.
#[derive(Debug)]
pub struct OwnCache(Vec<File>);

impl Subject for OwnCache {
    const NAME: &'static str = "own-cache";
    const ABILITIES: Abilities = Abilities::CACHE.with_mappings();

    fn open(files: &[Start], env: &Env) -> Self {
        Self(files.iter().enumerate().map(|(number, start)| File::new(number, start, *env)).collect())
    }

    fn write(&self, file: usize, at: u64, from: &mut Source<'_>) -> Result<usize, Errno> {
        self.0[file].write(at, from)
    }

    fn append(&self, file: usize, from: &mut Source<'_>) -> Result<(u64, usize), Errno> {
        self.0[file].append(from)
    }

    fn read(&self, file: usize, at: u64, into: &mut Sink<'_>) -> Result<usize, Errno> {
        self.0[file].read(at, into)
    }

    fn size(&self, file: usize) -> u64 {
        self.0[file].size()
    }

    fn truncate(&self, file: usize, size: u64) -> Result<(), Errno> {
        self.0[file].truncate(size)
    }

    fn sync(&self, file: usize) -> Result<(), Errno> {
        self.0[file].sync()
    }

    fn writeback(&self, file: usize) {
        self.0[file].writeback();
    }

    fn reclaim(&self, file: usize, pages: Range<u32>) {
        self.0[file].reclaim(u64::from(pages.start)..u64::from(pages.end));
    }

    fn fault(&self, file: usize, page: u32, write: bool, install: &mut Install<'_>) -> bool {
        self.0[file].fault(u64::from(page), write, install)
    }
}
