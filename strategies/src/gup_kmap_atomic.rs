//! `gup-kmap-atomic`: patch 9 of Piggin's series in its second version (2007-02-04 08:51): as `gup-two-kmap`, with mappings that need no slot. A
//! kernel thread that writes has no mm whose `mmap_sem` could be taken.

use crate::shared::get_user_pages::{self, Map};
use machine::{Difference, Interface, Strategy};

pub(crate) const STRATEGY: Strategy = Strategy {
    id: "gup-kmap-atomic",
    what: "a page that is not uptodate is filled from the pinned source page, through two atomic mappings",
    who: "Piggin, patch 9 of 2007-02-04 08:51",
    calls: Interface::PrepareWrite,
    write: |k, file, iov, pos| Box::pin(get_user_pages::buffered_write(k, file, iov, pos, Map::KmapAtomic)),
    differs: &[Difference::ShortCount],
    ..Strategy::USUAL
};
