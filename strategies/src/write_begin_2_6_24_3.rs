//! `write-begin-2.6.24.3`: the same after "fix writev regression: pan hanging unkillable and un-straceable" of February 2008, in 2.6.24.3:
//! an advance also leaves empty segments.

use crate::shared::perform_write::buffered_write;
use machine::{Difference, Interface, Strategy};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "write-begin-2.6.24.3",
    what: "write-begin-2.6.24 with an advance that leaves empty segments",
    who: "Linux 2.6.24.3",
    calls: Interface::WriteBegin,
    write: |k, file, iov, pos| Box::pin(buffered_write(k, file, iov, pos, |iov, cells| iov.advance(cells))),
    differs: &[Difference::ShortCount],
    ..Strategy::USUAL
};
