//! A verdict: one violation of one rule, with everything needed to understand it.

use crate::{Cell, Clock, FileId, Notation, OperationId, Way};

macro_rules! named {
    ($(#[$outer:meta])* $name:ident { $(#[doc = $about:literal] $variant:ident => $text:literal,)* }) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $(#[doc = $about] $variant,)* }

        impl $name {
            /// All of them, in order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in cases, reports and JSON.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// What it is, in a sentence.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Self::$variant => $about.trim_ascii_start(),)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, ()> {
                Self::ALL.iter().copied().find(|it| it.as_str() == text).ok_or(())
            }
        }
    };
}

named! {
    /// What was seen, from the worst to the mildest: a bad cell is given the first class that fits.
    Class {
        /// Memory that nobody initialised.
        Uninit => "UNINIT",
        /// What a disk block held before it was allocated to this file.
        StaleBlock => "STALE_BLOCK",
        /// Another file's data.
        ForeignFile => "FOREIGN_FILE",
        /// This file's data at another offset.
        Misplaced => "MISPLACED",
        /// Data past what the write said it had written.
        Overrun => "OVERRUN",
        /// Data past the end of the file.
        EofPollution => "EOF_POLLUTION",
        /// Data that a truncate had cut off.
        Resurrected => "RESURRECTED",
        /// An older version came back and went again.
        Rollback => "ROLLBACK",
        /// An older version came back and stayed.
        LostWrite => "LOST_WRITE",
        /// Zeroes that nobody wrote.
        Zero => "ZERO",
        /// A read saw part of a write (where reads are atomic).
        Torn => "TORN",
        /// A size that the file never had.
        Size => "SIZE",
        /// A return value that the call cannot have.
        Return => "RETURN",
        /// A short read away from the end of the file.
        ShortRead => "SHORT_READ",
        /// Two appends overlap, or leave a gap.
        AppendOverlap => "APPEND_OVERLAP",
        /// A block owned twice, by nobody, or past the end of its file.
        LeakedBlock => "LEAKED_BLOCK",
        /// Tasks wait for one another for ever.
        Deadlock => "DEADLOCK",
        /// An operation never finishes although nothing is in its way.
        Livelock => "LIVELOCK",
        /// The kernel broke a rule of its own.
        Oops => "OOPS",
        /// The code under test panicked.
        Panic => "PANIC",
        /// The code under test ran out of stack.
        StackOverflow => "STACK_OVERFLOW",
        /// The code under test kept its turn for ever.
        Hang => "HANG",
        /// None of these.
        Garbage => "GARBAGE",
    }
}

named! {
    /// A rule of the oracle: see `docs/rules.md`.
    Rule {
        /// A read returns a version that is current at some moment of the read.
        R1 => "R1",
        /// No new-to-old inversion between reads in order.
        R2 => "R2",
        /// Whole reads are atomic against whole writes.
        R3 => "R3",
        /// Overlapping writes look like some serial order at rest; appends tile.
        R4 => "R4",
        /// Reads end where a size that was legal during them says.
        S1 => "S1",
        /// A write's own range is never a reason for zeroes.
        S2 => "S2",
        /// No short read away from the end of the file.
        S3 => "S3",
        /// The return value of a write.
        S4 => "S4",
        /// Nothing changes past what a write said it had written.
        S5 => "S5",
        /// What a truncate cut off does not come back.
        S6 => "S6",
        /// Mappings see what reads see; past the end there are zeroes or `SIGBUS`.
        S7 => "S7",
        /// A byte written is one that its source held during the write.
        S8 => "S8",
        /// What was synced survives a crash.
        S9 => "S9",
        /// Every block has exactly one owner or is free.
        S10 => "S10",
        /// No deadlock.
        L1 => "L1",
        /// No livelock.
        L2 => "L2",
        /// The kernel keeps its own rules.
        K1 => "K1",
        /// The code under test comes back from every call.
        K2 => "K2",
    }
}

named! {
    /// Whether what was wrong is still there when everything has come to rest.
    Persistence {
        /// It was gone at rest.
        Transient => "transient",
        /// It was there at rest.
        Persistent => "persistent",
    }
}

named! {
    /// Which kernel's promises are held against a history.
    Profile {
        /// What POSIX promises: whole reads are atomic.
        PosixStrict => "posix-strict",
        /// What Linux promises on most filesystems.
        Linux => "linux",
        /// What XFS promises: reads are serialised against writes.
        Xfs => "xfs",
    }
}

/// One violation of one rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What was seen.
    pub class: Class,
    /// Whether it was still there at rest; `None` where that makes no sense (a deadlock) or could not be looked at.
    pub persistence: Option<Persistence>,
    /// The rule that it breaks.
    pub rule: Rule,
    /// The file, if one is concerned.
    pub file: Option<FileId>,
    /// The range in the file, in cells.
    pub start: u32,
    /// One past the last cell of the range.
    pub end: u32,
    /// The operation that saw it or did it; `None` if it was seen at rest.
    pub operation: Option<OperationId>,
    /// How it was seen at rest, if it was seen there.
    pub way: Option<Way>,
    /// The other operations involved: writers and truncates that touch the range, the tasks of a cycle.
    pub involved: Vec<OperationId>,
    /// What was seen in the range.
    pub seen: Vec<Cell>,
    /// What would have been legal there: one candidate for each cell (the newest legal version).
    pub expected: Vec<Cell>,
    /// The step at which it was seen.
    pub step: Clock,
    /// For a deadlock: the thread's notation.
    pub notation: Option<Notation>,
    /// One sentence for a person.
    pub message: String,
}
