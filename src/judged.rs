//! Histories that were judged already: of strategies with which everybody saw the same at the same steps, one is judged
//! for all.

use crate::runner::Run;
use oracle::{Checker, History, Profile, Verdict};

/// Histories that are kept at most: as many as there are strategies, or so.
const MOST: usize = 32;

/// What was judged since it was last emptied.
#[derive(Debug, Default)]
pub(crate) struct Judged {
    /// Entries, and their memory for later.
    entries: Vec<Entry>,
    used: usize,
}

#[derive(Debug, Default)]
struct Entry {
    /// The hash of the run, to look at few histories only.
    hash: u64,
    history: History,
    verdicts: Vec<Verdict>,
}

impl Judged {
    /// Forgets everything.
    pub const fn clear(&mut self) {
        self.used = 0;
    }

    /// The verdicts on the history of a run: those on an equal one that is known, or else the checker's. That sees
    /// nothing but the history, so that equal ones get equal verdicts.
    pub fn check<'j>(&'j mut self, run: Run<'_>, checker: &'j mut Checker, profile: Profile) -> &'j [Verdict] {
        let known = &self.entries[..self.used];
        if let Some(at) = known.iter().position(|it| it.hash == run.hash && it.history == *run.history) {
            return &self.entries[at].verdicts;
        }
        let verdicts = checker.check(run.history, profile);
        if self.used == MOST {
            return verdicts;
        }
        if self.used == self.entries.len() {
            self.entries.push(Entry::default());
        }
        let entry = &mut self.entries[self.used];
        self.used += 1;
        entry.hash = run.hash;
        entry.history.copy_from(run.history);
        entry.verdicts.clear();
        entry.verdicts.extend_from_slice(verdicts);
        verdicts
    }
}
