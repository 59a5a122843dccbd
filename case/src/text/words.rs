//! The words of the format: what each filesystem, form, fault and operation is called in a case.

use crate::model::{Case, Filesystem, Form, Injection, Invalidation, TaskOperation};

impl Case {
    /// What the first word of a line can be, behind the first line.
    pub const LINES: [&str; 11] =
        ["geometry", "machine", "fs", "file", "memory", "task", "fault", "schedule", "mended", "expect", "minimal"];
}

impl TaskOperation {
    /// The words of all operations.
    pub const WORDS: [&str; 20] = [
        "write",
        "append",
        "read",
        "stat",
        "load",
        "store",
        "truncate",
        "truncate-unlocked",
        "punch",
        "munmap",
        "mremap",
        "madvise-dontneed",
        "mlock",
        "reclaim-pte",
        "reclaim",
        "invalidate",
        "invalidate-all",
        "writeback",
        "fsync",
        "crash",
    ];

    /// Its word in a case.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Write { .. } => "write",
            Self::Append { .. } => "append",
            Self::Read { .. } => "read",
            Self::Stat { .. } => "stat",
            Self::Load { .. } => "load",
            Self::Store { .. } => "store",
            Self::Truncate { locked: true, .. } => "truncate",
            Self::Truncate { locked: false, .. } => "truncate-unlocked",
            Self::Punch { .. } => "punch",
            Self::Munmap { .. } => "munmap",
            Self::Mremap { .. } => "mremap",
            Self::DontNeed { .. } => "madvise-dontneed",
            Self::Mlock { .. } => "mlock",
            Self::ReclaimPte { .. } => "reclaim-pte",
            Self::Reclaim { .. } => "reclaim",
            Self::Invalidate { kind: Invalidation::Unused, .. } => "invalidate",
            Self::Invalidate { kind: Invalidation::All, .. } => "invalidate-all",
            Self::Writeback { .. } => "writeback",
            Self::Fsync { .. } => "fsync",
            Self::Crash => "crash",
        }
    }
}

impl Filesystem {
    /// Every filesystem.
    pub const ALL: [Self; 8] =
        [Self::Libfs, Self::Nobh, Self::Block, Self::Cont, Self::Journal, Self::Cluster, Self::Server, Self::Extent];

    /// Its word in a case.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Libfs => "libfs",
            Self::Nobh => "nobh",
            Self::Block => "block",
            Self::Cont => "cont",
            Self::Journal => "journal",
            Self::Cluster => "cluster",
            Self::Server => "server",
            Self::Extent => "extent",
        }
    }

    /// The filesystem of a word.
    #[must_use]
    pub fn from_word(word: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|filesystem| filesystem.word().as_bytes() == word)
    }
}

impl Form {
    /// Every form, the oldest first.
    pub const ALL: [Self; 10] = [
        Self::PrepareWrite,
        Self::BeforePatch1,
        Self::AfterPatch1,
        Self::Tmpfs,
        Self::Glock,
        Self::WriteBegin,
        Self::WriteBeginTrims,
        Self::WriteThrough,
        Self::WritebackCache,
        Self::Iomap,
    ];

    /// Its word in a case.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::PrepareWrite => "prepare-write",
            Self::BeforePatch1 => "before-patch-1",
            Self::AfterPatch1 => "after-patch-1",
            Self::Tmpfs => "tmpfs",
            Self::Glock => "glock",
            Self::WriteBegin => "write-begin",
            Self::WriteBeginTrims => "write-begin-trims",
            Self::WriteThrough => "write-through",
            Self::WritebackCache => "writeback-cache",
            Self::Iomap => "iomap",
        }
    }

    /// The form of a word.
    #[must_use]
    pub fn from_word(word: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.word().as_bytes() == word)
    }
}

impl Injection {
    /// The words of all faults.
    pub const WORDS: [&str; 8] =
        ["enomem", "enospc", "eio-read", "eio-write", "truncated-page", "partial-commit", "failed-commit", "signal"];

    /// Its word in a case.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NoMemory => "enomem",
            Self::NoSpace => "enospc",
            Self::ReadError => "eio-read",
            Self::WriteError => "eio-write",
            Self::TruncatedPage => "truncated-page",
            Self::PartialCommit { .. } => "partial-commit",
            Self::FailedCommit => "failed-commit",
            Self::Signal => "signal",
        }
    }

    /// The fault of a word; a partial commit of one cell.
    #[must_use]
    pub fn from_word(word: &[u8]) -> Option<Self> {
        Some(match word {
            b"enomem" => Self::NoMemory,
            b"enospc" => Self::NoSpace,
            b"eio-read" => Self::ReadError,
            b"eio-write" => Self::WriteError,
            b"truncated-page" => Self::TruncatedPage,
            b"partial-commit" => Self::PartialCommit { cells: 1 },
            b"failed-commit" => Self::FailedCommit,
            b"signal" => Self::Signal,
            _ => return None,
        })
    }
}

/// What is longer, in bytes, is like none of the words, and is not compared with them: a line can be as long as a file.
pub(crate) const LONGEST_WORD: usize = 80;

/// The word among `words` that somebody who wrote `written` most likely meant.
pub(crate) fn nearest<'w>(written: &str, words: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    if written.len() > LONGEST_WORD {
        return None;
    }
    words
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(written, word), word))
        .filter(|(distance, word)| *distance <= 1 + word.len() / 4 && *distance < word.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}
