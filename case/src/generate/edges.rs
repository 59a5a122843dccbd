//! Boundary values: zero, the edges of blocks and pages, the end of the file, and one cell to either side of each.

use super::choices::Choices;
use crate::{Geometry, Range};

/// An offset in `0..=limit`: usually an edge, or one cell before or after it. `size` is the end of the file, which is
/// an edge too.
pub(crate) fn place(choices: &mut Choices<'_, '_>, geometry: Geometry, size: u32, limit: u32) -> u32 {
    let edge = match choices.byte() & 7 {
        0 => 0,
        1 | 2 => choices.within(0, limit / geometry.page) * geometry.page,
        3 | 4 => choices.within(0, limit / geometry.block) * geometry.block,
        5 => size,
        _ => choices.within(0, limit),
    };
    off_by_one(choices, edge).min(limit)
}

/// The number, or one more or less.
pub(crate) fn off_by_one(choices: &mut Choices<'_, '_>, number: u32) -> u32 {
    match choices.byte() & 7 {
        5 => number + 1,
        6 | 7 => number.saturating_sub(1),
        _ => number,
    }
}

/// A length of 1 to 2 pages for what begins at `offset`: to the next edge, a whole block or page, a few cells.
pub(crate) fn length(choices: &mut Choices<'_, '_>, geometry: Geometry, offset: u32) -> u32 {
    let length = match choices.byte() & 7 {
        0 => geometry.block,
        1 => geometry.block - offset % geometry.block,
        2 | 3 => geometry.page - offset % geometry.page,
        4 => geometry.page,
        5 => choices.within(1, 2 * geometry.block.min(geometry.page / 2)),
        6 => choices.within(1, geometry.page),
        _ => 2 * geometry.page - offset % geometry.page,
    };
    off_by_one(choices, length).max(1)
}

/// A range in `0..limit`: it overlaps `near`, begins or ends at or next to its edges, or is anywhere.
pub(crate) fn range(choices: &mut Choices<'_, '_>, geometry: Geometry, near: Range, size: u32, limit: u32) -> Range {
    let (start, end) = match choices.byte() & 7 {
        0 | 1 => (0, limit.min(size.max(near.end))),
        2 => (near.start, near.end),
        3 => (near.start / geometry.page * geometry.page, near.end.next_multiple_of(geometry.page)),
        4 => (choices.within(near.start, near.end), near.end),
        5 => (near.start / geometry.block * geometry.block, choices.within(near.start, near.end)),
        _ => {
            let start = place(choices, geometry, size, limit);
            (start, start + length(choices, geometry, start))
        }
    };
    let start = start.min(limit.saturating_sub(1));
    Range { start, end: off_by_one(choices, end).clamp(start + 1, limit.max(start + 1)) }
}
