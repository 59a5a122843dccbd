//! What the thread itself says of each strategy, in other words: the expectations to start from, not a complete list. What came after the
//! thread is held to be right by nobody in it; of that, its commit messages are taken.

use machine::Class;

/// Something that somebody said a strategy does wrong.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// What it would be called here.
    pub class: Class,
    /// A deadlock's notation, or whether it lasts: one finding of the class with this detail bears the claim out. `None`: any.
    pub detail: Option<&'static str>,
    /// Who said it, and when.
    pub by: &'static str,
    /// What was said.
    pub words: &'static str,
    /// Why the search may not have found it, if it has not: is the model too coarse, or the claim too strong?
    pub why_not: Option<&'static str>,
}

const fn claim(class: Class, detail: Option<&'static str>, by: &'static str, words: &'static str) -> Claim {
    Claim { class, detail, by, words, why_not: None }
}

/// What is said of a strategy as a whole.
#[derive(Clone, Copy, Debug)]
pub struct Said {
    /// The strategy's id.
    pub strategy: &'static str,
    /// In general.
    pub words: &'static str,
    /// What it does wrong.
    pub claims: &'static [Claim],
}

const PATCH_3: &str = "patch 3, 2007-02-04 08:50";
const PATCH_9: &str = "Piggin, patch 9, 2007-02-04 08:51";

/// The three deadlocks that the description of patch 9 lists, and that stay until then.
const DEADLOCKS: [Claim; 3] = [
    claim(Class::Deadlock, Some("2,8"), PATCH_9, "the copy faults on the page that it holds the lock of"),
    claim(Class::Deadlock, Some("2,8;2,8"), PATCH_9, "two writers fault on each other's pages"),
    claim(
        Class::Deadlock,
        Some("2,6;b,f"),
        PATCH_9,
        "page lock against mmap_sem, with somebody who faults under mmap_sem held for writing",
    ),
];

const SERIES: &[Claim] = &DEADLOCKS;

/// Everything that is said, by strategy.
pub const SAID: &[Said] = &[
    Said { strategy: "lockless-copy", words: "Not in the thread.", claims: &[] },
    Said {
        strategy: "baseline",
        words: "Up to 1,024 pairs of prepare and commit for one page, and its two fixes only make the deadlocks rarer (Piggin and Morton, patch 3).",
        claims: &[
            DEADLOCKS[0],
            DEADLOCKS[1],
            DEADLOCKS[2],
            claim(
                Class::Zero,
                Some("transient"),
                "a comment in the code that patch 8 removes",
                "where the atomic copy clears what it could not copy, a reader sees zeroes before the second copy; seen in practice",
            ),
            claim(
                Class::Uninit,
                None,
                "Piggin, patch 1, 2007-02-04 08:49",
                "on libfs and nobh the page is uptodate before its hole is filled",
            ),
        ],
    },
    Said {
        strategy: "leave-it",
        words: "Better a deadlock, which stops the machine and can be traced, than corruption that nobody can reproduce (Piggin, 2007-02-04 11:22).",
        claims: &[],
    },
    Said { strategy: "zero-segment-revert", words: "Nothing: it clears the way for patch 3.", claims: SERIES },
    Said {
        strategy: "whole-chunk",
        words: "The vectored deadlock is back, to be mended by other means (patch 3).",
        claims: &[
            claim(Class::Deadlock, Some("2,8"), PATCH_3, "the second segment may map the page that is written to"),
            DEADLOCKS[1],
            DEADLOCKS[2],
        ],
    },
    Said {
        strategy: "no-prefault",
        words: "The race is much easier to hit, which is what it is for (patch 5).",
        claims: SERIES,
    },
    Said {
        strategy: "trim-blocks",
        words: "Blocks past the end no longer stay behind after an error (patch 6).",
        claims: SERIES,
    },
    Said {
        strategy: "shared-lru",
        words: "7.3 times fewer acquisitions of lru_lock in a bulk write of 4 KiB at a time (patch 7).",
        claims: SERIES,
    },
    Said { strategy: "iovec-cleanup", words: "Nothing of what it does wrong.", claims: SERIES },
    Said {
        strategy: "gup-two-kmap",
        words: "Takes mmap_sem and walks the page table for every page (Morton, 2007-02-04 09:44).",
        claims: &[claim(
            Class::Deadlock,
            None,
            "Morton, 2007-02-02 23:53",
            "tasks that have one kmap slot each and wait for a second deadlock, once there are as many as slots",
        )],
    },
    Said {
        strategy: "gup-kmap-atomic",
        words: "mmap_sem, a full walk of the page table, and the lock of its page, for every page (Morton, 2007-02-04 09:44).",
        claims: &[claim(
            Class::Oops,
            None,
            "Morton and Piggin, 2007-02-04 09:44 and 10:15",
            "a kernel thread that writes has no mm",
        )],
    },
    Said {
        strategy: "temp-page",
        words: "Correct; 0.5 to 1.5 per cent slower on tmpfs (Piggin, 2007-02-04 15:10), and a larger cache footprint (Morton, 18:36).",
        claims: &[],
    },
    Said {
        strategy: "unpaging-lock",
        words: "Ugly, and perhaps hard to get the lock order right (Piggin, 2007-02-04 10:15).",
        claims: &[claim(Class::Deadlock, None, "Piggin, 2007-02-04 10:15", "a task cannot reclaim its own memory")],
    },
    Said {
        strategy: "unpaging-lock-twice",
        words: "The race remains, with a huge window (Piggin, 2007-02-04 15:10); not in a million years (Morton, 11:15).",
        claims: &[claim(
            Class::Deadlock,
            None,
            "Piggin, 2007-02-04 11:03 and 15:10",
            "the page can go between the first touch and the lock",
        )],
    },
    Said {
        strategy: "vma-pin",
        words: "The same problem as with the whole mm (Piggin, 2007-02-04 10:15).",
        claims: &[claim(Class::Deadlock, None, "Piggin, 2007-02-04 10:15", "a task cannot reclaim its own memory")],
    },
    Said {
        strategy: "zero-tail-retry",
        words: "The zeroes were ruled out once, but the kernel had them for years (Morton, 2007-02-04 11:10).",
        claims: &[
            claim(
                Class::Zero,
                Some("transient"),
                "Morton, 2007-02-04 10:56 and 11:10",
                "for a moment a page has zeroes in its middle",
            ),
            claim(
                Class::Zero,
                Some("persistent"),
                "Piggin, 2007-02-06 04:41",
                "if the retry does not come to an end, the zeroes stay and reach the disk; no second process is needed",
            ),
        ],
    },
    Said {
        strategy: "zero-tail-not-uptodate",
        words: "A reader will try to bring it uptodate (Morton, 2007-02-04 11:10).",
        claims: &[claim(
            Class::StaleBlock,
            None,
            "Altaparmakov, 2007-02-04 17:40",
            "that reads blocks of the disk that prepare_write has only just allocated",
        )],
    },
    Said {
        strategy: "zero-length-commit",
        words: "It broke lots of filesystems (Piggin, 2007-02-04 10:46).",
        claims: &[claim(
            Class::StaleBlock,
            None,
            "Piggin, 2007-02-04 11:22",
            "something has to be written back, for the filesystem may have allocated blocks",
        )],
    },
    Said {
        strategy: "prefault-all",
        words: "Fairly idiotic, says who proposes it (Morton, 2007-02-06 05:30): and the pages are still not pinned.",
        claims: SERIES,
    },
    Said {
        strategy: "unlock-and-temp",
        words: "As soon as the page is unlocked it is visible to read() (Morton, 2007-02-04 11:10); not all truncates and invalidations hold i_mutex (Piggin, 11:22).",
        claims: &[claim(
            Class::StaleBlock,
            None,
            "Altaparmakov, 2007-02-04 17:40",
            "a readpage while it is unlocked reads what the blocks held before",
        )],
    },
    Said {
        strategy: "page-flag",
        words: "Affects only the rare case (Altaparmakov, 2007-02-04 17:40).",
        claims: &[claim(
            Class::Deadlock,
            None,
            "Piggin, 2007-02-06 02:09",
            "a page fault has to be kept out as well, and then it deadlocks",
        )],
    },
    Said {
        strategy: "readpage-in-the-middle",
        words: "Crazy, but close; there will be holes in it (Morton, 2007-02-06 05:30). It has some, and nests readpage in prepare_write (Piggin, 05:49).",
        claims: &[claim(
            Class::StaleBlock,
            None,
            "Piggin, 2007-02-06 05:49",
            "blocks that were only just allocated have to be cleared first",
        )],
    },
    Said {
        strategy: "idea-42",
        words: "Safe against the same page, as nobody can unmap it while it is locked (Morton, 2007-02-06 05:30).",
        claims: &[claim(
            Class::Deadlock,
            Some("2,8;2,8"),
            "Morton, 2007-02-06 05:30",
            "the crosswise deadlock of two pages stays",
        )],
    },
    Said { strategy: "two-copy", words: "After the thread.", claims: &[] },
    Said {
        strategy: "write-begin-2.6.24",
        words: "After the thread.",
        claims: &[claim(
            Class::Livelock,
            None,
            "Linux 2.6.24.3",
            "an empty segment in the middle of a vector is never left",
        )],
    },
    Said { strategy: "write-begin-2.6.24.3", words: "After the thread.", claims: &[] },
    Said { strategy: "perform-write-5.16", words: "After the thread.", claims: &[] },
    Said {
        strategy: "iomap-write-iter-6.1",
        words: "After the thread.",
        claims: &[claim(
            Class::Zero,
            Some("persistent"),
            "Linux 6.2",
            "a cached mapping of the extent can be out of date when the folio is locked: what was written since is taken for a hole",
        )],
    },
    Said { strategy: "iomap-write-iter", words: "After the thread.", claims: &[] },
    Said { strategy: "perform-write-6.15", words: "After the thread.", claims: &[] },
];

/// What is said of a strategy.
#[must_use]
pub fn said(strategy: &str) -> Option<&'static Said> {
    SAID.iter().find(|it| it.strategy == strategy)
}
