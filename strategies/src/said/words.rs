//! What is said of each strategy in general, in other words.

use super::Said;

const fn of(strategy: &'static str, words: &'static str) -> Said {
    Said { strategy, words }
}

/// Everything that is said, by strategy.
pub const SAID: &[Said] = &[
    of("lockless-copy", "Not in the thread."),
    of(
        "baseline",
        "Up to 1,024 pairs of prepare and commit for one page, and its two fixes only make the deadlocks rarer (Piggin and Morton, patch 3).",
    ),
    of(
        "leave-it",
        "Better a deadlock, which stops the machine and can be traced, than corruption that nobody can reproduce (Piggin, 2007-02-04 11:22).",
    ),
    of("zero-segment-revert", "Nothing: it clears the way for patch 3."),
    of("whole-chunk", "The vectored deadlock is back, to be mended by other means (patch 3)."),
    of("no-prefault", "The race is much easier to hit, which is what it is for (patch 5)."),
    of("trim-blocks", "Blocks past the end no longer stay behind after an error (patch 6)."),
    of("shared-lru", "7.3 times fewer acquisitions of lru_lock in a bulk write of 4 KiB at a time (patch 7)."),
    of("iovec-cleanup", "Nothing of what it does wrong."),
    of("gup-two-kmap", "Takes mmap_sem and walks the page table for every page (Morton, 2007-02-04 09:44)."),
    of(
        "gup-kmap-atomic",
        "mmap_sem, a full walk of the page table, and the lock of its page, for every page (Morton, 2007-02-04 09:44).",
    ),
    of(
        "temp-page",
        "Correct; 0.5 to 1.5 per cent slower on tmpfs (Piggin, 2007-02-04 15:10), and a larger cache footprint (Morton, 18:36).",
    ),
    of("unpaging-lock", "Ugly, and perhaps hard to get the lock order right (Piggin, 2007-02-04 10:15)."),
    of(
        "unpaging-lock-twice",
        "The race remains, with a huge window (Piggin, 2007-02-04 15:10); not in a million years (Morton, 11:15).",
    ),
    of("vma-pin", "The same problem as with the whole mm (Piggin, 2007-02-04 10:15)."),
    of(
        "zero-tail-retry",
        "The zeroes were ruled out once, but the kernel had them for years (Morton, 2007-02-04 11:10).",
    ),
    of("zero-page-retry", "Told of as his patches of 2006 (Morton, 2007-02-04 10:56)."),
    of("zero-tail-not-uptodate", "A reader will try to bring it uptodate (Morton, 2007-02-04 11:10)."),
    of("zero-length-commit", "It broke lots of filesystems (Piggin, 2007-02-04 10:46)."),
    of(
        "prefault-all",
        "Fairly idiotic, says who proposes it (Morton, 2007-02-06 05:30): and the pages are still not pinned.",
    ),
    of(
        "unlock-and-temp",
        "As soon as the page is unlocked it is visible to read() (Morton, 2007-02-04 11:10); not all truncates and invalidations hold i_mutex (Piggin, 11:22).",
    ),
    of("page-flag", "Affects only the rare case (Altaparmakov, 2007-02-04 17:40)."),
    of(
        "readpage-in-the-middle",
        "Crazy, but close; there will be holes in it (Morton, 2007-02-06 05:30). It has some, and nests readpage in prepare_write (Piggin, 05:49).",
    ),
    of("idea-42", "Safe against the same page, as nobody can unmap it while it is locked (Morton, 2007-02-06 05:30)."),
    of("two-copy", "After the thread."),
    of("write-begin-2.6.24", "After the thread."),
    of("write-begin-2.6.24.3", "After the thread."),
    of("perform-write-5.16", "After the thread."),
    of("iomap-write-iter-6.1", "After the thread."),
    of("iomap-write-iter", "After the thread."),
    of("perform-write-6.15", "After the thread."),
];
