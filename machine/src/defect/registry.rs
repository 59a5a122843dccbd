//! The registry: every defect that the strategies, the filesystems and what they share are known to have.

use super::{Ground, Record};

/// Lists the defects: adding one is an entry here and a branch where it is.
macro_rules! defects {
    ($($(#[$doc:meta])* $name:ident: $record:expr,)*) => {
        /// A defect, by name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "each has a sentence in its record")]
        pub enum Defect { $($name,)* }

        impl Defect {
            /// All of them, in the order of the registry.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// What is known of it.
            #[must_use]
            pub const fn record(self) -> &'static Record {
                match self { $(Self::$name => const { &$record },)* }
            }
        }
    };
}

/// `generic_file_buffered_write` of 2.6.20, and what the series made of it up to patch 8.
const OF_2_6_20: &[&str] = &[
    "baseline",
    "leave-it",
    "zero-segment-revert",
    "whole-chunk",
    "no-prefault",
    "trim-blocks",
    "shared-lru",
    "iovec-cleanup",
    "prefault-all",
];

defects! {
    FaultsWithThePageLocked: Record {
        id: "faults-with-the-page-locked",
        what: "what the atomic copy misses is copied with the page locked and page faults allowed, and a fault takes mmap_sem and another page's lock",
        mend: "counts what the atomic copy brought, unlocks the page, and goes on with the source touched again",
        place: "filemap_copy_from_user",
        by: "Linux 2.4, as it stood in 2.6.20",
        named: "Piggin, 2007-02-04 08:51 (the listing with 2,8 and 2,6;b,f)",
        since: "2.4",
        until: "2.6.24",
        ground: Ground::strategies(OF_2_6_20),
    },
}
