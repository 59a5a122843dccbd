//! What a search has reached: which operation met a page or a block in which state, which operations met on a page,
//! which faults struck, which rules had something to decide. Counted in runs.

use crate::judge::{Events, Run};
use case::{Case, Injection, TaskOperation};
use machine::{BlockFlag, Event, PageFlag, PageId};
use oracle::{Exercised, Rule};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A table of the coverage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Area {
    /// An operation that was called, and one that returned.
    Call,
    /// An operation, and a state of a page that it saw or made.
    PageState,
    /// An operation, and a state of a block of a page that it made.
    BlockState,
    /// Two operations that touched the same page.
    Pair,
    /// A fault that struck an operation.
    Fault,
    /// A rule that had something to decide.
    Rule,
}

impl Area {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Call, Self::PageState, Self::BlockState, Self::Pair, Self::Fault, Self::Rule];
}

/// One cell of a table: its row and its column.
type Place = (Area, &'static str, &'static str);

/// In how many runs each place was reached.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    runs: BTreeMap<Place, u64>,
    /// Of the run that is looked at.
    reached: BTreeSet<Place>,
    touched: BTreeMap<PageId, BTreeSet<&'static str>>,
    /// Which page is mapped where.
    mapped: BTreeMap<(u8, u32), PageId>,
}

const CALLED: &str = "called";
const RETURNED: &str = "returned";
/// What the disk does, as an operation.
const DISK: &str = "disk";

impl Coverage {
    /// Adds a recorded run. Nothing is counted of a subject's.
    pub fn add(&mut self, case: &Case, run: &Run<'_>) {
        let Events::Machine(events) = run.events else { return };
        self.reached.clear();
        self.touched.clear();
        self.mapped.clear();
        let words: Vec<&'static str> =
            case.tasks.iter().flat_map(|task| &task.operations).map(TaskOperation::word).collect();
        let mut current: BTreeMap<u8, &'static str> = BTreeMap::new();
        for it in events {
            match it.event {
                Event::Invoke(id) => {
                    current.insert(it.runner, words[id.index()]);
                    self.reached.insert((Area::Call, words[id.index()], CALLED));
                }
                Event::Return(id, _) => _ = self.reached.insert((Area::Call, words[id.index()], RETURNED)),
                Event::Map { memory, index, page } => _ = self.mapped.insert((memory.0, index), page),
                _ => {}
            }
            let word = if it.runner == schedule::DISK { Some(&DISK) } else { current.get(&it.runner) };
            if let Some(word) = word {
                self.event(word, it.event);
            }
        }
        for words in self.touched.values() {
            for first in words {
                for second in words.range(*first..) {
                    self.reached.insert((Area::Pair, first, second));
                }
            }
        }
        for place in &self.reached {
            *self.runs.entry(*place).or_default() += 1;
        }
    }

    fn event(&mut self, word: &'static str, event: Event) {
        match event {
            Event::Saw { page, flag, on } | Event::Flag { page, flag, on } => {
                self.reached.insert((Area::PageState, word, page_state(flag, on)));
                self.touch(page, word);
            }
            Event::Blocks { page, flag, on, .. } => {
                self.reached.insert((Area::BlockState, word, block_state(flag, on)));
                self.touch(page, word);
            }
            Event::CopyIn { page, .. }
            | Event::CopyOut { page, .. }
            | Event::Store { page, .. }
            | Event::Clear { page, .. }
            | Event::Map { page, .. }
            | Event::Cache { page, .. }
            | Event::Uncache { page, .. } => self.touch(page, word),
            Event::Unmap { memory, index } => {
                if let Some(page) = self.mapped.remove(&(memory.0, index)) {
                    self.touch(page, word);
                }
            }
            Event::Injected(kind) => _ = self.reached.insert((Area::Fault, word, fault(kind))),
            _ => {}
        }
    }

    fn touch(&mut self, page: PageId, word: &'static str) {
        self.touched.entry(page).or_default().insert(word);
    }

    /// What the rules of a judge had to decide.
    pub fn rules(&mut self, exercised: &Exercised) {
        for rule in Rule::ALL {
            *self.runs.entry((Area::Rule, rule.as_str(), "exercised")).or_default() += exercised.rule(*rule);
        }
    }

    /// What another search has reached as well.
    pub fn merge(&mut self, other: &Self) {
        for (place, runs) in &other.runs {
            *self.runs.entry(*place).or_default() += runs;
        }
    }

    /// In how many runs a place was reached.
    #[must_use]
    pub fn runs(&self, area: Area, row: &'static str, column: &'static str) -> u64 {
        let (row, column) = if area == Area::Pair { (row.min(column), row.max(column)) } else { (row, column) };
        self.runs.get(&(area, row, column)).copied().unwrap_or(0)
    }

    /// The rows and columns of a table: those that can be reached in principle.
    #[must_use]
    pub fn shape(area: Area) -> (Vec<&'static str>, Vec<&'static str>) {
        let operations = || TaskOperation::WORDS.to_vec();
        let with_disk = || operations().into_iter().chain([DISK]).collect();
        match area {
            Area::Call => (operations(), vec![CALLED, RETURNED]),
            Area::PageState => (with_disk(), states(&PAGE_FLAGS, page_state)),
            Area::BlockState => (with_disk(), states(&BLOCK_FLAGS, block_state)),
            Area::Pair => (operations(), operations()),
            Area::Fault => (with_disk(), Injection::WORDS.to_vec()),
            Area::Rule => (Rule::ALL.iter().map(|it| it.as_str()).collect(), vec!["exercised"]),
        }
    }
}

const PAGE_FLAGS: [PageFlag; 7] = [
    PageFlag::Uptodate,
    PageFlag::Dirty,
    PageFlag::Writeback,
    PageFlag::Error,
    PageFlag::Private,
    PageFlag::MappedToDisk,
    PageFlag::KeepAway,
];

const BLOCK_FLAGS: [BlockFlag; 6] =
    [BlockFlag::Mapped, BlockFlag::New, BlockFlag::Uptodate, BlockFlag::Dirty, BlockFlag::Locked, BlockFlag::Delay];

fn states<F: Copy>(flags: &[F], word: impl Fn(F, bool) -> &'static str) -> Vec<&'static str> {
    flags.iter().flat_map(|flag| [word(*flag, true), word(*flag, false)]).collect()
}

const fn page_state(flag: PageFlag, on: bool) -> &'static str {
    match (flag, on) {
        (PageFlag::Uptodate, true) => "uptodate",
        (PageFlag::Uptodate, false) => "not uptodate",
        (PageFlag::Dirty, true) => "dirty",
        (PageFlag::Dirty, false) => "clean",
        (PageFlag::Writeback, true) => "under writeback",
        (PageFlag::Writeback, false) => "written back",
        (PageFlag::Error, true) => "error",
        (PageFlag::Error, false) => "error forgotten",
        (PageFlag::Private, true) => "buffers",
        (PageFlag::Private, false) => "buffers gone",
        (PageFlag::MappedToDisk, true) => "mapped to disk",
        (PageFlag::MappedToDisk, false) => "not mapped to disk",
        (PageFlag::KeepAway, true) => "keep away",
        (PageFlag::KeepAway, false) => "keep away no more",
    }
}

const fn block_state(flag: BlockFlag, on: bool) -> &'static str {
    match (flag, on) {
        (BlockFlag::Mapped, true) => "mapped",
        (BlockFlag::Mapped, false) => "unmapped",
        (BlockFlag::New, true) => "new",
        (BlockFlag::New, false) => "not new",
        (BlockFlag::Uptodate, true) => "uptodate",
        (BlockFlag::Uptodate, false) => "not uptodate",
        (BlockFlag::Dirty, true) => "dirty",
        (BlockFlag::Dirty, false) => "clean",
        (BlockFlag::Locked, true) => "locked",
        (BlockFlag::Locked, false) => "unlocked",
        (BlockFlag::Delay, true) => "delayed",
        (BlockFlag::Delay, false) => "placed",
    }
}

/// The word of a fault in a case. (The two lists are in one order: see the test.)
const fn fault(kind: oracle::FaultKind) -> &'static str {
    Injection::WORDS[kind as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_faults_of_cases_and_of_histories_are_in_one_order() {
        use oracle::FaultKind as Kind;
        let table = [
            (Kind::NoMemory, "enomem"),
            (Kind::NoSpace, "enospc"),
            (Kind::ReadError, "eio-read"),
            (Kind::WriteError, "eio-write"),
            (Kind::TruncatedPage, "truncated-page"),
            (Kind::PartialCommit, "partial-commit"),
            (Kind::FailedCommit, "failed-commit"),
            (Kind::Signal, "signal"),
        ];
        for (kind, word) in table {
            assert_eq!(fault(kind), word);
        }
    }
}
