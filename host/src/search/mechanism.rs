//! How a known fault of a kernel comes about: by an operation without which nothing is wrong.
//!
//! A finding has that cause if it looks like it, if such an operation was in the run, and if the same case with a look
//! at the size in that place is silent. So another fault with the same symptom is another finding.

use super::Signature;
use case::{Case, MemoryKind, TaskOperation};
use oracle::{Class, Errno, History, Outcome, Rule};
use std::fmt;
use std::str::FromStr;

/// An operation without which nothing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mechanism {
    /// A write that begins past the end of the file and fails with `EFAULT`.
    FailedWritePastTheEnd,
    /// A store through a shared mapping of a file that a write makes longer.
    StoreBesideAGrowingWrite,
}

impl Mechanism {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::FailedWritePastTheEnd, Self::StoreBesideAGrowingWrite];

    /// Its word in `real-kernels.json`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::FailedWritePastTheEnd => "failed-write-past-the-end",
            Self::StoreBesideAGrowingWrite => "store-beside-a-growing-write",
        }
    }

    /// Which operations of a run were such, by their numbers in the case.
    fn operations(self, case: &Case, history: &History) -> Vec<usize> {
        let outcomes = history.operations.iter().map(|it| it.outcome);
        let operations = case.tasks.iter().flat_map(|it| &it.operations).zip(outcomes);
        let is_it = |(operation, outcome): (&TaskOperation, Option<Outcome>)| match (self, operation) {
            (Self::FailedWritePastTheEnd, TaskOperation::Write { file, offset, .. }) => {
                outcome == Some(Outcome::Failed(Errno::EFAULT)) && *offset > least_size(case, *file)
            }
            (Self::StoreBesideAGrowingWrite, TaskOperation::Store { memory, .. }) => {
                match case.memories[*memory].kind {
                    MemoryKind::Map { file, shared: true, .. } => is_made_longer(case, file),
                    _ => false,
                }
            }
            _ => false,
        };
        operations.enumerate().filter(|(_, it)| is_it(*it)).map(|(number, _)| number).collect()
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Mechanism {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let all = || Self::ALL.map(Self::word).join(", ");
        Self::ALL.into_iter().find(|it| it.word() == word).ok_or_else(|| format!("no mechanism `{word}`: {}", all()))
    }
}

/// The smallest size that a file has at any time.
fn least_size(case: &Case, file: usize) -> u32 {
    let cut = case.tasks.iter().flat_map(|it| &it.operations).filter_map(|it| match it {
        TaskOperation::Truncate { file: it, size, .. } if *it == file => Some(*size),
        _ => None,
    });
    cut.chain([case.files[file].size]).min().unwrap_or(0)
}

/// Whether a write goes past the smallest size of the file.
fn is_made_longer(case: &Case, file: usize) -> bool {
    case.tasks.iter().flat_map(|it| &it.operations).any(|it| match it {
        TaskOperation::Write { file: it, offset, segments } if *it == file => {
            offset + segments.iter().map(|it| it.range.len()).sum::<u32>() > least_size(case, file)
        }
        TaskOperation::Append { file: it, .. } => *it == file,
        _ => false,
    })
}

/// A fault that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownFault {
    /// Its name.
    pub id: String,
    /// What it looks like.
    pub shows: Vec<(Class, Vec<Rule>)>,
    /// What it needs.
    pub mechanism: Mechanism,
}

impl KnownFault {
    /// Whether something looks like it.
    pub(super) fn looks_like(&self, signature: Signature) -> bool {
        self.shows.iter().any(|(class, rules)| *class == signature.class && rules.contains(&signature.rule))
    }

    /// The case with a look at the size in place of each operation that this fault needs; `None` if it does not look
    /// like this fault, or there was no such operation.
    pub(super) fn without(&self, case: &Case, history: &History, signature: Signature) -> Option<Case> {
        if !self.looks_like(signature) {
            return None;
        }
        let needed = self.mechanism.operations(case, history);
        if needed.is_empty() {
            return None;
        }
        let mut without = case.clone();
        let operations = without.tasks.iter_mut().flat_map(|it| &mut it.operations).enumerate();
        for (_, operation) in operations.filter(|(number, _)| needed.contains(number)) {
            let file = match operation {
                TaskOperation::Write { file, .. } => *file,
                TaskOperation::Store { memory, .. } => match case.memories[*memory].kind {
                    MemoryKind::Map { file, .. } => file,
                    MemoryKind::Anonymous => 0,
                },
                _ => 0,
            };
            *operation = TaskOperation::Stat { file };
        }
        Some(without)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oracle::Operation;

    const CASE: &str = "\
shortcopy case 1
geometry page 64 block 16
fs block
file a size 10 disk 0..16 cached -
memory m pages 1 resident - none 0
task w write a 30 [m 0..20]
task w write a 5 [m 0..20]
task u truncate a 20
";

    fn history(outcomes: &[Outcome]) -> History {
        let operations = outcomes.iter().map(|it| Operation { outcome: Some(*it), ..operation() }).collect();
        History { operations, ..History::default() }
    }

    fn operation() -> Operation {
        use oracle::{Call, FaultSet, Span, TaskId};
        Operation {
            task: TaskId(0),
            call: Call::Other,
            invoked: None,
            returned: None,
            outcome: None,
            observed: Span::default(),
            position: None,
            faults: FaultSet::default(),
        }
    }

    const SIZE: Signature = Signature { class: Class::Size, persistence: None, rule: Rule::S1, cycle: None };

    fn fault() -> KnownFault {
        KnownFault {
            id: "it".to_owned(),
            shows: vec![(Class::Size, vec![Rule::S1])],
            mechanism: Mechanism::FailedWritePastTheEnd,
        }
    }

    /// The write that begins inside the file is none, and neither is one that succeeds.
    #[test]
    fn only_the_failed_write_past_the_end_is_taken_out() {
        let case = Case::parse("it", CASE).expect("a case");
        let failed = Outcome::Failed(Errno::EFAULT);
        let seen = history(&[failed, failed, Outcome::Done(0)]);
        let without = fault().without(&case, &seen, SIZE).expect("there is one");
        assert_eq!(without.tasks[0].operations[0], TaskOperation::Stat { file: 0 });
        assert_eq!(without.tasks[0].operations[1], case.tasks[0].operations[1]);
        without.validate().expect("it is a case still");
        let seen = history(&[Outcome::Done(20), failed, Outcome::Done(0)]);
        assert_eq!(fault().without(&case, &seen, SIZE), None);
        // At the very end there is no gap to grow over.
        let at_the_end = Case::parse("it", &CASE.replace("write a 30", "write a 10")).expect("a case");
        assert_eq!(fault().without(&at_the_end, &history(&[failed; 3]), SIZE), None);
    }

    #[test]
    fn another_symptom_has_another_cause() {
        let case = Case::parse("it", CASE).expect("a case");
        let failed = Outcome::Failed(Errno::EFAULT);
        let seen = history(&[failed, failed, Outcome::Done(0)]);
        assert_eq!(fault().without(&case, &seen, Signature { rule: Rule::S9, ..SIZE }), None);
        assert_eq!(fault().without(&case, &seen, Signature { class: Class::Zero, ..SIZE }), None);
    }

    #[test]
    fn each_mechanism_has_its_word() {
        for it in Mechanism::ALL {
            assert_eq!(it.word().parse(), Ok(it));
        }
        assert!("a-ghost".parse::<Mechanism>().is_err_and(|it| it.contains("failed-write-past-the-end")));
    }
}
