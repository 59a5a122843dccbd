//! `zero-page-retry`: the other reading of `zero-tail-retry`: of Morton's patches of 2006 he says on 2007-02-04 10:56 that they clear the remainder
//! of the page, not of what was to be copied: with it goes what `prepare_write` had read of a block that the write ends in.
//!
//! All else is as there; so is that nothing is cleared of an uptodate page, which he says at 11:10.

use crate::shared::idea::{ChunkSize, buffered_write};
use crate::zero_tail_retry::{Rest, chunk};
use machine::{Difference, Interface, Strategy};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "zero-page-retry",
    what: "zero-tail-retry, clearing the rest of the page",
    who: "Morton, 2007-02-04 10:56",
    calls: Interface::PrepareWrite,
    write: |k, file, iov, pos| {
        Box::pin(async move {
            buffered_write(k, file, iov, pos, ChunkSize::Page, async |it| chunk(k, &it, Rest::OfThePage).await).await
        })
    },
    differs: &[Difference::ShortCount],
    ..Strategy::USUAL
};
