//! What a worker tells, one JSON object a line.

use ::host::Manner;
use ::host::search::{Finding, Search, Wrong};
use serde::{Deserialize, Serialize};

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// Something was found.
    Finding(Box<Found>),
    /// So much was done so far; several times a second.
    Progress(Totals),
    /// A case that was asked for was run: all that it shows.
    Ran {
        /// Which of those asked for.
        number: usize,
        /// What it shows.
        shown: Vec<Shown>,
        /// What of it could not be had here.
        limits: Vec<String>,
    },
    /// The worker cannot go on.
    Failed {
        /// Why.
        message: String,
    },
}

/// What is wrong with a run, as text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shown {
    /// What was seen.
    pub class: String,
    /// `transient`, `persistent`, or nothing.
    pub persistence: Option<String>,
    /// The rule that it breaks.
    pub rule: String,
    /// For a deadlock, its notation.
    pub cycle: Option<String>,
    /// In one sentence.
    pub message: String,
    /// Where, with which operations, and cell by cell what was seen and what was expected.
    pub details: Vec<String>,
}

impl From<&Wrong> for Shown {
    fn from(wrong: &Wrong) -> Self {
        let it = wrong.signature;
        let lost = wrong.change.map(|change| format!("power was lost before change {change} of the disk"));
        Self {
            class: it.class.to_string(),
            persistence: it.persistence.map(|it| it.to_string()),
            rule: it.rule.to_string(),
            cycle: it.cycle.map(|it| it.as_str().to_owned()),
            message: wrong.message.clone(),
            details: wrong.details.lines().map(str::to_owned).chain(lost).collect(),
        }
    }
}

/// A finding as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// What it is.
    #[serde(flatten)]
    pub shown: Shown,
    /// Whether it shows what memory or another file held.
    pub sensitive: bool,
    /// The smallest case that shows it, with its manner as a comment.
    pub text: String,
    /// How often it came again.
    pub repeats: u32,
    /// Of how many times.
    pub of: u32,
    /// How often it showed uninitialised memory when free memory was sprayed just before, of as many times.
    pub uninit_if_sprayed: u32,
    /// At which of the worker's cases it was seen first.
    pub at_case: u64,
    /// What the kernel says of tasks that hang.
    pub hang: Vec<String>,
}

impl Found {
    /// A finding of a filesystem with this expectation's name.
    #[must_use]
    pub fn new(finding: &Finding) -> Self {
        let mut case = finding.case.clone();
        case.comments
            .retain(|it| Manner::of(&case::Case { comments: vec![it.clone()], ..case::Case::default() }).is_none());
        case.comments.push(finding.manner.comment());
        Self {
            shown: (&finding.wrong).into(),
            sensitive: finding.is_sensitive(),
            uninit_if_sprayed: finding.uninit_if_sprayed,
            text: case.print(),
            repeats: finding.repeats,
            of: ::host::search::REPEATS,
            at_case: finding.at_case,
            hang: finding.hang.clone(),
        }
    }
}

impl Found {
    /// What to say if it shows memory under another name.
    #[must_use]
    pub fn memory(&self) -> Option<String> {
        let Self { uninit_if_sprayed: times, of, shown, .. } = self;
        let hides = *times > 0 && shown.class != oracle::Class::Uninit.as_str();
        hides.then(|| {
            format!(
                "with free memory sprayed just before it shows UNINIT, {times} of {of} times: it is memory that nobody had initialised, \
                 and looks like what that held last"
            )
        })
    }
}

/// What was done so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Generated cases.
    pub cases: u64,
    /// Runs, those for making findings small included.
    pub runs: u64,
    /// System calls of the cases' operations.
    pub calls: u64,
    /// Stops of operations at pages that were not there.
    pub stops: u64,
    /// Disks, as they were before a write to them, whose files were looked at.
    #[serde(default)]
    pub prefixes: u64,
    /// Those that were left out.
    #[serde(default)]
    pub prefixes_left_out: u64,
    /// Histories of which nothing is told, since they are right if bytes that fit two writes are read otherwise.
    #[serde(default)]
    pub read_otherwise: u64,
    /// What could not be had.
    pub limits: Vec<String>,
    /// Quirks that were seen, by name.
    pub quirks: Vec<(String, u64)>,
}

impl Totals {
    /// A search's.
    #[must_use]
    pub fn of(search: &Search) -> Self {
        let totals = &search.totals;
        Self {
            cases: totals.cases,
            runs: totals.runs,
            calls: totals.calls,
            stops: totals.stops,
            prefixes: totals.prefixes,
            prefixes_left_out: totals.prefixes_left_out,
            read_otherwise: totals.read_otherwise,
            limits: totals.limits.iter().map(|it| it.describe().to_owned()).collect(),
            quirks: search.quirks().map(|(name, count)| (name.to_owned(), count)).collect(),
        }
    }

    /// Adds another worker's.
    pub fn add(&mut self, other: &Self) {
        self.cases += other.cases;
        self.runs += other.runs;
        self.calls += other.calls;
        self.stops += other.stops;
        self.prefixes += other.prefixes;
        self.prefixes_left_out += other.prefixes_left_out;
        self.read_otherwise += other.read_otherwise;
        let limits = other.limits.iter().filter(|it| !self.limits.contains(it)).cloned().collect::<Vec<_>>();
        self.limits.extend(limits);
        for (name, count) in &other.quirks {
            match self.quirks.iter_mut().find(|(it, _)| it == name) {
                Some((_, sum)) => *sum += count,
                None => self.quirks.push((name.clone(), *count)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::host::search::{Signature, Wrong};
    use oracle::{Class, Persistence, Rule};

    fn found(class: Class, uninit_if_sprayed: u32) -> Found {
        let signature = Signature { class, persistence: Some(Persistence::Persistent), rule: Rule::R1, cycle: None };
        let wrong = Wrong { signature, message: String::new(), details: String::new(), change: None };
        let (case, manner) = (case::Case::default(), Manner::default());
        Found::new(&Finding { wrong, case, manner, repeats: 10, uninit_if_sprayed, at_case: 1, hang: Vec::new() })
    }

    #[test]
    fn memory_under_another_name_is_sensitive_and_is_told() {
        let plain = found(Class::LostWrite, 0);
        assert!(!plain.sensitive && plain.memory().is_none());
        let memory = found(Class::LostWrite, 9);
        assert!(memory.sensitive);
        assert!(memory.memory().is_some_and(|it| it.contains("UNINIT, 9 of 10 times")));
        let named = found(Class::Uninit, 9);
        assert!(named.sensitive && named.memory().is_none());
    }
}
