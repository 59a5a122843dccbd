//! The look at rest: each file once more, when everything has returned.

use crate::files::drop_cache;
use crate::history_of::RestSeen;
use crate::manner::Looks;
use crate::program::{Ground, Program};
use crate::scale::PAGE;
use crate::user_memory::Through;
use oracle::Way;
use rustix::fs;
use rustix::io;

/// Looks at every file.
pub(crate) fn look(program: &Program, ground: &Ground, through: &Through, looks: Looks) -> io::Result<Vec<RestSeen>> {
    let mut seen = Vec::new();
    for file in 0..program.case.files.len() {
        let fd = ground.files.file(file);
        let size = fs::fstat(fd)?.st_size as usize;
        let cells = program.scale.cells(size);
        let by_read = || -> io::Result<Vec<u8>> {
            let mut seen = vec![0; program.scale.bytes(cells)];
            let read = io::pread(fd, &mut seen[..], 0)?;
            seen.truncate(read);
            Ok(seen)
        };
        let mut add = |way, bytes| seen.push(RestSeen { file, way, size: cells, seen: bytes });
        if looks.read {
            add(Way::Read, by_read()?);
        }
        if looks.mapping && size > 0 {
            let pages = size.div_ceil(PAGE) as u32;
            let mut bytes = vec![0; pages as usize * PAGE];
            let address = ground.space.map_to_look(fd, pages)?;
            let loaded = through.load(address, &mut bytes);
            ground.space.unmap_look()?;
            bytes.truncate(loaded?);
            add(Way::Mapping, bytes);
        }
        if looks.evicted && drop_cache(fd, size)? {
            add(Way::Evicted, by_read()?);
        }
    }
    Ok(seen)
}
