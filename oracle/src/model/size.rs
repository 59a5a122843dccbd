//! Which sizes a file may have had at some moment of an interval.

use super::{BEFORE, Interval};

/// A size that was set outright: at the beginning, or by a truncate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Base {
    pub size: u32,
    pub when: Interval,
    /// Whether it certainly happened.
    pub certain: bool,
    /// Whether it outlasts the call: the size of a failed call is visible only while the call is under way.
    pub lasts: bool,
}

impl Base {
    /// Whether a look at that time may see it, as far as that depends on whether it outlasts the call.
    pub(crate) const fn shows_to(&self, reader: Interval) -> bool {
        self.lasts || reader.from <= self.when.to
    }
}

/// A write that may have made the file longer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Growth {
    /// Where the write begins: up to there, it leaves a gap of zeroes.
    pub offset: u32,
    /// One past the last cell that it counted; 0 if it counted none.
    pub settled: u32,
    /// One past the last cell that it was asked to write.
    pub asked: u32,
    pub when: Interval,
}

/// The sizes of one file: a register that truncates set and writes raise.
#[derive(Debug, Default)]
pub(crate) struct SizeModel {
    bases: Vec<Base>,
    growths: Vec<Growth>,
}

/// The sizes that are legal on top of one base: `least`, and what writes that may be newer have made of it.
struct Range {
    base: Interval,
    least: u32,
    /// The call of the newest truncate that has certainly returned: no write that had returned by then counts any
    /// more.
    newest: u32,
}

impl SizeModel {
    pub(crate) fn clear(&mut self, size: u32) {
        self.bases.clear();
        self.growths.clear();
        self.bases.push(Base { size, when: BEFORE, certain: true, lasts: true });
    }

    pub(crate) fn truncate(&mut self, base: Base) {
        self.bases.push(base);
    }

    pub(crate) fn grow(&mut self, growth: Growth) {
        self.growths.push(growth);
    }

    pub(crate) fn growths(&self) -> &[Growth] {
        &self.growths
    }

    pub(crate) fn bases(&self) -> &[Base] {
        &self.bases
    }

    /// The bases that may be the newest one at some moment of `reader`, each with what writes have certainly made of
    /// it.
    fn ranges(&self, reader: Interval) -> impl Iterator<Item = Range> {
        let newest = self.bases.iter().filter(|base| base.certain && base.when.precedes(reader));
        let newest = newest.map(|base| base.when.from).max().unwrap_or(0);
        let live = self
            .bases
            .iter()
            .filter(move |base| base.when.from <= reader.to && newest <= base.when.to && base.shows_to(reader));
        live.map(move |base| {
            let after = |it: &&Growth| it.when.precedes(reader) && base.when.precedes(it.when);
            let least = self.growths.iter().filter(after).fold(base.size, |least, it| least.max(it.settled));
            Range { base: base.when, least, newest }
        })
    }

    /// Whether a write may come after the base of `range` and before the end of `reader`.
    fn may_follow(range: &Range, growth: &Growth, reader: Interval) -> bool {
        growth.when.from <= reader.to && growth.when.to >= range.newest.max(range.base.from)
    }

    /// The sizes that one write may have made: from the first to the second, if it is still under way; one, if it has
    /// returned; none if what comes after it has certainly made the file longer.
    fn sizes_by(&self, range: &Range, growth: &Growth, reader: Interval) -> Option<(u32, u32)> {
        if !Self::may_follow(range, growth, reader) {
            return None;
        }
        if growth.when.precedes(reader) {
            let outgrown = self
                .growths
                .iter()
                .any(|it| growth.when.precedes(it.when) && it.when.precedes(reader) && it.settled > growth.settled);
            return (growth.settled > range.least && !outgrown).then_some((growth.settled, growth.settled));
        }
        let replaced = |it: &Base| it.certain && range.base.precedes(it.when) && it.when.precedes(growth.when);
        if self.bases.iter().any(replaced) {
            return None;
        }
        let before = |it: &&Growth| range.base.precedes(it.when) && it.when.precedes(growth.when);
        let least = self.growths.iter().filter(before).fold(range.least, |least, it| least.max(it.settled));
        (growth.asked > least).then_some((least, growth.asked))
    }

    /// The smallest legal size that is at least `from`.
    pub(crate) fn at_least(&self, from: u32, reader: Interval) -> Option<u32> {
        let mut best: Option<u32> = None;
        let mut offer = |size: u32| {
            if size >= from && best.is_none_or(|it| size < it) {
                best = Some(size);
            }
        };
        for range in self.ranges(reader) {
            offer(range.least);
            for growth in &self.growths {
                match self.sizes_by(&range, growth, reader) {
                    Some((least, greatest)) if from <= greatest => offer(from.max(least)),
                    _ => {}
                }
            }
        }
        best
    }

    /// Whether the file may have had this size.
    pub(crate) fn is_legal(&self, size: u32, reader: Interval) -> bool {
        self.ranges(reader).any(|range| {
            let made = |(least, greatest): (u32, u32)| least <= size && size <= greatest;
            size == range.least || self.growths.iter().any(|it| self.sizes_by(&range, it, reader).is_some_and(made))
        })
    }

    /// Whether an append may begin here: at an end that some operation left, not in the middle of one under way.
    pub(crate) fn is_settled_end(&self, end: u32, reader: Interval) -> bool {
        self.ranges(reader).any(|range| {
            let left_by = |it: &Growth| it.settled == end && Self::may_follow(&range, it, reader);
            end == range.least || end > range.least && self.growths.iter().any(left_by)
        })
    }

    /// The smallest legal size.
    pub(crate) fn least(&self, reader: Interval) -> u32 {
        // Writes only make it longer.
        self.ranges(reader).map(|range| range.least).min().unwrap_or(0)
    }

    /// Whether the file may have been at least this long.
    pub(crate) fn may_reach(&self, size: u32, reader: Interval) -> bool {
        self.ranges(reader).any(|range| {
            let reaches = |(_, greatest)| size <= greatest;
            size <= range.least || self.growths.iter().any(|it| self.sizes_by(&range, it, reader).is_some_and(reaches))
        })
    }

    /// The largest legal size.
    pub(crate) fn greatest(&self, reader: Interval) -> u32 {
        let largest = self.ranges(reader).map(|range| {
            let sizes = self.growths.iter().filter_map(|growth| self.sizes_by(&range, growth, reader));
            sizes.fold(range.least, |largest, (_, greatest)| largest.max(greatest))
        });
        largest.max().unwrap_or(0)
    }
}
