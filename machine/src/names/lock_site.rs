//! Where in the kernel locks are taken.

macro_rules! sites {
    ($($(#[$doc:meta])* $name:ident $text:literal $($line:literal)?,)*) => {
        /// Where in the kernel a lock is taken.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Site { $($(#[$doc])* $name,)* }

        impl Site {
            /// The place, as the kernel names it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The line of the listing in Piggin's message of 2007-02-04 08:51 that this is, if it is one.
            #[must_use]
            pub const fn line(self) -> Option<char> {
                match self { $($(Self::$name => Some($line),)?)* _ => None }
            }
        }
    };
}

sites! {
    /// The write or truncate system call takes the inode's lock.
    InodeMutex "the system call (i_mutex)",
    /// The write path finds and locks its destination.
    GrabCachePage "grab_cache_page" '2',
    /// The write path takes its destination's lock again.
    RelockPage "lock_page again" '2',
    /// A fault of the user copy.
    CopyMmapSem "the fault of copy_from_user" '6',
    /// The page that the fault of the user copy is for.
    CopyNopage "filemap_nopage under copy_from_user" '8',
    /// A fault of the prefault.
    PrefaultMmapSem "the fault of fault_in_pages_readable",
    /// The page that the prefault is for.
    PrefaultNopage "filemap_nopage under fault_in_pages_readable",
    /// A fault of a load or store.
    UserMmapSem "the fault of a load or store",
    /// The page that the fault is for.
    UserNopage "filemap_nopage under a load or store",
    /// `munmap`, `mremap`, `madvise`, `mlock`.
    MmapSemWrite "the system call (mmap_sem for writing)" 'b',
    /// `make_pages_present`.
    GetUserPagesNopage "filemap_nopage under get_user_pages" 'f',
    /// `get_user_pages` called by the write path.
    GetUserPagesMmapSem "get_user_pages of the write path",
    /// `do_generic_mapping_read`.
    ReadPage "do_generic_mapping_read",
    /// `truncate_inode_pages`.
    TruncatePage "truncate_inode_pages",
    /// `block_truncate_page`.
    TruncateBlock "block_truncate_page",
    /// A hole punch.
    PunchPage "the hole punch",
    /// `invalidate_inode_pages2`.
    InvalidatePage "invalidate_inode_pages2",
    /// `shrink_page_list`.
    ReclaimPage "shrink_page_list",
    /// Writeback.
    WritebackPage "write_cache_pages",
    /// A page of the gap before a write past the end.
    GapPage "cont_prepare_write (a page of the gap)",
    /// A page that was just added to the cache.
    AddToPageCache "add_to_page_cache",
    /// `wait_on_buffer` and its like.
    WaitForDisk "waiting for the disk",
    /// The write path makes truncate and `readpage` keep away.
    KeepAway "the write path (its page flag)" '2',
    /// `kmap`.
    Kmap "kmap",
    /// The write path keeps its source from being unmapped.
    Unpaging "the write path (its unpaging lock)",
    /// Ptes are about to be removed.
    Unmap "unmapping",
    /// An allocation that may not fail.
    DirectReclaim "try_to_free_pages",
    /// `journal_start`.
    JournalStart "journal_start",
    /// `journal_commit_transaction`.
    JournalCommit "journal_commit_transaction",
    /// A local operation needs the cluster's lock.
    ClusterLock "the cluster's lock, here",
    /// Another node needs it.
    ClusterDemotion "the cluster's lock, for another node",
    /// Looking at everything at rest.
    AtRest "the look at rest",
}
