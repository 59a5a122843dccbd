//! `zero-page-retry`: the other reading of `zero-tail-retry`. On 2007-02-04 10:56 Morton says that his patches of
//! 2006 clear the remainder of the page, not only of what was to be copied. That also clears what `prepare_write` had
//! read of the block in which the write ends.
//!
//! Everything else is the same; an uptodate page is not cleared either, as he says at 11:10.

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
