//! What is claimed of 2.6.20, of the patches of 2007-02-04, and of the temporary page.

use super::Standing::{BorneOut, Refuted};
use super::{Claim, because, claim, shows};
use machine::{Class, Defect};

const PATCH_3: &str = "patch 3, 2007-02-04 08:50";
const PATCH_6: &str = "patch 6, 2007-02-04 08:50";
const PATCH_9: &str = "patch 9, 2007-02-04 08:51";

/// The three deadlocks that the description of patch 9 lists, and that stay until then.
const fn deadlocks(strategy: &'static str) -> [Claim; 3] {
    const ROOT: Defect = Defect::FaultsWithThePageLocked;
    [
        claim(
            strategy,
            "Piggin",
            PATCH_9,
            "the copy faults on the page that it holds the lock of",
            BorneOut(shows(ROOT, Class::Deadlock, "2,8")),
        ),
        claim(
            strategy,
            "Piggin",
            PATCH_9,
            "two writers fault on each other's pages",
            BorneOut(shows(ROOT, Class::Deadlock, "2,8;2,8")),
        ),
        claim(
            strategy,
            "Piggin",
            PATCH_9,
            "page lock against mmap_sem, with somebody who faults under mmap_sem held for writing",
            BorneOut(shows(ROOT, Class::Deadlock, "2,6;b,f")),
        ),
    ]
}

pub(super) const DEADLOCKS: &[[Claim; 3]] = &[
    deadlocks("baseline"),
    deadlocks("zero-segment-revert"),
    deadlocks("whole-chunk"),
    deadlocks("no-prefault"),
    deadlocks("trim-blocks"),
    deadlocks("shared-lru"),
    deadlocks("iovec-cleanup"),
    deadlocks("prefault-all"),
];

pub(super) const CLAIMS: &[Claim] = &[
    claim(
        "baseline",
        "a comment in mm/filemap.h",
        "until patch 8",
        "where the atomic copy clears what it could not copy, a reader sees zeroes before the second copy; seen in practice",
        BorneOut(shows(Defect::AtomicCopyClears, Class::Zero, "transient")),
    ),
    claim(
        "baseline",
        "Piggin",
        "patch 1, 2007-02-04 08:49",
        "on libfs the page is uptodate before its hole is filled, and a reader sees what the memory held",
        BorneOut(shows(Defect::SimplePrepareIsUptodateEarly, Class::Uninit, "")),
    ),
    claim(
        "baseline",
        "Piggin",
        "patch 1, 2007-02-04 08:49",
        "on nobh the same",
        BorneOut(shows(Defect::NobhPrepareIsUptodateEarly, Class::Uninit, "")),
    ),
    claim(
        "baseline",
        "Piggin",
        PATCH_6,
        "if the commit fails, blocks past the end stay behind",
        BorneOut(shows(Defect::FailedCommitIsNotTrimmed, Class::LeakedBlock, "")),
    ),
    claim(
        "whole-chunk",
        "Piggin",
        PATCH_6,
        "if the commit fails, blocks past the end stay behind",
        BorneOut(shows(Defect::FailedCommitIsNotTrimmed, Class::LeakedBlock, "")),
    ),
    claim(
        "whole-chunk",
        "Piggin",
        PATCH_6,
        "so they do if prepare_write answers AOP_TRUNCATED_PAGE",
        because("the filesystems here that answer so do it before they take a block"),
    ),
    claim(
        "baseline",
        "Morton",
        PATCH_3,
        "up to 1,024 pairs of prepare and commit where one would do",
        because("it costs time, and nothing goes wrong by it: docs/cost.md counts the pairs"),
    ),
    claim(
        "baseline",
        "Morton",
        PATCH_3,
        "it ruined overwriting on NFS, whose server is asked for each pair",
        because("the server here takes no time: docs/cost.md counts how often it is asked"),
    ),
    claim(
        "baseline",
        "Morton",
        PATCH_3,
        "the programs that demonstrate the deadlock need blocks smaller than a page",
        because(
            "that is about two programs, not about the code: a block of a page is one of the geometries that are searched",
        ),
    ),
    claim(
        "baseline",
        "Piggin",
        PATCH_3,
        "the fix only covers it up, for what was touched can be unmapped or reclaimed again",
        BorneOut(shows(Defect::FaultsWithThePageLocked, Class::Deadlock, "2,8")),
    ),
    claim(
        "baseline",
        "Piggin",
        "2007-02-04 15:10",
        "to lock the page in the fault makes the deadlocks likelier",
        because("how likely something is belongs to the schedule; what it takes is modelled: machine fault-locks-page"),
    ),
    claim(
        "baseline",
        "Morton",
        "2007-02-06 05:30",
        "a source that overlaps the destination goes wrong anyway, as the copy is no memmove",
        because(
            "nothing is wrong with it: each cell is what its source held at some moment (corpus/regression/replication.case)",
        ),
    ),
    claim(
        "leave-it",
        "Piggin",
        "2007-02-04 11:22",
        "the deadlocks stay, and that is better than corruption which nobody can reproduce",
        because("a deadlock is accepted under this name: the witnesses of the baseline show it"),
    ),
    claim(
        "whole-chunk",
        "Morton",
        PATCH_3,
        "the second segment may map the page that is written to, and the deadlock of vectors is back",
        BorneOut(shows(Defect::FaultsWithThePageLocked, Class::Deadlock, "2,8")),
    ),
    claim(
        "no-prefault",
        "Piggin",
        "patch 5, 2007-02-04 08:50",
        "the race is much easier to hit",
        BorneOut(shows(Defect::FaultsWithThePageLocked, Class::Deadlock, "2,8")),
    ),
    claim(
        "shared-lru",
        "Piggin",
        "patch 7, 2007-02-04 08:50",
        "lru_lock is taken 7.3 times less often in a bulk write of 4 KiB at a time",
        because("lru_lock is no lock of the model: docs/cost.md counts what it can"),
    ),
    claim(
        "gup-two-kmap",
        "Morton",
        "2007-02-02 23:53",
        "tasks that have one kmap slot each and wait for a second deadlock when there are no more",
        BorneOut(shows(Defect::TwoKmapSlots, Class::Deadlock, "other")),
    ),
    claim(
        "gup-two-kmap",
        "Morton",
        "2007-02-02 23:53",
        "the page cannot leave the file while it is unlocked, for its count is raised",
        because(
            "it does leave, by a truncate or an invalidation, but the write looks, and nothing goes wrong by it (corpus/regression/page-cut-off-while-unlocked.case)",
        ),
    ),
    claim(
        "gup-two-kmap",
        "Piggin",
        "2007-02-03 01:38",
        "a truncate or an invalidation takes it all the same",
        because("it does, and the write looks (corpus/regression/page-cut-off-while-unlocked.case)"),
    ),
    claim(
        "gup-two-kmap",
        "Piggin",
        PATCH_9,
        "to commit the full length of an uptodate page causes no problems",
        Refuted(shows(Defect::GupCommitsInFull, Class::Size, "persistent")),
    ),
    claim(
        "gup-kmap-atomic",
        "Piggin",
        PATCH_9,
        "to commit the full length of an uptodate page causes no problems",
        Refuted(shows(Defect::GupCommitsInFull, Class::Size, "persistent")),
    ),
    claim(
        "gup-kmap-atomic",
        "Piggin",
        PATCH_9,
        "atomic copies do not clear what they could not copy",
        Refuted(shows(Defect::AtomicCopyClears, Class::Zero, "")),
    ),
    claim(
        "gup-kmap-atomic",
        "Morton",
        "2007-02-04 09:44",
        "it oopses on power4",
        BorneOut(shows(Defect::GupWithoutAnMm, Class::Oops, "")),
    ),
    claim(
        "gup-kmap-atomic",
        "Piggin",
        "2007-02-04 10:15",
        "a kernel thread that writes has no mm",
        BorneOut(shows(Defect::GupWithoutAnMm, Class::Oops, "")),
    ),
    claim(
        "gup-kmap-atomic",
        "Hellwig",
        "2007-02-04 10:26",
        "kernel threads write in many places, and nothing that touches page tables can work there",
        BorneOut(shows(Defect::GupWithoutAnMm, Class::Oops, "")),
    ),
    claim(
        "gup-kmap-atomic",
        "Hellwig",
        "2007-02-04 10:26",
        "nor for those who have an mm and write from a kernel pointer under set_fs",
        because("a case has no task with an mm that writes from the kernel's memory"),
    ),
    claim(
        "gup-kmap-atomic",
        "Morton",
        "2007-02-04 09:44",
        "mmap_sem, a walk of the page table and its lock for every page, which threads will feel",
        because("it costs time, and nothing goes wrong by it: docs/cost.md counts them"),
    ),
    claim(
        "temp-page",
        "Piggin",
        "2007-02-04 15:10",
        "it should put this right properly",
        Refuted(shows(Defect::EmptySegmentsStay, Class::Livelock, "")),
    ),
    claim(
        "temp-page",
        "Piggin",
        "2007-02-04 15:10",
        "to commit the full length of an uptodate page causes no problems",
        Refuted(shows(Defect::TempPageCommitsInFull, Class::Size, "persistent")),
    ),
    claim(
        "temp-page",
        "Piggin",
        "2007-02-04 15:10",
        "atomic copies do not clear what they could not copy",
        Refuted(shows(Defect::AtomicCopyClears, Class::Zero, "")),
    ),
    claim(
        "temp-page",
        "Piggin",
        "2007-02-04 15:10",
        "half a per cent to one and a half slower on tmpfs",
        because("there is no time in the model: docs/cost.md counts the copies"),
    ),
    claim(
        "temp-page",
        "Morton",
        "2007-02-04 18:36",
        "it takes more of the processor's cache",
        because("there is no processor's cache in the model"),
    ),
    claim(
        "prefault-all",
        "Morton",
        "2007-02-06 05:30",
        "up to 1,024 pages to touch before the page is locked, which is idiotic",
        because("it costs time: docs/cost.md counts the touches"),
    ),
];
