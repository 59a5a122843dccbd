//! Which parts of a file have a place on the disk: `FS_IOC_FIEMAP`.
#![allow(unsafe_code, reason = "the argument of an ioctl depends on its number, which the compiler cannot check")]

use crate::refusal::Refusal;
use rustix::fd::AsFd;
use rustix::io::Errno;
use rustix::ioctl::{Updater, ioctl, opcode};
use std::ops::Range;

/// Extents that are asked for at once: more than a file of a case can have.
const MOST: usize = 128;
/// Writes the file out first, so that nothing is without a place that will get one.
const FLAG_SYNC: u32 = 1;
/// The last extent of the file.
const EXTENT_LAST: u32 = 1;
/// The extent is in the file, and nobody knows where, or not yet.
const EXTENT_UNKNOWN: u32 = 2;

/// `struct fiemap`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct Header {
    start: u64,
    length: u64,
    flags: u32,
    mapped: u32,
    count: u32,
    reserved: u32,
}

/// `struct fiemap_extent`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
struct Extent {
    logical: u64,
    physical: u64,
    length: u64,
    reserved: [u64; 2],
    flags: u32,
    reserved_too: [u32; 3],
}

/// The header, and room for extents.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct Request {
    header: Header,
    extents: [Extent; MOST],
}

/// The number of the ioctl; the kernel's has the size of the header alone in it.
const FIEMAP: u32 = opcode::read_write::<Header>(b'f', 11);

/// The ranges of a file, in bytes, that have a place on the disk, whether or not something was written there; `None` if
/// the filesystem does not tell.
///
/// # Errors
/// If it has more extents than are asked for, or the call fails in another way.
pub fn allocated(file: impl AsFd) -> Result<Option<Vec<Range<u64>>>, Refusal> {
    let refused = |errno| Refusal { call: "ioctl(FS_IOC_FIEMAP)", errno };
    let header = Header { start: 0, length: u64::MAX, flags: FLAG_SYNC, mapped: 0, count: MOST as u32, reserved: 0 };
    let mut request = Request { header, extents: [Extent::default(); MOST] };
    // SAFETY: the kernel writes at most `count` extents behind the header, and there is room for them.
    match unsafe { ioctl(file, Updater::<FIEMAP, Request>::new(&mut request)) } {
        Ok(()) => {}
        Err(Errno::OPNOTSUPP | Errno::NOTTY) => return Ok(None),
        Err(errno) => return Err(refused(errno)),
    }
    let extents = &request.extents[..MOST.min(request.header.mapped as usize)];
    if extents.len() == MOST && extents[MOST - 1].flags & EXTENT_LAST == 0 {
        return Err(refused(Errno::TOOBIG));
    }
    let placed = extents.iter().filter(|it| it.flags & EXTENT_UNKNOWN == 0);
    Ok(Some(placed.map(|it| it.logical..it.logical + it.length).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::FileExt;

    #[test]
    fn the_request_is_laid_out_as_the_kernel_has_it() {
        assert_eq!((size_of::<Header>(), size_of::<Extent>(), FIEMAP), (32, 56, 0xC020_660B));
    }

    /// What is written has a place, and what is not has none; where the filesystem tells.
    #[test]
    fn a_hole_has_no_place() {
        let file = tempfile::tempfile().expect("a file");
        file.write_all_at(&[1; 4096], 0).expect("it is written");
        file.write_all_at(&[1; 4096], 1 << 20).expect("it is written");
        let Some(ranges) = allocated(&file).expect("it is asked") else { return };
        let has = |at: u64| ranges.iter().any(|it| it.contains(&at));
        assert!(has(0) && has(1 << 20) && !has(1 << 19), "{ranges:?}");
    }
}
