//! `iomap-write-iter`: `iomap_write_iter` of Linux 6.2. The same, but the mapping is looked at again with the folio locked, and
//! one that is out of date is given up for a new one.

use crate::shared::iomap;
use machine::{Interface, Strategy, Validity};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "iomap-write-iter",
    what: "folio by folio under a cached mapping of the extent, looked at again with the folio locked; rejects short copies into folios that are not uptodate",
    who: "Linux 6.2",
    calls: Interface::Iomap,
    write: |k, file, iov, pos| Box::pin(iomap::file_buffered_write(k, file, iov, pos, Validity::Checked)),
    ..Strategy::USUAL
};
