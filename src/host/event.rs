//! What a worker tells, one JSON object a line.

use ::host::Manner;
use ::host::search::{Finding, Search, Wrong};
use oracle::Class;
use serde::{Deserialize, Serialize};

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// Something was found.
    Finding(Box<Found>),
    /// So much was done so far; several times a second.
    Progress(Totals),
    /// A case that was asked for was run.
    Ran(Box<Replayed>),
    /// The worker cannot go on.
    Failed {
        /// Why.
        message: String,
    },
}

/// What a case that was asked for has shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replayed {
    /// Which of those asked for.
    pub number: usize,
    /// How often it was run.
    pub times: u32,
    /// What it shows.
    pub findings: Vec<Repeated>,
    /// How many runs showed nothing because something could not be done here.
    pub inconclusive: u32,
    /// What of it could not be had here.
    pub limits: Vec<String>,
}

/// What some runs of a case showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeated {
    /// What it is.
    #[serde(flatten)]
    pub shown: Shown,
    /// In how many of them.
    pub times: u32,
    /// The known fault behind it.
    pub cause: Option<String>,
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

impl Shown {
    /// Whether it shows what memory, a disk block or another file held.
    #[must_use]
    pub fn is_sensitive(&self) -> bool {
        [Class::Uninit, Class::StaleBlock, Class::ForeignFile].iter().any(|it| it.as_str() == self.class)
    }

    /// What everybody may read of it: of what is sensitive, no more than class and rule.
    #[must_use]
    pub fn in_public(&self) -> Self {
        if !self.is_sensitive() {
            return self.clone();
        }
        Self { message: "memory, a disk block or another file shows".to_owned(), details: Vec::new(), ..self.clone() }
    }
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
    /// The known fault behind it.
    pub cause: Option<String>,
    /// What it looked like before memory was sprayed, if it is uninitialised memory.
    pub face: Option<String>,
    /// Whether that memory was told before, with another face.
    pub told_before: bool,
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
            cause: finding.cause.clone(),
            face: finding.face.map(|it| {
                let persistence = it.persistence.map_or_else(String::new, |it| format!(" {it}"));
                format!("{}{persistence} ({})", it.class, it.rule)
            }),
            told_before: finding.told_before,
        }
    }
}

impl Found {
    /// What to say if it looked like something else at first.
    #[must_use]
    pub fn memory(&self) -> Option<String> {
        self.face.as_ref().map(|face| {
            format!("without free memory sprayed just before it looks like {face}: like what that memory held last")
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
    /// Runs that showed nothing because something could not be done here.
    #[serde(default)]
    pub inconclusive: u64,
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
            inconclusive: totals.inconclusive,
            limits: totals.limits.words().collect(),
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
        self.inconclusive += other.inconclusive;
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

    fn found(class: Class, face: Option<Class>) -> Found {
        let signature =
            |class| Signature { class, persistence: Some(Persistence::Persistent), rule: Rule::R1, cycle: None };
        let wrong = Wrong { signature: signature(class), message: String::new(), details: String::new(), change: None };
        let (case, manner) = (case::Case::default(), Manner::default());
        Found::new(&Finding {
            wrong,
            case,
            manner,
            repeats: 10,
            uninit_if_sprayed: if face.is_some() { 9 } else { 0 },
            at_case: 1,
            hang: Vec::new(),
            cause: None,
            face: face.map(signature),
            told_before: false,
        })
    }

    #[test]
    fn memory_is_sensitive_and_its_other_face_is_told() {
        let plain = found(Class::LostWrite, None);
        assert!(!plain.sensitive && plain.memory().is_none());
        let memory = found(Class::Uninit, Some(Class::LostWrite));
        assert!(memory.sensitive);
        assert!(memory.memory().is_some_and(|it| it.contains("LOST_WRITE persistent (R1)")));
        let named = found(Class::Uninit, None);
        assert!(named.sensitive && named.memory().is_none());
    }

    #[test]
    fn of_what_is_sensitive_only_class_and_rule_are_public() {
        let wrong = |class| Shown { details: vec!["0x00 secret".to_owned()], ..found(class, None).shown };
        assert_eq!(wrong(Class::Uninit).in_public().details, Vec::<String>::new());
        assert_eq!(wrong(Class::StaleBlock).in_public().class, "STALE_BLOCK");
        assert_eq!(wrong(Class::Zero).in_public().details, ["0x00 secret"]);
    }
}
