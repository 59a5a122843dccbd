//! Which blocks of a file are allocated at the beginning: ordinarily those up to its size, and no other.

use crate::{Extent, ExtentKind, File, Geometry, Range};

/// Allocates the blocks of the file, all of them and no other.
pub(crate) fn allocate(file: &mut File, geometry: Geometry) {
    let range = Range { start: 0, end: file.size.next_multiple_of(geometry.block) };
    file.extents.clear();
    if !range.is_empty() {
        file.extents.push(Extent { range, kind: ExtentKind::Disk });
    }
}

/// Whether just the blocks of the file are allocated.
pub(crate) fn is_ordinary(file: &File, geometry: Geometry) -> bool {
    let end = file.size.next_multiple_of(geometry.block);
    match &file.extents[..] {
        [] => end == 0,
        [one] => one.kind == ExtentKind::Disk && one.range.start == 0 && one.range.end == end,
        _ => false,
    }
}

/// Whether a block below the file's size is not allocated.
pub(crate) fn has_hole(file: &File) -> bool {
    let mut end = 0;
    for extent in &file.extents {
        if extent.range.start > end {
            break;
        }
        end = extent.range.end;
    }
    end < file.size
}
