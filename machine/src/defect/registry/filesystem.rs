//! Defects of the filesystems of 2.6.20.

use super::super::{Record, Scope};
use case::{Filesystem, Form};

/// The forms on `prepare_write` and `commit_write` whose pages have buffers.
const BUFFERS: &[(Filesystem, Form)] = &[
    (Filesystem::Block, Form::PrepareWrite),
    (Filesystem::Cont, Form::PrepareWrite),
    (Filesystem::Journal, Form::PrepareWrite),
    (Filesystem::Cluster, Form::PrepareWrite),
    (Filesystem::Cluster, Form::Glock),
    (Filesystem::Extent, Form::PrepareWrite),
];

/// The forms whose reads take no lock that keeps truncates away: all except xfs.
const READ_WITHOUT_THE_INODE_LOCK: &[(Filesystem, Form)] = &[
    (Filesystem::Libfs, Form::AfterPatch1),
    (Filesystem::Libfs, Form::BeforePatch1),
    (Filesystem::Libfs, Form::Tmpfs),
    (Filesystem::Libfs, Form::WriteBegin),
    (Filesystem::Nobh, Form::AfterPatch1),
    (Filesystem::Nobh, Form::BeforePatch1),
    (Filesystem::Block, Form::PrepareWrite),
    (Filesystem::Block, Form::WriteBegin),
    (Filesystem::Block, Form::WriteBeginTrims),
    (Filesystem::Cont, Form::PrepareWrite),
    (Filesystem::Cont, Form::WriteBegin),
    (Filesystem::Cont, Form::WriteBeginTrims),
    (Filesystem::Journal, Form::PrepareWrite),
    (Filesystem::Journal, Form::WriteBegin),
    (Filesystem::Journal, Form::WriteBeginTrims),
    (Filesystem::Cluster, Form::PrepareWrite),
    (Filesystem::Cluster, Form::Glock),
    (Filesystem::Server, Form::PrepareWrite),
    (Filesystem::Server, Form::WriteBegin),
    (Filesystem::Server, Form::WriteThrough),
    (Filesystem::Server, Form::WritebackCache),
];

pub(super) const SIMPLE_PREPARE_IS_UPTODATE_EARLY: Record = Record {
    id: "simple-prepare-is-uptodate-early",
    what: "prepare_write marks the page uptodate around the range that is still to be copied",
    mend: "clears the whole page, or waits for commit_write (patch 1)",
    place: "simple_prepare_write",
    by: "Linux 2.6.20",
    named: "Piggin, patch 1 of 2007-02-04 08:49",
    since: "2.4",
    until: "2.6.21",
    scope: Scope::filesystems(&[(Filesystem::Libfs, Form::BeforePatch1)]),
};

pub(super) const NOBH_PREPARE_IS_UPTODATE_EARLY: Record = Record {
    id: "nobh-prepare-is-uptodate-early",
    what: "prepare_write marks the page uptodate before the copy",
    mend: "leaves that to commit_write (patch 1)",
    place: "nobh_prepare_write",
    by: "Linux 2.6.20",
    named: "Piggin, patch 1 of 2007-02-04 08:49",
    since: "2.6",
    until: "2.6.21",
    scope: Scope::filesystems(&[(Filesystem::Nobh, Form::BeforePatch1)]),
};

pub(super) const NOBH_BELIEVES_MAPPED_TO_DISK: Record = Record {
    id: "nobh-believes-mapped-to-disk",
    what: "a page whose blocks are all on the disk is treated as prepared even if it is not uptodate",
    mend: "also checks that the page is uptodate",
    place: "nobh_prepare_write",
    by: "Piggin, patch 1 of 2007-02-04 08:49",
    named: "found here",
    since: "never",
    until: "never",
    scope: Scope::filesystems(&[(Filesystem::Nobh, Form::AfterPatch1), (Filesystem::Nobh, Form::BeforePatch1)]),
};

pub(super) const NOBH_PREPARE_FAILURE_CLEARS: Record = Record {
    id: "nobh-prepare-failure-clears-the-page",
    what: "a failed prepare_write clears the whole page, whatever was in it, and marks it uptodate and dirty",
    mend: "clears only the blocks that it allocated",
    place: "nobh_prepare_write",
    by: "Linux 2.6.20",
    named: "Piggin, October 2007 (fs: fix nobh error handling)",
    since: "2.6",
    until: "2.6.24",
    scope: Scope::filesystems(&[(Filesystem::Nobh, Form::AfterPatch1), (Filesystem::Nobh, Form::BeforePatch1)]),
};

pub(super) const NOBH_TRUNCATE_DIRTIES: Record = Record {
    id: "nobh-truncate-dirties-what-is-not-uptodate",
    what: "nobh_truncate_page marks its page dirty and relies on prepare_write to mark it uptodate, but prepare_write no longer does",
    mend: "marks it uptodate",
    place: "nobh_truncate_page",
    by: "Piggin, patch 1 of 2007-02-04 08:49",
    named: "found here",
    since: "never",
    until: "never",
    scope: Scope::filesystems(&[(Filesystem::Nobh, Form::AfterPatch1), (Filesystem::Nobh, Form::BeforePatch1)]),
};

pub(super) const NOBH_TRUNCATE_ALLOCATES: Record = Record {
    id: "nobh-truncate-allocates",
    what: "nobh_truncate_page allocates the blocks before the new end, and does not clear the tail if there is no room for them",
    mend: "looks at the blocks that are there",
    place: "nobh_truncate_page",
    by: "Linux 2.6.20",
    named: "found here",
    since: "2.6",
    until: "2.6.24",
    scope: Scope::filesystems(&[(Filesystem::Nobh, Form::AfterPatch1), (Filesystem::Nobh, Form::BeforePatch1)]),
};

pub(super) const PREPARE_FAILURE_CLEARS: Record = Record {
    id: "prepare-failure-clears-blocks",
    what: "a failed prepare_write clears the blocks that it allocated even if the page was uptodate, and marks the page not uptodate",
    mend: "clears them only if the page was not uptodate, and leaves the page's flag as it is",
    place: "block_prepare_write",
    by: "Linux 2.6.20",
    named: "found here",
    since: "2.4",
    until: "2.6.24",
    scope: Scope::filesystems(BUFFERS),
};

pub(super) const EMPTY_COMMIT_TAKES_A_BLOCK: Record = Record {
    id: "empty-commit-takes-a-block",
    what: "a commit of length 0 in the middle of a block marks that block uptodate and dirty",
    mend: "does nothing",
    place: "__block_commit_write",
    by: "Linux 2.6.20",
    named: "Piggin, October 2006",
    since: "2.4",
    until: "2.6.24",
    scope: Scope::EVERYWHERE,
};

pub(super) const GAP_STAYS: Record = Record {
    id: "gap-stays-after-a-failed-write",
    what: "a write that fails leaves the file extended by the zeroes that filled the gap before the write",
    mend: "truncates back to the old size",
    place: "cont_prepare_write, cont_write_begin",
    by: "Linux 2.4",
    named: "found here",
    since: "2.4",
    until: "never",
    scope: Scope::filesystems(&[
        (Filesystem::Cont, Form::PrepareWrite),
        (Filesystem::Cont, Form::WriteBegin),
        (Filesystem::Cont, Form::WriteBeginTrims),
    ]),
};

pub(super) const GAP_COMMITS_THE_BLOCK_BEHIND: Record = Record {
    id: "gap-commits-the-block-behind",
    what: "the block in which the gap ends and the write begins is committed with the gap, before the write has copied its part of the block",
    mend: "clears all of that block",
    place: "cont_prepare_write",
    by: "Linux 2.6.20",
    named: "found here",
    since: "2.4",
    until: "2.6.24",
    scope: Scope::filesystems(&[(Filesystem::Cont, Form::PrepareWrite)]),
};

pub(super) const CLUSTER_LOCK_IS_DROPPED_BEFORE_THE_COMMIT: Record = Record {
    id: "cluster-lock-is-dropped-before-the-commit",
    what: "the cluster's lock is dropped after prepare_write and taken again for commit_write; if another node takes the page away in between, the blocks allocated for it stay behind",
    mend: "holds it from prepare_write to commit_write, as gfs2 does",
    place: "ocfs2_prepare_write, ocfs2_commit_write",
    by: "Linux 2.6.20",
    named: "found here",
    since: "2.6.16",
    until: "2.6.24",
    scope: Scope::filesystems(&[(Filesystem::Cluster, Form::PrepareWrite)]),
};

pub(super) const READERS_TAKE_TURNS: Record = Record {
    id: "readers-and-writers-take-turns",
    what: "a task that was refused the cluster's lock waits for it, drops it and starts over, so a reader and a writer can refuse each other for ever",
    mend: "keeps the lock and locks the page under it",
    place: "ocfs2_readpage",
    by: "Linux 2.6.20",
    named: "its own comment in Linux 2.6.16",
    since: "2.6.16",
    until: "never",
    scope: Scope::filesystems(&[(Filesystem::Cluster, Form::PrepareWrite), (Filesystem::Cluster, Form::Glock)]),
};

pub(super) const PUNCH_WITHOUT_THE_CLUSTER_LOCK: Record = Record {
    id: "punch-without-the-cluster-lock",
    what: "a hole punch clears and frees blocks without the cluster's lock, while another node takes the file away",
    mend: "takes the lock",
    place: "the model's hole punch",
    by: "this project",
    named: "found here",
    since: "never",
    until: "never",
    scope: Scope::filesystems(&[(Filesystem::Cluster, Form::PrepareWrite), (Filesystem::Cluster, Form::Glock)]),
};

pub(super) const DEMOTION_SWALLOWS_A_WRITE_ERROR: Record = Record {
    id: "demotion-swallows-a-write-error",
    what: "a demotion waits for the writeback and ignores its error, so no later fsync reports it",
    mend: "leaves the error for the next fsync",
    place: "ocfs2_data_convert_worker",
    by: "Linux 2.6.20",
    named: "found here",
    since: "2.6.16",
    until: "4.13 (errseq_t)",
    scope: Scope::filesystems(&[(Filesystem::Cluster, Form::PrepareWrite), (Filesystem::Cluster, Form::Glock)]),
};

pub(super) const DEMOTION_LOSES_STORES: Record = Record {
    id: "demotion-loses-stores",
    what: "a page that is mapped again after a demotion unmapped it is removed from the cache together with what was stored to it, and stays mapped",
    mend: "unmaps and removes a page in one step, once it is clean",
    place: "ocfs2_data_convert_worker",
    by: "Linux 2.6.20",
    named: "found here",
    since: "2.6.16",
    until: "2.6.23",
    scope: Scope::filesystems(&[(Filesystem::Cluster, Form::PrepareWrite), (Filesystem::Cluster, Form::Glock)]),
};

pub(super) const FAULT_MISSES_AN_INVALIDATION: Record = Record {
    id: "fault-misses-an-invalidation",
    what: "a page fault maps the page that it found although that page has left the cache since, because an invalidation is counted only if it unmaps a page",
    mend: "counts every invalidation",
    place: "invalidate_inode_pages2_range",
    by: "Linux 2.6.20",
    named: "Piggin, 2007-02-04 (fault against invalidate)",
    since: "2.6.11",
    until: "2.6.23",
    scope: Scope::EVERYWHERE,
};

pub(super) const TRIM_WITHOUT_THE_CLUSTER_LOCK: Record = Record {
    id: "trim-without-the-cluster-lock",
    what: "a write that fails truncates the file to the size that it saw, but another node can change it before that",
    mend: "takes the cluster's lock first",
    place: "generic_file_buffered_write on ocfs2 and gfs2",
    by: "Linux 2.6.20",
    named: "found here",
    since: "2.6.16",
    until: "2.6.24",
    scope: Scope::filesystems(&[(Filesystem::Cluster, Form::PrepareWrite), (Filesystem::Cluster, Form::Glock)]),
};

pub(super) const FSYNC_PERSISTS_UNWRITTEN_BLOCKS: Record = Record {
    id: "fsync-persists-unwritten-blocks",
    what: "an fsync writes out the data and then an inode with blocks that a write has allocated in between",
    mend: "keeps writes away with the cluster's lock",
    place: "the model's fsync",
    by: "this project",
    named: "found here",
    since: "never",
    until: "never",
    scope: Scope::filesystems(&[(Filesystem::Cluster, Form::PrepareWrite), (Filesystem::Cluster, Form::Glock)]),
};

pub(super) const FAULT_MISSES_A_TRUNCATE: Record = Record {
    id: "fault-misses-a-truncate",
    what: "a page fault checks the size before a truncate and reads its page after it, so it maps zeroes past the end until the truncate unmaps them",
    mend: "checks the size again before it maps the page",
    place: "do_no_page",
    by: "Linux 2.6.20",
    named: "found here",
    since: "2.4",
    until: "2.6.23",
    scope: Scope::EVERYWHERE,
};

pub(super) const FAULT_GIVES_UP: Record = Record {
    id: "fault-gives-up",
    what: "a page fault whose page is taken away twice while it is read sends SIGBUS, although the file has the page",
    mend: "tries again as long as nothing failed",
    place: "filemap_nopage",
    by: "Linux 2.6.20",
    named: "found here",
    since: "2.4",
    until: "2.6.23",
    scope: Scope::EVERYWHERE,
};

pub(super) const READ_SAMPLES_THE_SIZE_ONCE: Record = Record {
    id: "read-samples-the-size-once",
    what: "a read uses the size that it saw before it had the page, so after a truncate it returns what a mapping has stored past the end",
    mend: "uses the size at the moment of the copy",
    place: "do_generic_mapping_read",
    by: "Linux 2.6.20",
    named: "found here",
    since: "2.4",
    // 2.6.22 reads the size once the page is uptodate, which leaves a window until the copy.
    until: "never",
    scope: Scope::filesystems(READ_WITHOUT_THE_INODE_LOCK),
};

pub(super) const SIZES_ON_THE_WAY: Record = Record {
    id: "truncate-shows-sizes-on-the-way",
    what: "a truncate that makes the file longer raises the size one page at a time",
    mend: "sets the new size first",
    place: "generic_cont_expand_simple",
    by: "Linux 2.4",
    named: "found here",
    since: "2.4",
    until: "never",
    scope: Scope::filesystems(&[
        (Filesystem::Cont, Form::PrepareWrite),
        (Filesystem::Cont, Form::WriteBegin),
        (Filesystem::Cont, Form::WriteBeginTrims),
    ]),
};

pub(super) const FAILED_TRUNCATE_LENGTHENS: Record = Record {
    id: "failed-truncate-lengthens",
    what: "a truncate that fails to make the file long enough leaves it longer than it was",
    mend: "truncates back to the old size",
    place: "generic_cont_expand_simple",
    by: "Linux 2.4",
    named: "found here",
    since: "2.4",
    until: "never",
    scope: Scope::filesystems(&[
        (Filesystem::Cont, Form::PrepareWrite),
        (Filesystem::Cont, Form::WriteBegin),
        (Filesystem::Cont, Form::WriteBeginTrims),
    ]),
};

pub(super) const SHORT_ANSWER_STAYS: Record = Record {
    id: "short-answer-stays",
    what: "data that the server did not accept stays in the page",
    mend: "puts back what was there before",
    place: "fuse_commit_write",
    by: "Linux 2.6.20",
    named: "found here",
    since: "2.6.15",
    until: "2.6.24",
    scope: Scope::filesystems(&[(Filesystem::Server, Form::PrepareWrite)]),
};

pub(super) const COMMIT_FORGETS_A_STORE: Record = Record {
    id: "commit-forgets-a-store",
    what: "a page that was sent whole is marked clean afterwards, even if a mapping has stored to it since it was sent",
    mend: "clears the dirty bit before it sends the page",
    place: "fuse_commit_write",
    by: "Linux 2.6.20",
    named: "found here",
    since: "2.6.15",
    until: "2.6.24",
    scope: Scope::filesystems(&[(Filesystem::Server, Form::PrepareWrite)]),
};

pub(super) const SHORT_ANSWER_OF_WRITE_END_STAYS: Record = Record {
    id: "short-answer-of-write-end-stays",
    what: "data that the server did not accept stays in the page, and the page is marked uptodate",
    mend: "puts back what was there before",
    place: "fuse_buffered_write",
    by: "Linux 2.6.24",
    named: "found here",
    since: "2.6.24",
    until: "2.6.26",
    scope: Scope::filesystems(&[(Filesystem::Server, Form::WriteBegin)]),
};

pub(super) const SHORT_ANSWER_FORGETS_THE_PAGE: Record = Record {
    id: "short-answer-forgets-the-page",
    what: "a page that the server did not accept whole is marked not uptodate, even if a task has mapped it or stored to it",
    mend: "keeps the page locked until the answer, and puts back what was there before",
    place: "fuse_send_write_pages",
    by: "Linux 5.13",
    named: "found here",
    since: "5.13",
    until: "never",
    scope: Scope::filesystems(&[(Filesystem::Server, Form::WriteThrough)]),
};

pub(super) const WRITE_END_CLEARS_THE_PAGE: Record = Record {
    id: "fuse-write-end-clears-the-page",
    what: "a short copy into a page that was not read, because it was to be written whole, clears the rest of the page, although the server has data there",
    mend: "counts nothing of it, so that the page is read",
    place: "fuse_write_end",
    by: "Linux 3.15",
    named: "found here",
    since: "3.15",
    until: "6.18",
    scope: Scope::filesystems(&[(Filesystem::Server, Form::WritebackCache)]),
};

pub(super) const FAILED_COMMIT_STAYS: Record = Record {
    id: "failed-commit-stays",
    what: "copied data stays in the page although its commit failed, and so do the blocks that were allocated for it",
    mend: "puts back what was there before, and frees the blocks",
    place: "ext3_ordered_commit_write, ext3_ordered_write_end, ocfs2_commit_write, gfs2_commit_write",
    by: "Linux 2.6.20",
    named: "found here",
    since: "2.4.15",
    until: "never",
    scope: Scope::filesystems(&[
        (Filesystem::Journal, Form::PrepareWrite),
        (Filesystem::Journal, Form::WriteBegin),
        (Filesystem::Cluster, Form::PrepareWrite),
        (Filesystem::Cluster, Form::Glock),
    ]),
};

pub(super) const FAILS_AFTER_ITS_COMMIT: Record = Record {
    id: "fails-after-its-commit",
    what: "a write fails if its handle cannot be closed, although all of it is committed and the size is raised",
    mend: "counts what was committed, and leaves the error to the next user of the journal",
    place: "ext3_ordered_commit_write, ext3_ordered_write_end, ext4_write_end",
    by: "Linux 2.6.20",
    named: "found here",
    since: "2.4.15",
    until: "never",
    scope: Scope::filesystems(&[
        (Filesystem::Journal, Form::PrepareWrite),
        (Filesystem::Journal, Form::WriteBegin),
        (Filesystem::Journal, Form::WriteBeginTrims),
    ]),
};

pub(super) const EXT_3_PREPARE_FAILURE_COMMITS: Record = Record {
    id: "ext3-prepare-failure-commits",
    what: "a failed prepare_write commits the blocks before the one that it could not allocate, which raises the size",
    mend: "closes the handle and commits nothing",
    place: "ext3_prepare_failure",
    by: "Linux 2.6.20",
    named: "found here",
    since: "2.6.19",
    until: "2.6.24",
    scope: Scope::filesystems(&[(Filesystem::Journal, Form::PrepareWrite)]),
};
