//! Defects of the ideas that the thread only describes.

use super::super::{Record, Scope};

pub(super) const TOUCHES_MORE_THAN_IT_NEEDS: Record = Record {
    id: "touches-more-than-it-needs",
    what: "the first and the last page of the source are touched before each try, and if only one frame is left, the second takes it from the first",
    mend: "touches only the first",
    place: "generic_file_buffered_write",
    by: "Morton, 2007-02-04 09:44",
    named: "found here",
    since: "never",
    until: "never",
    scope: Scope::strategies(&["unpaging-lock", "unpaging-lock-twice", "vma-pin"]),
};

pub(super) const UNPAGING_LOCK_NEEDS_AN_MM: Record = Record {
    id: "unpaging-lock-needs-an-mm",
    what: "a kernel thread that writes takes the unpaging lock of an mm that it does not have",
    mend: "takes no lock, since the kernel's memory is not unmapped",
    place: "generic_file_buffered_write",
    by: "Morton, 2007-02-04 09:44",
    named: "Piggin, 2007-02-04 10:50",
    since: "never",
    until: "never",
    scope: Scope::strategies(&["unpaging-lock", "unpaging-lock-twice", "vma-pin"]),
};

pub(super) const ZERO_TAIL_COMMITS_IN_FULL: Record = Record {
    id: "zero-tail-is-committed",
    what: "cells that could not be copied are cleared and committed with the rest, to be copied later",
    mend: "commits what was copied",
    place: "generic_file_buffered_write",
    by: "Morton, 2007-02-04 10:56",
    named: "Piggin, 2007-02-06 04:41",
    since: "never",
    until: "never",
    scope: Scope::strategies(&["zero-tail-retry", "zero-page-retry"]),
};

pub(super) const ZERO_TAIL_FORGETS_FRESH_BLOCKS: Record = Record {
    id: "zero-tail-forgets-fresh-blocks",
    what: "only what was copied is committed, so a reader that brings the page uptodate reads over it, or reads blocks that were allocated for the rest and hold what the disk had",
    mend: "clears those blocks and commits them too",
    place: "generic_file_buffered_write",
    by: "Morton, 2007-02-04 11:10",
    named: "Piggin, 2007-02-06 02:09",
    since: "never",
    until: "never",
    scope: Scope::strategies(&["zero-tail-not-uptodate"]),
};

pub(super) const ZERO_LENGTH_COMMIT: Record = Record {
    id: "zero-length-commit-forgets-fresh-blocks",
    what: "a short copy is committed with length 0, so the blocks that were allocated for it hold what the disk had",
    mend: "clears them, and commits what was copied",
    place: "generic_file_buffered_write",
    by: "Piggin, October 2006",
    named: "Piggin, 2007-02-04 10:46",
    since: "never",
    until: "never",
    scope: Scope::strategies(&["zero-length-commit"]),
};

pub(super) const IDEA_COMMITS_IN_FULL: Record = Record {
    id: "idea-commits-more-than-it-copied",
    what: "the chunk is committed in full, even if not all of it could be copied",
    mend: "commits what was copied",
    place: "generic_file_buffered_write",
    by: "the loop of 2.6.20 that the ideas are described on",
    named: "found here",
    since: "2.4",
    until: "2.6.24",
    scope: Scope::strategies(&[
        "zero-tail-not-uptodate",
        "unlock-and-temp",
        "page-flag",
        "readpage-in-the-middle",
        "idea-42",
        "unpaging-lock",
        "unpaging-lock-twice",
        "vma-pin",
    ]),
};

pub(super) const UNLOCKS_A_PREPARED_PAGE: Record = Record {
    id: "a-prepared-page-is-unlocked",
    what: "the page is unlocked after prepare_write, so a readpage can read blocks that were only just allocated",
    mend: "undoes the prepare before it unlocks the page, and prepares again",
    place: "generic_file_buffered_write",
    by: "Altaparmakov, 2007-02-04 10:59",
    named: "Piggin, 2007-02-04 11:22",
    since: "never",
    until: "never",
    scope: Scope::strategies(&["unlock-and-temp"]),
};

pub(super) const GIVES_UP_AFTER_TEN_TRIES: Record = Record {
    id: "gives-up-after-ten-tries",
    what: "a page that is truncated again and again makes the write fail with EDEADLK",
    mend: "keeps trying",
    place: "generic_file_buffered_write",
    by: "Altaparmakov, 2007-02-04 10:59",
    named: "Altaparmakov, 2007-02-04 10:59",
    since: "never",
    until: "never",
    scope: Scope::strategies(&["unlock-and-temp"]),
};

pub(super) const KEEPS_THE_FAULT_AWAY: Record = Record {
    id: "the-flag-keeps-the-fault-away",
    what: "a prepared page is unlocked under a flag that readers, truncates and page faults wait for, including the page fault of the copy itself",
    mend: "undoes the prepare before it unlocks the page, and prepares again",
    place: "generic_file_buffered_write",
    by: "Altaparmakov, 2007-02-04 17:40",
    named: "Piggin, 2007-02-06 02:09",
    since: "never",
    until: "never",
    scope: Scope::strategies(&["page-flag"]),
};

pub(super) const READPAGE_BETWEEN_PREPARE_AND_COMMIT: Record = Record {
    id: "readpage-between-prepare-and-commit",
    what: "readpage runs on a prepared page, reads blocks that were only just allocated and unlocks the page, and nobody checks whether the page still belongs to the file",
    mend: "commits what was copied",
    place: "generic_file_buffered_write",
    by: "Morton, 2007-02-06 05:30",
    named: "Piggin, 2007-02-06 05:49",
    since: "never",
    until: "never",
    scope: Scope::strategies(&["readpage-in-the-middle"]),
};

pub(super) const UNPAGING_LOCK_IS_TAKEN_EARLY: Record = Record {
    id: "unpaging-lock-is-taken-early",
    what: "the unpaging lock is held while the source is touched and the page is locked; a task that waits for it to unmap or reclaim may hold the mmap_sem, page or memory that these steps need",
    mend: "takes it only around the copy",
    place: "generic_file_buffered_write",
    by: "Morton, 2007-02-04 09:44",
    named: "Piggin, 2007-02-04 10:50",
    since: "never",
    until: "never",
    scope: Scope::strategies(&["unpaging-lock", "unpaging-lock-twice", "vma-pin"]),
};

pub(super) const PREFAULT_IS_IGNORED: Record = Record {
    id: "prefault-is-ignored",
    what: "nobody checks whether touching the source beforehand succeeded, so a write from a source that is not there at all is tried for ever, or goes on to the commit",
    mend: "fails with EFAULT",
    place: "generic_file_buffered_write",
    by: "the loop of 2.6.20 that the ideas are described on",
    named: "Piggin, point 1a of patch 9 of 2007-02-04 08:51",
    since: "2.4",
    until: "2.6.24",
    scope: Scope::strategies(&["unlock-and-temp", "page-flag", "idea-42"]),
};

pub(super) const CLEARS_PAST_THE_CHUNK: Record = Record {
    id: "clears-past-the-chunk",
    what: "after a short copy the page is cleared up to its end, including what was read of the block that the write ends in",
    mend: "clears only up to the end of what was to be copied",
    place: "generic_file_buffered_write",
    by: "Morton, 2007-02-04 10:56",
    named: "found here",
    since: "never",
    until: "never",
    scope: Scope::strategies(&["zero-page-retry"]),
};
