//! `file`: a file, what of it is on the disk, what of it is in the page cache.

use super::Parser;
use crate::model::{Cache, CachedPage, Case, Extent, ExtentKind, File, Range};
use crate::text::lex::{Kind, Span};
use crate::text::policy::{Parsed, Policy, Problem};

impl<P: Policy> Parser<'_, P> {
    /// `file NAME size N {disk RANGES | unwritten RANGES | cached PAGES}`
    pub(super) fn file_line(&mut self) -> Parsed<()> {
        self.room_for_one("files", self.case.files.len(), Case::MAX_FILES)?;
        let name = self.new_name("file", |case, name| case.files.iter().any(|file| file.name == *name))?;
        let index = self.case.files.len();
        self.case.files.push(File { name, size: 0, extents: Vec::new(), cached: Vec::new() });
        self.keyword("size")?;
        self.case.files[index].size = self.file_cells("the file's size")?;
        while !self.at_end() {
            if self.take_word(b"disk") {
                self.extents(index, ExtentKind::Disk)?;
            } else if self.take_word(b"unwritten") {
                self.extents(index, ExtentKind::Unwritten)?;
            } else if self.take_word(b"cached") {
                self.cached_pages(index)?;
            } else {
                self.unexpected(&"`disk`, `unwritten`, `cached` or the end of the line")?;
                self.advance();
            }
        }
        Ok(())
    }

    /// `-`, or ranges with commas between them.
    fn extents(&mut self, file: usize, kind: ExtentKind) -> Parsed<()> {
        if self.take_symbol(b'-') {
            return Ok(());
        }
        loop {
            let (written, span) = self.file_range()?;
            let range = self.aligned(file, written, span)?;
            if !range.is_empty() {
                self.case.files[file].extents.push(Extent { range, kind });
            }
            if !self.take_symbol(b',') {
                return Ok(());
            }
        }
    }

    /// The range itself if it is one of whole blocks behind the last extent, else the nearest that is; an empty one if
    /// there is none.
    fn aligned(&mut self, file: usize, range: Range, span: Span) -> Parsed<Range> {
        let block = self.case.geometry.block;
        let free = self.case.files[file].extents.last().map_or(0, |extent| extent.range.end);
        let start = (range.start - range.start % block).max(free);
        let end = range.end.next_multiple_of(block).max(start);
        let nearest = Range { start, end };
        if nearest == range && !range.is_empty() {
            return Ok(range);
        }
        self.mistake(span, |_| {
            if range.is_empty() {
                Problem::new("an extent of no blocks", "expected a range of at least one block")
            } else if range.start < free {
                Problem::new("extents out of order", format!("the extent before this one ends at {free}"))
                    .help("extents stand in order and share no block")
            } else {
                Problem::new(format!("an extent of parts of blocks, which have {block} cells"), "not whole blocks")
                    .help(format!("`{nearest}` would be"))
            }
        })?;
        Ok(nearest)
    }

    /// `-`, or pages with commas between them: `0 uptodate, 1 dirty, 2 empty, 3 blocks 0 2`.
    fn cached_pages(&mut self, file: usize) -> Parsed<()> {
        if self.take_symbol(b'-') {
            return Ok(());
        }
        loop {
            let span = self.token.span;
            let page = self.number("a page's number", 0..=Case::MAX_FILE_PAGES - 1)?;
            let state = self.cache_state()?;
            let before = self.case.files[file].cached.last().map(|cached| cached.page);
            if before.is_none_or(|before| before < page) {
                self.case.files[file].cached.push(CachedPage { page, state });
            } else {
                self.mistake(span, |_| {
                    Problem::new("cached pages out of order", "not behind the page before it")
                        .help("cached pages stand in order, each once")
                })?;
            }
            if !self.take_symbol(b',') {
                return Ok(());
            }
        }
    }

    fn cache_state(&mut self) -> Parsed<Cache> {
        if self.take_word(b"uptodate") {
            Ok(Cache::Uptodate)
        } else if self.take_word(b"dirty") {
            Ok(Cache::Dirty)
        } else if self.take_word(b"empty") {
            Ok(Cache::Empty)
        } else if self.take_word(b"blocks") {
            self.block_mask()
        } else {
            self.unexpected(&"`uptodate`, `dirty`, `empty` or `blocks`")?;
            Ok(Cache::Uptodate)
        }
    }

    fn block_mask(&mut self) -> Parsed<Cache> {
        let last = self.case.geometry.blocks_per_page() - 1;
        let mut mask = 1 << self.number("a block of the page", 0..=last)?;
        while matches!(self.token.kind, Kind::Number(_)) {
            mask |= 1 << self.number("a block of the page", 0..=last)?;
        }
        Ok(Cache::Blocks(mask))
    }
}
