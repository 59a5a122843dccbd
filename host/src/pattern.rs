//! Patterns: bytes that identify a version of a place.
//!
//! A byte is `1 + (base + version) mod 250`, where the base belongs to the place (an offset in a file or in memory) and
//! the version to the operation that put it there. So no byte is zero, two versions of a place differ in every byte,
//! and bytes in a wrong place look random. Each run turns the table a little further, so that bytes of an earlier run
//! are no version of this one.

use crate::marker::GREATEST_PATTERN;
use fastrand::Rng;
use memchr::memmem;

/// How many values a byte of a pattern has.
const VALUES: u8 = GREATEST_PATTERN;
/// The longest file or memory, with the page for bad pointers.
const LONGEST: usize = 17 * crate::cell_size::PAGE;
/// Bytes between the bases of two objects.
const STRIDE: usize = LONGEST + 9;
const OBJECTS: usize = 24;
const TURNS: usize = 1 << 16;

/// What put a byte where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// A file or memory as it was when the run began.
    Initial,
    /// The operation with this number: a write's source filled for it, or a store.
    Operation(u8),
}

impl Version {
    const fn shift(self) -> u8 {
        match self {
            Self::Initial => 0,
            Self::Operation(number) => 1 + number,
        }
    }
}

/// The pattern of an object from some place on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    index: usize,
    shift: u8,
}

impl Key {
    /// A file's, from its start on.
    #[must_use]
    pub const fn file(file: usize, version: Version) -> Self {
        Self { index: file * STRIDE, shift: version.shift() }
    }

    /// A memory's, from its start on.
    #[must_use]
    pub const fn memory(memory: usize, version: Version) -> Self {
        Self { index: (8 + memory) * STRIDE, shift: version.shift() }
    }

    /// The distance in bytes from another key of the same version to this one. `None` if this one comes before it or
    /// has another version.
    #[must_use]
    pub const fn after(self, other: Self) -> Option<usize> {
        if self.shift == other.shift { self.index.checked_sub(other.index) } else { None }
    }

    /// A value that all places of one run of bytes share; `bytes` is the distance of this key from the start of the
    /// object.
    #[must_use]
    pub const fn diagonal(self, bytes: usize) -> (isize, u8) {
        (self.index as isize - bytes as isize, self.shift)
    }

    /// The same key, this many bytes further on.
    #[must_use]
    pub const fn advance(self, bytes: usize) -> Self {
        Self { index: self.index + bytes, shift: self.shift }
    }
}

/// A place in the table, and a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    at: usize,
    shift: u8,
}

/// The table of bases.
#[derive(Clone, Debug)]
pub struct Patterns {
    bases: Box<[u8]>,
    /// From each base to the next.
    steps: Box<[u8]>,
    turn: usize,
}

impl Patterns {
    /// The table for this number.
    #[must_use]
    pub fn new(salt: u64) -> Self {
        let mut random = Rng::with_seed(salt);
        let length = OBJECTS * STRIDE + LONGEST + TURNS;
        let bases: Box<[u8]> = (0..length).map(|_| random.u8(0..VALUES)).collect();
        Self { steps: steps_of(&bases).collect(), bases, turn: 0 }
    }

    /// Turns the table for the run with this number; after 65,536 runs it is back where it was.
    pub const fn turn(&mut self, run: u64) {
        // Odd, so that every turn comes once; large, so that neighbours have little in common.
        self.turn = (run.wrapping_mul(40_503) % TURNS as u64) as usize;
    }

    /// Fills a buffer with the pattern.
    pub fn fill(&self, key: Key, buffer: &mut [u8]) {
        let start = self.turn + key.index;
        for (byte, base) in buffer.iter_mut().zip(&self.bases[start..]) {
            *byte = value(*base, key.shift);
        }
    }

    /// Finds where these bytes come from, in any turn and version, by the steps between neighbours in the table. `None`
    /// if they are no pattern of ours, or too few to tell.
    #[must_use]
    pub fn find(&self, seen: &[u8]) -> Option<Place> {
        if seen.len() < 2 || seen.iter().any(|byte| !(1..=GREATEST_PATTERN).contains(byte)) {
            return None;
        }
        let steps: Vec<u8> = steps_of(seen).collect();
        let at = memmem::find(&self.steps, &steps)?;
        Some(Place { at, shift: step(self.bases[at], seen[0] - 1) })
    }

    /// The key that this place has in this turn; `None` if it has none.
    #[must_use]
    pub fn key(&self, place: Place) -> Option<Key> {
        Some(Key { index: place.at.checked_sub(self.turn)?, shift: place.shift })
    }

    /// Whether these bytes are the pattern.
    #[must_use]
    pub fn matches(&self, key: Key, seen: &[u8]) -> bool {
        let start = self.turn + key.index;
        // Bytes that match in the first rarely differ later, so the rest is compared without an early exit, which lets
        // the compiler use vector instructions.
        let bases = &self.bases[start..][..seen.len()];
        let wrong = |(seen, base): (&u8, &u8)| *seen ^ value(*base, key.shift);
        seen.first().zip(bases.first()).is_none_or(|first| wrong(first) == 0)
            && seen.iter().zip(bases).fold(0, |all, it| all | wrong(it)) == 0
    }
}

const fn step(from: u8, to: u8) -> u8 {
    if to >= from { to - from } else { to + (VALUES - from) }
}

/// From each byte to the next: the same for every version of a place.
fn steps_of(bytes: &[u8]) -> impl Iterator<Item = u8> + '_ {
    bytes.windows(2).map(|it| step(it[0], it[1]))
}

const fn value(base: u8, shift: u8) -> u8 {
    // In eight bits, because a vector holds most of those.
    let room = VALUES - shift;
    1 + if base >= room { base - room } else { base + shift }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_versions_of_a_place_differ_in_every_byte_and_none_is_zero() {
        let patterns = Patterns::new(7);
        let versions = [Version::Initial, Version::Operation(0), Version::Operation(1), Version::Operation(127)];
        let filled = versions.map(|version| {
            let mut buffer = vec![0; 4096];
            patterns.fill(Key::file(3, version), &mut buffer);
            buffer
        });
        for (number, one) in filled.iter().enumerate() {
            assert!(one.iter().all(|byte| (1..=GREATEST_PATTERN).contains(byte)));
            for other in &filled[..number] {
                assert!(one.iter().zip(other).all(|(one, other)| one != other));
            }
        }
    }

    #[test]
    fn a_pattern_matches_itself_and_no_other_place_or_turn() {
        let mut patterns = Patterns::new(7);
        let key = Key::memory(2, Version::Operation(5));
        let mut buffer = [0; 64];
        patterns.fill(key.advance(100), &mut buffer);
        assert!(patterns.matches(key.advance(100), &buffer));
        assert!(!patterns.matches(key.advance(101), &buffer));
        assert!(!patterns.matches(Key::file(2, Version::Operation(5)).advance(100), &buffer));
        let place = patterns.find(&buffer).expect("it is a pattern");
        assert_eq!(patterns.key(place).and_then(|it| it.after(key)), Some(100));
        patterns.turn(1);
        assert!(!patterns.matches(key.advance(100), &buffer));
        assert_eq!(patterns.find(&buffer), Some(place), "whatever the turn");
        assert_eq!(patterns.find(&[7; 64]), None);
    }
}
