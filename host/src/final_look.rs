//! The final look: reads each file once more, after everything has returned.

use crate::cell_size::PAGE;
use crate::files::drop_cache;
use crate::fill_history::RestSeen;
use crate::manner::FinalLooks;
use crate::program::{Environment, Program};
use crate::refusal::{Named, Refusal};
use crate::user_memory::PipeCopy;
use oracle::Way;
use rustix::fs;
use rustix::io;

/// Looks at every file.
pub(crate) fn look(
    program: &Program,
    environment: &Environment,
    pipe_copy: &PipeCopy,
    looks: FinalLooks,
) -> Result<Vec<RestSeen>, Refusal> {
    let mut seen = Vec::new();
    for file in 0..program.case.files.len() {
        let fd = environment.files.file(file);
        let size = fs::fstat(fd).named("fstat")?.st_size as usize;
        let cells = program.cell_size.cells(size);
        let by_read = || -> Result<Vec<u8>, Refusal> {
            let mut seen = vec![0; program.cell_size.bytes(cells)];
            let read = io::pread(fd, &mut seen[..], 0).named("pread")?;
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
            let address = environment.space.map_to_look(fd, pages)?;
            let loaded = pipe_copy.load(address, &mut bytes);
            environment.space.unmap_look()?;
            bytes.truncate(loaded.named("looking through a mapping")?);
            add(Way::Mapping, bytes);
        }
        if looks.evicted && drop_cache(fd, size)? {
            add(Way::Evicted, by_read()?);
        }
    }
    Ok(seen)
}
