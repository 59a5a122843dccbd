//! Raises the resolution of a case: its pages get more cells, and its offsets can then fall between the old ones.

use case::{Case, Geometry, Range, TaskOperation};
use fastrand::Rng;

/// Makes a page of the case 512 cells or 4,096, so that a cell is eight bytes or one, and moves offsets and lengths a
/// little.
pub fn raise_resolution(case: &mut Case, random: &mut Rng) {
    let factor = if random.bool() { 8 } else { 64 };
    let Geometry { page, block } = case.geometry;
    case.geometry = Geometry { page: page * factor, block: block * factor };
    for file in &mut case.files {
        file.size = nudged(file.size * factor, factor, random);
        for extent in &mut file.extents {
            extent.range = larger(extent.range, factor);
        }
    }
    for operation in case.tasks.iter_mut().flat_map(|it| &mut it.operations) {
        scale_operation(operation, factor, random);
    }
    if case.validate().is_err() {
        // A segment or an end lies outside now. Without the nudges everything is where it was.
        *case = unnudged(case, page, factor);
    }
}

const fn larger(range: Range, factor: u32) -> Range {
    Range { start: range.start * factor, end: range.end * factor }
}

fn nudged(cells: u32, factor: u32, random: &mut Rng) -> u32 {
    if cells == 0 || random.bool() { cells } else { cells - random.u32(..factor) }
}

fn nudge(range: Range, factor: u32, random: &mut Rng) -> Range {
    let Range { start, end } = larger(range, factor);
    if start == end {
        return Range { start, end };
    }
    let start = start + if random.bool() { 0 } else { random.u32(..factor) };
    Range { start, end: nudged(end, factor, random).max(start) }
}

fn scale_operation(operation: &mut TaskOperation, factor: u32, random: &mut Rng) {
    match operation {
        TaskOperation::Write { offset, segments, .. } => {
            *offset = nudged(*offset * factor, factor, random);
            segments.iter_mut().for_each(|it| it.range = nudge(it.range, factor, random));
        }
        TaskOperation::Append { segments, .. } => {
            segments.iter_mut().for_each(|it| it.range = nudge(it.range, factor, random));
        }
        TaskOperation::Read { range, .. }
        | TaskOperation::Load { range, .. }
        | TaskOperation::Store { range, .. }
        | TaskOperation::Punch { range, .. } => *range = nudge(*range, factor, random),
        TaskOperation::Truncate { size, .. } => *size = nudged(*size * factor, factor, random),
        _ => {}
    }
}

/// The case with every number a multiple of the factor.
fn unnudged(case: &Case, page: u32, factor: u32) -> Case {
    let mut case = case.clone();
    let down = |cells: &mut u32| *cells = *cells / factor * factor;
    let up = |cells: &mut u32| *cells = cells.div_ceil(factor) * factor;
    let both = |range: &mut Range| {
        down(&mut range.start);
        up(&mut range.end);
    };
    debug_assert_eq!(case.geometry.page, page * factor);
    case.files.iter_mut().for_each(|it| up(&mut it.size));
    for operation in case.tasks.iter_mut().flat_map(|it| &mut it.operations) {
        match operation {
            TaskOperation::Write { offset, segments, .. } => {
                up(offset);
                segments.iter_mut().for_each(|it| both(&mut it.range));
            }
            TaskOperation::Append { segments, .. } => segments.iter_mut().for_each(|it| both(&mut it.range)),
            TaskOperation::Read { range, .. }
            | TaskOperation::Load { range, .. }
            | TaskOperation::Store { range, .. }
            | TaskOperation::Punch { range, .. } => both(range),
            TaskOperation::Truncate { size, .. } => up(size),
            _ => {}
        }
    }
    case
}

#[cfg(test)]
mod tests {
    use crate::search::Cases;

    #[test]
    fn finer_cases_are_valid() {
        let mut cases = Cases::new(3);
        let mut finer = 0;
        for _ in 0..5_000 {
            let (case, _) = cases.draw();
            case.validate().unwrap_or_else(|error| panic!("{error}\n{case}"));
            finer += u32::from(case.geometry.page > 64);
        }
        assert!(finer > 500, "{finer}");
    }
}
