//! Defects that can be switched on: positive controls, which show whether a search and an oracle find such a fault at
//! all.
//!
//! Each is a file with a [`Fault`], which says what it spoils, and when. A fault counts its chances and takes every
//! n-th, so the same requests in the same order meet the same faults. A new one needs a file here and a line in the
//! table below.

use super::volume::{File, Volume};
use crate::marker::{Marker, WORD};
use oracle::Class;
use std::ops::Range;

/// The kernel has asked for a write.
#[derive(Debug)]
pub(super) struct Write {
    pub(super) file: u64,
    pub(super) offset: u64,
    /// What will be stored.
    pub(super) data: Vec<u8>,
    /// How many bytes the answer will say were written.
    pub(super) accepted: usize,
}

/// A short count is a multiple of this many bytes: the largest cell that a case can have here. Otherwise a later append
/// would begin within a cell, and nobody could tell where the bytes read there come from.
const CELL: usize = 64;

impl Write {
    /// Half of it, in whole cells; `None` if that is nothing.
    pub(super) fn half(&self) -> Option<usize> {
        Some(self.data.len() / 2 / CELL * CELL).filter(|it| *it > 0)
    }

    pub(super) fn end(&self) -> u64 {
        self.offset + self.data.len() as u64
    }

    /// Whether it lies inside the file.
    pub(super) fn is_inside(&self, volume: &Volume) -> bool {
        !self.data.is_empty() && volume.file(self.file).is_ok_and(|it| self.end() <= it.size)
    }
}

/// The kernel has asked for a read.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) file: u64,
    pub(super) offset: u64,
    /// How many bytes it wants.
    pub(super) asked: usize,
    /// What it will get.
    pub(super) data: Vec<u8>,
}

/// Why the end of a file moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mover {
    Write,
    Truncate,
    Allocation,
}

/// The end of a file has moved.
#[derive(Debug)]
pub(super) struct End {
    pub(super) file: u64,
    pub(super) mover: Mover,
    pub(super) from: u64,
    pub(super) to: u64,
    /// The new part of the file that nobody wrote.
    pub(super) gap: Range<u64>,
    /// The bytes from the new end to the end of its block.
    pub(super) cut: Vec<u8>,
}

/// A fault: it may spoil any of these steps, and leaves the others as they are.
pub(super) trait Fault: std::fmt::Debug + Send {
    /// Before a write is carried out.
    fn writing(&mut self, _write: &mut Write, _volume: &Volume) {}
    /// After the end of a file has moved.
    fn moved_end(&mut self, _end: &End, _volume: &mut Volume) {}
    /// Before the data of a read is given away.
    fn reading(&mut self, _read: &mut Read, _volume: &Volume) {}
    /// Before the kernel is told the size of a file.
    fn describing(&mut self, _file: u64, _size: &mut u64) {}
}

/// What is known of a defect.
struct Entry {
    word: &'static str,
    summary: &'static str,
    classes: &'static [Class],
    classes_with_writeback_cache: &'static [Class],
    fault: fn() -> Box<dyn Fault>,
}

macro_rules! defects {
    ($($(#[$doc:meta])* $variant:ident in $module:ident,)*) => {
        $(mod $module;)*

        /// Something that the filesystem does wrong on purpose.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Defect { $($(#[$doc])* $variant,)* }

        impl Defect {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            const fn entry(self) -> &'static Entry {
                match self { $(Self::$variant => &$module::ENTRY,)* }
            }
        }
    };
}

defects! {
    /// Space that nobody wrote holds uninitialised memory.
    ForgetsToZero in forgets_to_zero,
    /// A block that was never written reads as what the disk held.
    ServesStaleBlocks in serves_stale_blocks,
    /// A block is read from another file.
    ServesOtherFile in serves_other_file,
    /// A write goes to the block beside the right one.
    MisplacesWrite in misplaces_write,
    /// A write counts only half of its bytes, but stores all of them.
    StoresUncounted in stores_uncounted,
    /// A page is served with old data behind the end of the file.
    PollutesEnd in pollutes_end,
    /// A truncate keeps the rest of its last block.
    KeepsTruncatedTail in keeps_truncated_tail,
    /// A page is served half new and half old.
    TearsPage in tears_page,
    /// A write is dropped if the write before it ended inside a page.
    LosesWriteAfterShortCopy in loses_write_after_short_copy,
    /// The last, incomplete page of a write becomes zeroes.
    ClearsTailOfWrite in clears_tail_of_write,
    /// A write that extends the file makes it end at the end of a block.
    PublishesSizeEarly in publishes_size_early,
    /// A write accepts half of what it was given.
    ShortWrite in short_write,
    /// A read returns half of what there is.
    ShortRead in short_read,
    /// The size lags behind, and the next append overlaps the last one.
    AppendsOverlap in appends_overlap,
    /// One byte of a write becomes one that nobody wrote.
    GarblesByte in garbles_byte,
}

impl Defect {
    /// Its name on a command line.
    #[must_use]
    pub const fn word(self) -> &'static str {
        self.entry().word
    }

    /// What it does, how often, and when the kernel's page cache hides it, in one line.
    #[must_use]
    pub const fn summary(self) -> &'static str {
        self.entry().summary
    }

    /// The classes of which an oracle should report at least one. None if that form of mount cannot show it.
    #[must_use]
    pub const fn classes(self, writeback_cache: bool) -> &'static [Class] {
        if writeback_cache { self.entry().classes_with_writeback_cache } else { self.entry().classes }
    }

    fn bit(self) -> u32 {
        1 << self as u32
    }
}

impl std::fmt::Display for Defect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.word())
    }
}

impl std::str::FromStr for Defect {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|it| it.word() == text).ok_or(())
    }
}

/// A set of defects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Defects(u32);

impl Defects {
    /// A correct filesystem.
    pub const NONE: Self = Self(0);

    /// These and one more.
    #[must_use]
    pub fn with(self, defect: Defect) -> Self {
        Self(self.0 | defect.bit())
    }

    /// Whether a defect is among them.
    #[must_use]
    pub fn contains(self, defect: Defect) -> bool {
        self.0 & defect.bit() != 0
    }

    /// Those that are in the set.
    pub fn iter(self) -> impl Iterator<Item = Defect> {
        Defect::ALL.iter().copied().filter(move |it| self.contains(*it))
    }

    pub(super) fn faults(self) -> Vec<Box<dyn Fault>> {
        self.iter().map(|it| (it.entry().fault)()).collect()
    }
}

impl From<Defect> for Defects {
    fn from(defect: Defect) -> Self {
        Self::NONE.with(defect)
    }
}

impl FromIterator<Defect> for Defects {
    fn from_iter<I: IntoIterator<Item = Defect>>(defects: I) -> Self {
        defects.into_iter().fold(Self::NONE, Self::with)
    }
}

/// Takes every `N`-th chance.
#[derive(Debug, Default)]
struct Chance<const N: u32>(u32);

impl<const N: u32> Chance<N> {
    fn take(&mut self) -> bool {
        self.0 += 1;
        self.0.is_multiple_of(N)
    }
}

/// A range of a file filled with a marker, whose words are aligned in the file.
fn marked(marker: Marker, offset: u64, length: usize) -> Vec<u8> {
    let skipped = (offset % WORD as u64) as usize;
    let mut buffer = vec![0; skipped + length];
    marker.fill(&mut buffer);
    buffer.split_off(skipped)
}

/// Puts data behind the end of a file, where it shows when the end moves.
fn leave(volume: &mut Volume, file: u64, offset: u64, data: &[u8]) {
    if let Ok(File { blocks, .. }) = volume.file_mut(file) {
        blocks.write(offset, data);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_defect_has_a_word_of_its_own_and_a_class() {
        for defect in Defect::ALL {
            assert_eq!(defect.word().parse(), Ok(*defect), "two defects have one word");
            assert!(!defect.classes(false).is_empty(), "{defect} is seen by nobody");
            assert!(!defect.summary().contains('\n'));
            assert_eq!(Defects::from(*defect).iter().collect::<Vec<_>>(), [*defect]);
        }
        assert_eq!(Defects::from_iter(Defect::ALL.iter().copied()).iter().count(), Defect::ALL.len());
    }

    #[test]
    fn markers_are_aligned_in_the_file() {
        let word = Marker::Memory { page: 7 }.word();
        assert_eq!(marked(Marker::Memory { page: 7 }, 13, 11), [&word[5..], &word].concat());
    }
}
