//! What a fuzz target makes of a verdict that no known cause explains: a crash that says what to type next, or a line
//! in a record.

use super::state::State;
use crate::cause::{Cause, Inquiry, Stay, is_known_but, mend_too};
use crate::judge::{Judge, Signature};
use crate::reduce::reduce;
use case::Case;
use machine::{DefectSet, Strategy};
use oracle::Profile;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// A finding whose cause is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFinding {
    /// What was found.
    pub signature: Signature,
    /// Without which defects it does not come.
    pub cause: Cause,
    /// The smallest case that shows it.
    pub case: Case,
}

impl NewFinding {
    /// Shrinks what a case shows.
    ///
    /// # Panics
    /// If the case runs differently the second time: a bug of ours, and no less a crash.
    #[must_use]
    pub fn shrunk(judge: &mut Judge, case: &Case, strategy: &'static Strategy, new: New) -> Self {
        let New { signature, cause, schedule } = new;
        let mut case = case.clone();
        if cause.is_unexplained() {
            mend_too(&mut case, DefectSet::ALL);
            case.schedule = schedule;
            case.schedule.truncate(Case::MAX_SLICES);
        }
        let small = reduce(judge, &case, strategy, &signature, &mut |_| {});
        Self { signature, cause, case: small.unwrap_or_else(|error| panic!("{signature}: {error}\n{case}")) }
    }

    /// By what it is told from other crashes.
    #[must_use]
    pub fn state(&self) -> State {
        State::of_finding(&self.signature, &self.cause)
    }

    /// What was found, why it comes, and the commands that say more about it, those for the strategy's author first.
    #[must_use]
    pub fn report(&self) -> String {
        let Self { signature, cause, case } = self;
        let (strategy, state) = (signature.strategy, self.state());
        let meaning = if cause.is_unexplained() {
            "It stays with every defect mended: a line is wrong that no defect names, or the machine or the oracle is."
        } else {
            "It goes when that is mended, and the registry does not know that to be here."
        };
        let command = |name: &str| format!("cargo run --release -- {name} --strategy {strategy} finding.case");
        let [run, explain, why, shrink, adopt] = ["run", "explain", "why", "shrink", "adopt"].map(command);
        format!(
            "{state}\nnew: {signature}\ncause: {cause}\n{meaning}\n\n\
             cat > finding.case <<'END'\n{case}END\n\
             # For the strategy's author: it happens again, how it comes, and without which defects it does not.\n\
             {run}\n{explain}\n{why}\n\
             # For whoever keeps the harness: a smaller case, and a place for it in the corpus once its cause has a name.\n\
             {shrink}\n{adopt} --new new\n"
        )
    }
}

/// What a sieve lets through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct New {
    /// What was found. If it is unexplained, with every defect mended.
    pub signature: Signature,
    /// Without which defects it does not come.
    pub cause: Cause,
    /// If it is unexplained, the schedule with which it stays.
    schedule: Vec<case::Slice>,
}

/// How many known causes are tried on a finding before it is asked for its own.
const MOST_TRIED: usize = 8;

/// What is done with findings: those whose cause is known fall through.
#[derive(Debug)]
pub struct Sieve {
    inquiry: Inquiry,
    /// How often each was seen. Its cause is asked for the first time, and then more and more rarely; whether it goes
    /// with every defect mended is looked at each time.
    seen: BTreeMap<Signature, u64>,
    /// The causes that were found, the last one that was recognised first.
    causes: Vec<Cause>,
    /// What is taken for new all the same.
    forgotten: DefectSet,
    /// Where what is found for the first time is written down, instead of a crash.
    record: Option<Record>,
}

#[derive(Debug)]
struct Record {
    file: File,
    executions: u64,
    written: BTreeSet<Signature>,
}

impl Default for Sieve {
    fn default() -> Self {
        Self {
            inquiry: Inquiry::new(Profile::Linux),
            seen: BTreeMap::new(),
            causes: Vec::new(),
            forgotten: DefectSet::NONE,
            record: None,
        }
    }
}

impl Sieve {
    /// Nothing is a crash: each signature is written to this file once, with its cause and the executions that it took.
    /// This is how engines are compared.
    ///
    /// # Errors
    /// If the file cannot be made.
    pub fn recording(path: &Path) -> io::Result<Self> {
        let record = Record { file: File::create(path)?, executions: 0, written: BTreeSet::new() };
        Ok(Self { record: Some(record), ..Self::default() })
    }

    /// What these defects cause is taken for new: so a crash, its report and its minimisation can be rehearsed.
    #[must_use]
    pub const fn forgetting(mut self, forgotten: DefectSet) -> Self {
        self.forgotten = forgotten;
        self
    }

    /// What it takes for new though the registry has it.
    #[must_use]
    pub const fn forgotten(&self) -> DefectSet {
        self.forgotten
    }

    /// One more input.
    pub fn count(&mut self) {
        if let Some(record) = &mut self.record {
            record.executions += 1;
        }
    }

    /// The first of these, which a case shows with its schedule, that is new.
    ///
    /// # Panics
    /// If the record cannot be written.
    pub fn first_new(&mut self, case: &Case, strategy: &'static Strategy, signatures: &[Signature]) -> Option<New> {
        let Some(record) = &mut self.record else {
            return signatures.iter().find_map(|it| self.sifted(case, strategy, it));
        };
        for signature in signatures {
            if record.written.insert(*signature) {
                let cause = self.inquiry.cause(case, strategy, signature);
                let line = json!({ "executions": record.executions, "finding": signature, "cause": cause });
                writeln!(record.file, "{line}").expect("the record can be written");
            }
        }
        None
    }

    fn sifted(&mut self, case: &Case, strategy: &'static Strategy, signature: &Signature) -> Option<New> {
        let times = self.seen.entry(*signature).or_default();
        *times += 1;
        let is_due = times.is_power_of_two();
        let mut stay = self.inquiry.stays_here(case, strategy, signature);
        if stay.is_none() {
            if !is_due || self.is_recognised(case, strategy, signature) {
                return None;
            }
            stay = self.inquiry.stays(case, strategy, signature);
        }
        let new = match stay {
            Some(Stay { signature, schedule, .. }) => New { signature, cause: Cause::UNEXPLAINED, schedule },
            None => {
                let cause = self.inquiry.explained(case, strategy, signature);
                New { signature: *signature, cause, schedule: Vec::new() }
            }
        };
        if !is_known_but(self.forgotten, &new.cause, &new.signature) {
            return Some(new);
        }
        if !self.causes.contains(&new.cause) {
            self.causes.insert(0, new.cause);
        }
        None
    }

    /// Whether it goes with what was the cause of another finding, and that is known here: that takes a run each, and
    /// an inquiry some hundreds.
    fn is_recognised(&mut self, case: &Case, strategy: &'static Strategy, signature: &Signature) -> bool {
        let Self { inquiry, causes, forgotten, .. } = self;
        let known =
            causes.iter().enumerate().filter(|(_, it)| is_known_but(*forgotten, it, signature)).take(MOST_TRIED);
        let mut sets = known.filter_map(|(at, it)| Some((at, *it.sets().first()?)));
        let Some((at, _)) = sets.find(|(_, set)| inquiry.goes_with(*set, case, strategy, signature)) else {
            return false;
        };
        causes[..=at].rotate_right(1);
        true
    }
}
