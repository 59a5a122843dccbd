//! `iomap-write-iter-6.1`: `iomap_write_iter` of Linux 6.1. The mapping of an extent is believed for as long as it is used, whatever
//! writeback and reclaim have made of the extent meanwhile (fixed in 6.2: "iomap: write iomap validity checks").

use crate::shared::iomap;
use machine::{Interface, Strategy, Validity};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "iomap-write-iter-6.1",
    what: "folio by folio under a cached mapping of the extent, which is believed even where writeback has changed it since",
    who: "Linux 6.1",
    calls: Interface::Iomap,
    write: |k, file, iov, pos| Box::pin(iomap::file_buffered_write(k, file, iov, pos, Validity::Trusted)),
    ..Strategy::USUAL
};
