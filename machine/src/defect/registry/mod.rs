//! The registry: every defect that the strategies, the filesystems and what they share are known to have.

mod filesystem;
mod ideas;
mod write_end;
mod write_path;

use super::Record;

/// Lists the defects. A new one needs a line here, its record, and a branch in the code.
macro_rules! defects {
    ($($name:ident: $module:ident::$record:ident,)*) => {
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
                match self { $(Self::$name => &$module::$record,)* }
            }
        }
    };
}

defects! {
    CommitsInFull: write_path::COMMITS_IN_FULL,
    AtomicCopyClears: write_path::ATOMIC_COPY_CLEARS,
    FailedCopyClears: write_path::FAILED_COPY_CLEARS,
    CopiesAgainFromTheStart: write_path::COPIES_AGAIN_FROM_THE_START,
    SizeRaisedInFull: write_path::SIZE_RAISED_IN_FULL,
    EmptySegmentsStay: write_path::EMPTY_SEGMENTS_STAY,
    TruncatedPageTakenForAPart: write_path::TRUNCATED_PAGE_TAKEN_FOR_A_PART,
    TrimsToStartOver: write_path::TRIMS_TO_START_OVER,
    CopyMissesARemoval: write_path::COPY_MISSES_A_REMOVAL,
    TempPageCommitsInFull: write_path::TEMP_PAGE_COMMITS_IN_FULL,
    KernelSourcesExempted: write_path::KERNEL_SOURCES_EXEMPTED,
    GupCommitsInFull: write_path::GUP_COMMITS_IN_FULL,
    GupGoesPastTheSegment: write_path::GUP_GOES_PAST_THE_SEGMENT,
    GupWithoutAnMm: write_path::GUP_WITHOUT_AN_MM,
    TwoKmapSlots: write_path::TWO_KMAP_SLOTS,
    FaultsWithThePageLocked: write_path::FAULTS_WITH_THE_PAGE_LOCKED,
    FailedCommitIsNotTrimmed: write_path::FAILED_COMMIT_IS_NOT_TRIMMED,
    InodeIsLockedBySegment: write_path::INODE_IS_LOCKED_BY_SEGMENT,
    TouchesMoreThanItNeeds: ideas::TOUCHES_MORE_THAN_IT_NEEDS,
    UnpagingLockNeedsAnMm: ideas::UNPAGING_LOCK_NEEDS_AN_MM,
    ZeroTailCommitsInFull: ideas::ZERO_TAIL_COMMITS_IN_FULL,
    ZeroTailForgetsFreshBlocks: ideas::ZERO_TAIL_FORGETS_FRESH_BLOCKS,
    ZeroLengthCommit: ideas::ZERO_LENGTH_COMMIT,
    IdeaCommitsInFull: ideas::IDEA_COMMITS_IN_FULL,
    UnlocksAPreparedPage: ideas::UNLOCKS_A_PREPARED_PAGE,
    GivesUpAfterTenTries: ideas::GIVES_UP_AFTER_TEN_TRIES,
    KeepsTheFaultAway: ideas::KEEPS_THE_FAULT_AWAY,
    ReadpageBetweenPrepareAndCommit: ideas::READPAGE_BETWEEN_PREPARE_AND_COMMIT,
    UnpagingLockIsTakenEarly: ideas::UNPAGING_LOCK_IS_TAKEN_EARLY,
    PrefaultIsIgnored: ideas::PREFAULT_IS_IGNORED,
    ClearsPastTheChunk: ideas::CLEARS_PAST_THE_CHUNK,
    SizeRaisedForNothing: write_end::SIZE_RAISED_FOR_NOTHING,
    Ext3SizeRaisedForNothing: write_end::EXT_3_SIZE_RAISED_FOR_NOTHING,
    Ext4SizeRaisedForNothing: write_end::EXT_4_SIZE_RAISED_FOR_NOTHING,
    SimpleSizeRaisedForNothing: write_end::SIMPLE_SIZE_RAISED_FOR_NOTHING,
    IomapSizeRaisedForNothing: write_end::IOMAP_SIZE_RAISED_FOR_NOTHING,
    RejectedCopyStays: write_end::REJECTED_COPY_STAYS,
    IomapRejectedCopyStays: write_end::IOMAP_REJECTED_COPY_STAYS,
    IomapIsHeldBack: write_end::IOMAP_IS_HELD_BACK,
    StaleMappingIsBelieved: write_end::STALE_MAPPING_IS_BELIEVED,
    BlocksPastTheEndStay: write_end::BLOCKS_PAST_THE_END_STAY,
    Ext3BlocksPastTheEndStay: write_end::EXT_3_BLOCKS_PAST_THE_END_STAY,
    SimplePrepareIsUptodateEarly: filesystem::SIMPLE_PREPARE_IS_UPTODATE_EARLY,
    NobhPrepareIsUptodateEarly: filesystem::NOBH_PREPARE_IS_UPTODATE_EARLY,
    NobhBelievesMappedToDisk: filesystem::NOBH_BELIEVES_MAPPED_TO_DISK,
    NobhPrepareFailureClears: filesystem::NOBH_PREPARE_FAILURE_CLEARS,
    NobhTruncateDirties: filesystem::NOBH_TRUNCATE_DIRTIES,
    NobhTruncateAllocates: filesystem::NOBH_TRUNCATE_ALLOCATES,
    PrepareFailureClears: filesystem::PREPARE_FAILURE_CLEARS,
    EmptyCommitTakesABlock: filesystem::EMPTY_COMMIT_TAKES_A_BLOCK,
    GapStays: filesystem::GAP_STAYS,
    GapCommitsTheBlockBehind: filesystem::GAP_COMMITS_THE_BLOCK_BEHIND,
    ClusterLockIsDroppedBeforeTheCommit: filesystem::CLUSTER_LOCK_IS_DROPPED_BEFORE_THE_COMMIT,
    ReadersTakeTurns: filesystem::READERS_TAKE_TURNS,
    PunchWithoutTheClusterLock: filesystem::PUNCH_WITHOUT_THE_CLUSTER_LOCK,
    DemotionSwallowsAWriteError: filesystem::DEMOTION_SWALLOWS_A_WRITE_ERROR,
    DemotionLosesStores: filesystem::DEMOTION_LOSES_STORES,
    FaultMissesAnInvalidation: filesystem::FAULT_MISSES_AN_INVALIDATION,
    TrimWithoutTheClusterLock: filesystem::TRIM_WITHOUT_THE_CLUSTER_LOCK,
    FsyncPersistsUnwrittenBlocks: filesystem::FSYNC_PERSISTS_UNWRITTEN_BLOCKS,
    FaultMissesATruncate: filesystem::FAULT_MISSES_A_TRUNCATE,
    FaultGivesUp: filesystem::FAULT_GIVES_UP,
    ReadSamplesTheSizeOnce: filesystem::READ_SAMPLES_THE_SIZE_ONCE,
    SizesOnTheWay: filesystem::SIZES_ON_THE_WAY,
    FailedTruncateLengthens: filesystem::FAILED_TRUNCATE_LENGTHENS,
    ShortAnswerStays: filesystem::SHORT_ANSWER_STAYS,
    CommitForgetsAStore: filesystem::COMMIT_FORGETS_A_STORE,
    ShortAnswerOfWriteEndStays: filesystem::SHORT_ANSWER_OF_WRITE_END_STAYS,
    ShortAnswerForgetsThePage: filesystem::SHORT_ANSWER_FORGETS_THE_PAGE,
    WriteEndClearsThePage: filesystem::WRITE_END_CLEARS_THE_PAGE,
    FailedCommitStays: filesystem::FAILED_COMMIT_STAYS,
    FailsAfterItsCommit: filesystem::FAILS_AFTER_ITS_COMMIT,
    Ext3PrepareFailureCommits: filesystem::EXT_3_PREPARE_FAILURE_COMMITS,
}
