//! Markers: words that name the place where they were left, in memory that was freed and in disk blocks that the case
//! never wrote.
//!
//! A word is eight bytes. Its even bytes say what it is, with a value that no pattern of a case has (those are 1 to
//! 250, and a zero is a zero); its odd bytes are a number, the lowest first. So any two neighbouring bytes identify a
//! marker as such, and eight bytes say which one it is.

/// Bytes in a word.
pub const WORD: usize = 8;
/// Bytes in a sector of a disk. Each sector has its own word.
pub(crate) const SECTOR: usize = 512;
/// The greatest byte of a case's own patterns.
pub(crate) const GREATEST_PATTERN: u8 = 250;

const DISK: u8 = 0xfb;
const MEMORY: u8 = 0xfc;

/// Where a marker was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Marker {
    /// A disk, before a filesystem was made on it: the sector.
    Disk {
        /// The number of the sector, from 0.
        sector: u32,
    },
    /// Memory that was freed before the case began: the page.
    Memory {
        /// The number of the page among those that were sprayed.
        page: u32,
    },
}

impl Marker {
    /// The word of the marker.
    #[must_use]
    pub const fn word(self) -> [u8; WORD] {
        let (kind, number) = match self {
            Self::Disk { sector } => (DISK, sector),
            Self::Memory { page } => (MEMORY, page),
        };
        let [a, b, c, d] = number.to_le_bytes();
        [kind, a, kind, b, kind, c, kind, d]
    }

    /// Fills a buffer with the word, over and over.
    pub fn fill(self, buffer: &mut [u8]) {
        let word = self.word();
        for chunk in buffer.chunks_mut(WORD) {
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }

    /// The marker of an aligned word; `None` if it is no marker.
    #[must_use]
    pub const fn read(word: [u8; WORD]) -> Option<Self> {
        let [kind, a, k1, b, k2, c, k3, d] = word;
        if kind != k1 || kind != k2 || kind != k3 {
            return None;
        }
        let number = u32::from_le_bytes([a, b, c, d]);
        match kind {
            DISK => Some(Self::Disk { sector: number }),
            MEMORY => Some(Self::Memory { page: number }),
            _ => None,
        }
    }
}

/// Fills a buffer with the content, from this offset on, of a disk whose sectors each name their number.
pub(crate) fn fill_sectors(offset: u64, buffer: &mut [u8]) {
    let mut done = 0;
    while done < buffer.len() {
        let at = offset + done as u64;
        let mut sector = [0; SECTOR];
        Marker::Disk { sector: (at / SECTOR as u64) as u32 }.fill(&mut sector);
        let rest = &sector[(at % SECTOR as u64) as usize..];
        let bytes = rest.len().min(buffer.len() - done);
        buffer[done..done + bytes].copy_from_slice(&rest[..bytes]);
        done += bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_reads_back_and_is_no_pattern() {
        for marker in [Marker::Disk { sector: 0 }, Marker::Disk { sector: 0x0102_0304 }, Marker::Memory { page: 77 }] {
            let mut buffer = [0; 64];
            marker.fill(&mut buffer);
            for word in buffer.chunks_exact(WORD) {
                assert_eq!(Marker::read(word.try_into().expect("eight bytes")), Some(marker));
                assert!(word.iter().step_by(2).all(|byte| *byte > GREATEST_PATTERN));
            }
        }
        assert_eq!(Marker::read([0; WORD]), None);
        assert_eq!(Marker::read([1, 2, 3, 4, 5, 6, 7, 8]), None);
    }

    #[test]
    fn a_disk_says_its_sectors_wherever_one_begins_to_read() {
        let mut whole = [0; 3 * SECTOR];
        fill_sectors(SECTOR as u64, &mut whole);
        for sector in 0..3 {
            let word = whole[sector * SECTOR..][..WORD].try_into().expect("eight bytes");
            assert_eq!(Marker::read(word), Some(Marker::Disk { sector: 1 + sector as u32 }));
        }
        let mut part = [0; 700];
        fill_sectors(SECTOR as u64 + 333, &mut part);
        assert_eq!(part, whole[333..1033]);
    }
}
