//! How a case is run on a real kernel, in addition to what the case itself says.

use case::Case;
use std::fmt;

/// How a case is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manner {
    /// Whether all tasks run at once, instead of by the case's schedule.
    pub racing: bool,
    /// How the harness looks at the files at each stop of a write.
    pub observers: Observers,
    /// Whether power is lost before each write to the disk too, and not only where the case says.
    pub prefixes: bool,
    /// Whether the memory that will be allocated next is filled with markers before each operation and at each stop.
    /// This takes longer than everything else.
    pub sprayed: bool,
    /// How the files are read after all tasks have returned.
    pub looks: FinalLooks,
}

/// How files are read at each stop of a write, while other tasks are stopped too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Observers {
    /// Their size, and what can be read without waiting (`RWF_NOWAIT`).
    pub cache: bool,
    /// Through a new shared mapping, so that each page is faulted in, and once more when the pages are there.
    pub mapping: bool,
    /// By a read that may have to wait, for a lock of the writer for example; the writer goes on after a while.
    pub waiting: bool,
}

impl Observers {
    /// Nobody looks.
    pub const NONE: Self = Self { cache: false, mapping: false, waiting: false };
}

/// How files are read after all tasks have returned. A read through the cache fills the cache, and can hide what is
/// wrong on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FinalLooks {
    /// By `read(2)`, from the cache or the disk.
    pub read: bool,
    /// Through a mapping, up to the end of the last page, past the end of the file.
    pub mapping: bool,
    /// By `read(2)`, after everything was written back and dropped.
    pub evicted: bool,
}

impl FinalLooks {
    /// All of them.
    pub const ALL: Self = Self { read: true, mapping: true, evicted: true };
}

impl Default for Manner {
    /// By the schedule, without observers.
    fn default() -> Self {
        Self { racing: false, observers: Observers::NONE, prefixes: false, sprayed: false, looks: FinalLooks::ALL }
    }
}

/// The prefix of the comment that says how a case is run.
const PREFIX: &str = "manner:";

impl Manner {
    /// Reads it from the comments of a case; `None` if no comment says it.
    #[must_use]
    pub fn of(case: &Case) -> Option<Self> {
        let words = case.comments.iter().find_map(|it| it.trim().strip_prefix(PREFIX))?;
        let has = |word: &str| words.split_whitespace().any(|it| it == word);
        let observers =
            Observers { cache: has("observed"), mapping: has("observed-mapping"), waiting: has("observed-waiting") };
        let looks = FinalLooks { read: has("read"), mapping: has("mapping"), evicted: has("evicted") };
        Some(Self { racing: has("racing"), observers, prefixes: has("prefixes"), sprayed: has("sprayed"), looks })
    }

    /// The comment that says so.
    #[must_use]
    pub fn comment(self) -> String {
        format!("{PREFIX} {self}")
    }
}

impl fmt::Display for Manner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { racing, observers, prefixes, sprayed, looks: FinalLooks { read, mapping, evicted } } = *self;
        f.write_str(if racing { "racing" } else { "scheduled" })?;
        let words = [
            (observers.cache, "observed"),
            (observers.mapping, "observed-mapping"),
            (observers.waiting, "observed-waiting"),
            (prefixes, "prefixes"),
            (sprayed, "sprayed"),
            (read, "read"),
            (mapping, "mapping"),
            (evicted, "evicted"),
        ];
        words.iter().filter(|(on, _)| *on).try_for_each(|(_, word)| write!(f, " {word}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_remembers_how_it_was_run() {
        let looks = FinalLooks { read: true, mapping: false, evicted: true };
        let observers = Observers { cache: true, mapping: false, waiting: true };
        for manner in [Manner::default(), Manner { racing: true, observers, prefixes: true, sprayed: true, looks }] {
            let mut case = Case::default();
            assert_eq!(Manner::of(&case), None);
            case.comments.push(manner.comment());
            assert_eq!(Manner::of(&case), Some(manner));
        }
    }
}
