//! Defects of the write itself: the code of 2.6.20, the patches of February 2007, what was merged.

use super::super::{Record, Scope};

/// The strategies that are `generic_file_buffered_write` of 2.6.20 or its versions in the series up to patch 8.
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
/// The strategies that call `filemap_copy_from_user` with the page locked.
const COPIES_WITH_FAULTS: &[&str] = &[
    "baseline",
    "leave-it",
    "zero-segment-revert",
    "whole-chunk",
    "no-prefault",
    "trim-blocks",
    "shared-lru",
    "iovec-cleanup",
    "prefault-all",
    "unpaging-lock",
    "unpaging-lock-twice",
    "vma-pin",
    "idea-42",
];
/// The same strategies, and tmpfs of 2.6.20, which copies with the page unlocked.
const COPIES_WITH_FAULTS_OR_UNLOCKED: &[&str] = &[
    "lockless-copy",
    "baseline",
    "leave-it",
    "zero-segment-revert",
    "whole-chunk",
    "no-prefault",
    "trim-blocks",
    "shared-lru",
    "iovec-cleanup",
    "prefault-all",
    "unpaging-lock",
    "unpaging-lock-twice",
    "vma-pin",
    "idea-42",
];
/// The strategies in the style before patch 6, which trims after every failure.
const TRIMS_AFTER_PREPARE_ALONE: &[&str] = &[
    "baseline",
    "leave-it",
    "zero-segment-revert",
    "whole-chunk",
    "no-prefault",
    "prefault-all",
    "unpaging-lock",
    "unpaging-lock-twice",
    "vma-pin",
    "zero-tail-retry",
    "zero-page-retry",
    "zero-tail-not-uptodate",
    "zero-length-commit",
    "unlock-and-temp",
    "page-flag",
    "readpage-in-the-middle",
    "idea-42",
];
/// The strategies that call `__copy_from_user_inatomic`, whatever they do after a short copy.
const COPIES_ATOMICALLY: &[&str] = &[
    "lockless-copy",
    "baseline",
    "leave-it",
    "zero-segment-revert",
    "whole-chunk",
    "no-prefault",
    "trim-blocks",
    "shared-lru",
    "iovec-cleanup",
    "prefault-all",
    "gup-two-kmap",
    "gup-kmap-atomic",
    "temp-page",
    "unpaging-lock",
    "unpaging-lock-twice",
    "vma-pin",
    "zero-tail-retry",
    "zero-page-retry",
    "zero-tail-not-uptodate",
    "zero-length-commit",
    "unlock-and-temp",
    "page-flag",
    "readpage-in-the-middle",
    "idea-42",
    "two-copy",
    "write-begin-2.6.24",
    "write-begin-2.6.24.3",
];

pub(super) const COMMITS_IN_FULL: Record = Record {
    id: "commits-more-than-it-copied",
    what: "commit_write is given the full length even after a short copy",
    mend: "commits what was copied",
    place: "generic_file_buffered_write",
    by: "Linux 2.4, as it stood in 2.6.20",
    named: "Piggin, 2007-02-04 08:51",
    since: "2.4",
    until: "2.6.24",
    scope: Scope::strategies(OF_2_6_20),
};

pub(super) const ATOMIC_COPY_CLEARS: Record = Record {
    id: "atomic-copy-clears-the-rest",
    what: "on a machine whose atomic copy clears what it could not copy, the old content is gone until the copy is done again, and for good if it is not",
    mend: "leaves the rest as it was",
    place: "__copy_from_user_inatomic",
    by: "Linux 2.6.19 (6527c2bdf)",
    named: "the comment on filemap_copy_from_user that patch 8 of 2007-02-04 08:50 takes out",
    since: "2.6.19",
    until: "4.12",
    scope: Scope::strategies(COPIES_ATOMICALLY),
};

pub(super) const FAILED_COPY_CLEARS: Record = Record {
    id: "failed-copy-clears-the-rest",
    what: "a copy with page faults allowed that fails clears what it could not copy, in a page that readers see",
    mend: "leaves the rest as it was",
    place: "__copy_from_user",
    by: "Linux 2.4, as it stood in 2.6.20",
    named: "found here",
    since: "2.4",
    until: "2.6.24",
    scope: Scope::strategies(COPIES_WITH_FAULTS_OR_UNLOCKED),
};

pub(super) const COPIES_AGAIN_FROM_THE_START: Record = Record {
    id: "copies-again-from-the-start",
    what: "the copy with page faults allowed begins again where the atomic copy began; if it gets less far, cells that the atomic copy wrote stay but are not counted",
    mend: "counts what the atomic copy copied",
    place: "filemap_copy_from_user",
    by: "Linux 2.4, as it stood in 2.6.20",
    named: "found here",
    since: "2.4",
    until: "2.6.24",
    scope: Scope::strategies(COPIES_WITH_FAULTS_OR_UNLOCKED),
};

pub(super) const SIZE_RAISED_IN_FULL: Record = Record {
    id: "size-is-raised-in-full",
    what: "the size is raised by the full length, however much was copied",
    mend: "raises it by what was copied",
    place: "shmem_file_write",
    by: "Linux 2.4, as it stood in 2.6.20",
    named: "found here",
    since: "2.4",
    until: "2.6.24",
    scope: Scope::strategies(&["lockless-copy"]),
};

pub(super) const EMPTY_SEGMENTS_STAY: Record = Record {
    id: "empty-segments-are-never-left",
    what: "an advance of 0 does not move past an empty segment that has become the current one",
    mend: "moves past empty segments",
    place: "filemap_set_next_iovec, iov_iter_advance",
    by: "Linux 2.6.20; Piggin, patch 2 of 2007-02-04 08:50",
    named: "the fix of February 2008 (writev regression, unkillable)",
    since: "2.6.20",
    until: "2.6.24.3",
    scope: Scope::strategies(&[
        "zero-segment-revert",
        "whole-chunk",
        "trim-blocks",
        "shared-lru",
        "iovec-cleanup",
        "gup-two-kmap",
        "gup-kmap-atomic",
        "temp-page",
        "write-begin-2.6.24",
        "zero-tail-retry",
        "zero-page-retry",
        "zero-tail-not-uptodate",
        "zero-length-commit",
        "readpage-in-the-middle",
    ]),
};

pub(super) const TRUNCATED_PAGE_TAKEN_FOR_A_PART: Record = Record {
    id: "truncated-page-is-taken-for-a-part",
    what: "only the sign of commit_write's return value is checked, so AOP_TRUNCATED_PAGE is taken for a partial write and the page is unlocked twice",
    mend: "starts the chunk again",
    place: "generic_file_buffered_write",
    by: "Piggin, patch 6 of 2007-02-04 08:50",
    named: "found here",
    since: "never",
    until: "never",
    scope: Scope::strategies(&[
        "trim-blocks",
        "shared-lru",
        "iovec-cleanup",
        "gup-two-kmap",
        "gup-kmap-atomic",
        "temp-page",
        "two-copy",
    ]),
};

pub(super) const TRIMS_TO_START_OVER: Record = Record {
    id: "trims-to-start-over",
    what: "a write that has to start a chunk again first truncates the file to its size, which removes the page that others are about to use",
    mend: "starts again without the truncate",
    place: "generic_file_buffered_write",
    by: "Piggin, patch 6 of 2007-02-04 08:50",
    named: "found here",
    since: "never",
    until: "never",
    scope: Scope::strategies(&[
        "trim-blocks",
        "shared-lru",
        "iovec-cleanup",
        "gup-two-kmap",
        "gup-kmap-atomic",
        "temp-page",
        "two-copy",
    ]),
};

pub(super) const COPY_MISSES_A_REMOVAL: Record = Record {
    id: "copy-misses-a-removal",
    what: "no lock keeps the page in the cache during the copy, and if it leaves, the copied data is lost",
    mend: "checks whether the page is still there, and copies again if not",
    place: "shmem_file_write",
    by: "Linux 2.6.20",
    named: "found here",
    since: "2.4",
    until: "2.6.27",
    scope: Scope::strategies(&["lockless-copy"]),
};

pub(super) const TEMP_PAGE_COMMITS_IN_FULL: Record = Record {
    id: "temp-page-commits-more-than-it-copied",
    what: "a short atomic copy into an uptodate page is committed in full",
    mend: "commits what was copied",
    place: "generic_file_buffered_write",
    by: "Piggin, 2007-02-04 15:10",
    named: "found here",
    since: "2.6.24",
    until: "2.6.24",
    scope: Scope::strategies(&["temp-page", "two-copy"]),
};

pub(super) const KERNEL_SOURCES_EXEMPTED: Record = Record {
    id: "kernel-sources-are-exempted",
    what: "a write from the kernel's own memory copies atomically into a page that is not uptodate, and a short copy is committed in full",
    mend: "takes the temporary page for every source",
    place: "generic_file_buffered_write",
    by: "Linux 2.6.24",
    named: "found here",
    since: "2.6.24",
    until: "2.6.24",
    scope: Scope::strategies(&["two-copy"]),
};

pub(super) const GUP_COMMITS_IN_FULL: Record = Record {
    id: "gup-commits-more-than-it-copied",
    what: "a short atomic copy into an uptodate page is committed in full",
    mend: "commits what was copied",
    place: "generic_file_buffered_write",
    by: "Piggin, patch 9 of 2007-02-04 08:51",
    named: "found here",
    since: "never",
    until: "never",
    scope: Scope::strategies(&["gup-two-kmap", "gup-kmap-atomic"]),
};

pub(super) const GUP_GOES_PAST_THE_SEGMENT: Record = Record {
    id: "gup-goes-past-the-segment",
    what: "the pinned page is copied up to its end, even if the segment ends earlier",
    mend: "stops at the end of the segment",
    place: "generic_file_buffered_write",
    by: "Piggin, patch 9 of 2007-02-04 08:51",
    named: "found here",
    since: "never",
    until: "never",
    scope: Scope::strategies(&["gup-two-kmap", "gup-kmap-atomic"]),
};

pub(super) const GUP_WITHOUT_AN_MM: Record = Record {
    id: "gup-needs-an-mm",
    what: "get_user_pages is called by a kernel thread, which has no mm",
    mend: "copies from kernel memory without pinning",
    place: "generic_file_buffered_write",
    by: "Piggin, patch 9 of 2007-02-04 08:51",
    named: "Hellwig, 2007-02-04 10:26",
    since: "never",
    until: "never",
    scope: Scope::strategies(&["gup-two-kmap", "gup-kmap-atomic"]),
};

pub(super) const TWO_KMAP_SLOTS: Record = Record {
    id: "two-kmap-slots-at-once",
    what: "a task holds one kmap slot and waits for a second, and all other tasks may do the same",
    mend: "maps both pages atomically",
    place: "generic_file_buffered_write",
    by: "Piggin, patch 9 of 2007-01-29 10:33",
    named: "Morton, 2007-02-02",
    since: "never",
    until: "never",
    scope: Scope::strategies(&["gup-two-kmap"]),
};

pub(super) const FAULTS_WITH_THE_PAGE_LOCKED: Record = Record {
    id: "faults-with-the-page-locked",
    what: "what the atomic copy could not copy is copied with the page locked and page faults allowed, and a page fault takes mmap_sem and the lock of a page",
    mend: "counts what the atomic copy copied, unlocks the page, touches the source again and goes on",
    place: "filemap_copy_from_user",
    by: "Linux 2.4, as it stood in 2.6.20",
    named: "Piggin, 2007-02-04 08:51",
    since: "2.4",
    until: "2.6.24",
    scope: Scope::strategies(COPIES_WITH_FAULTS),
};

pub(super) const FAILED_COMMIT_IS_NOT_TRIMMED: Record = Record {
    id: "a-failed-commit-is-not-trimmed",
    what: "blocks past the end are freed only after a failed prepare_write; if a later step fails, they stay",
    mend: "trims after every failure",
    place: "generic_file_buffered_write",
    by: "Linux 2.4, as it stood in 2.6.20",
    named: "Piggin, patch 6 of 2007-02-04 08:50",
    since: "2.4",
    until: "2.6.24",
    scope: Scope::strategies(TRIMS_AFTER_PREPARE_ALONE),
};

pub(super) const INODE_IS_LOCKED_BY_SEGMENT: Record = Record {
    id: "the-inode-is-locked-by-segment",
    what: "i_mutex is dropped between two segments of a writev, so another write can come between them, and an append then goes on at another end of the file",
    mend: "holds it to the end of the call",
    place: "do_loop_readv_writev",
    by: "Linux 2.4, as it stood in 2.6.20: tmpfs has nothing but ->write",
    named: "found here",
    since: "2.4",
    until: "2.6.24",
    scope: Scope::strategies(&["lockless-copy"]),
};
