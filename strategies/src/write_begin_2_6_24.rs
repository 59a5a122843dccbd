//! `write-begin-2.6.24`: `generic_perform_write` of 2.6.24.0, on `write_begin` and `write_end`; `write_end` is told
//! how much was copied and returns how much of it counts. An advance of 0 never gets past an empty segment.

use crate::shared::perform_write::buffered_write;
use machine::{Difference, Interface, Strategy};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "write-begin-2.6.24",
    what: "write_begin, atomic copy, write_end that is told how much was copied; nothing accepted: again with one segment",
    who: "Linux 2.6.24.0",
    calls: Interface::WriteBegin,
    write: |k, file, iov, pos| Box::pin(buffered_write(k, file, iov, pos, |iov, cells| iov.advance_while(cells))),
    differs: &[Difference::ShortCount],
    ..Strategy::USUAL
};
