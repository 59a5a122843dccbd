//! Smaller and rounder numbers: 0, the edge of a page, that of a block, then halves and one less.

use super::Shrinker;
use crate::allocation::{allocate, is_ordinary};
use crate::mutate::{Site, sites};
use crate::{Geometry, PageRange, Range};

/// The new value of a site: one number or two.
type Value = (u32, u32);

impl Shrinker<'_> {
    /// Each number of the case, until none gets smaller.
    pub(super) fn smaller_numbers(&mut self) {
        let count = sites(&mut self.best).len();
        for index in 0..count {
            while self.smaller_number(index) {}
        }
    }

    fn smaller_number(&mut self, index: usize) -> bool {
        let geometry = self.best.geometry;
        let values = sites(&mut self.best).get(index).map(|site| smaller(site, geometry)).unwrap_or_default();
        values.into_iter().any(|value| {
            self.change(|case| {
                let ordinary: Vec<bool> = case.files.iter().map(|file| is_ordinary(file, geometry)).collect();
                if let Some(site) = sites(case).into_iter().nth(index) {
                    set(site, value);
                }
                // A file that is allocated to its end stays so when that moves.
                case.files
                    .iter_mut()
                    .zip(ordinary)
                    .filter(|(_, was)| *was)
                    .for_each(|(file, _)| allocate(file, geometry));
            })
        })
    }
}

fn set(site: Site<'_>, (first, second): Value) {
    match site {
        Site::Size(number) | Site::Offset(number) => *number = first,
        Site::OfFile(range) | Site::OfMemory(range) => *range = Range { start: first, end: second },
        Site::Pages(pages) => *pages = PageRange { start: first, end: second },
    }
}

/// Values to try, those that cost least first.
fn smaller(site: &Site<'_>, geometry: Geometry) -> Vec<Value> {
    let mut values = match site {
        Site::Size(number) | Site::Offset(number) => {
            smaller_than(**number, geometry).into_iter().map(|n| (n, n)).collect()
        }
        Site::OfFile(range) | Site::OfMemory(range) => ranges(**range, geometry),
        Site::Pages(pages) => page_ranges(**pages),
    };
    values.sort_by_key(|(first, second)| cost(*first, geometry) + cost(*second, geometry));
    values.dedup();
    values
}

fn cost(number: u32, geometry: Geometry) -> u64 {
    super::measure::number(number, geometry)
}

fn smaller_than(number: u32, geometry: Geometry) -> Vec<u32> {
    let mut found = vec![0];
    for edge in [geometry.page, geometry.block] {
        found.extend((1..=number.div_ceil(edge).min(8)).map(|n| n * edge));
        found.extend([number / edge * edge, number.next_multiple_of(edge)]);
    }
    // Beside an edge, where the edge itself will not do.
    found.extend([number % geometry.page, number % geometry.block]);
    found.extend([1, number / 4, number / 2, number - number / 4, number.saturating_sub(4), number.saturating_sub(1)]);
    found.retain(|other| cost(*other, geometry) < cost(number, geometry));
    found
}

/// Either end moved, or all of it.
fn ranges(range: Range, geometry: Geometry) -> Vec<Value> {
    let mut found = vec![(0, geometry.page)];
    for start in smaller_than(range.start, geometry) {
        found.extend([(start, range.end), (start, start + range.len())]);
    }
    found.extend(smaller_than(range.end, geometry).into_iter().map(|end| (range.start, end)));
    found.retain(|(start, end)| start < end || range.is_empty() && start == end);
    found
}

fn page_ranges(pages: PageRange) -> Vec<Value> {
    let count = pages.end - pages.start;
    let mut found = vec![(0, 1)];
    found.extend((0..pages.start).map(|start| (start, start + count)));
    found.extend((pages.start..pages.end).map(|start| (start, start + 1)));
    found
}
