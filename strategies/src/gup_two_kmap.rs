//! `gup-two-kmap`: patch 9 of Piggin's series in its first version (2007-01-29 10:33): the source page is pinned with `get_user_pages` where
//! the destination is not uptodate, and copied through two `kmap` mappings. Tasks that each hold one slot and wait for a second deadlock.

use crate::shared::get_user_pages::{self, Map};
use machine::{Difference, Interface, Strategy};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "gup-two-kmap",
    what: "a page that is not uptodate is filled from the pinned source page, through two kmap mappings",
    who: "Piggin, patch 9 of 2007-01-29 10:33",
    calls: Interface::PrepareWrite,
    write: |k, file, iov, pos| Box::pin(get_user_pages::buffered_write(k, file, iov, pos, Map::Kmap)),
    differs: &[Difference::ShortCount],
    ..Strategy::USUAL
};
