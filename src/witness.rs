//! What a case says should be found, and how that compares with what was; and the case files below a folder, or what
//! they expect.

use crate::embargo::EmbargoError;
use crate::judge::Signature;
use crate::reading;
use case::{Case, Expectation, ParseError};
use std::io;
use std::path::{Path, PathBuf};

/// The strategy that a case names to say what a real kernel shows; the simulated one runs no such strategy.
pub const REAL_KERNEL: &str = "host";

/// Why the witnesses could not be read.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// A file or folder cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not a case.
    #[error(transparent)]
    Parse(Box<ParseError>),
    /// What is held back is not known.
    #[error(transparent)]
    Embargo(#[from] EmbargoError),
}

/// The case files below a folder, in order.
///
/// # Errors
/// If the folder, or one below it, cannot be read.
pub fn case_files(folder: &Path) -> Result<Vec<PathBuf>, WitnessError> {
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.map_err(|error| WitnessError::Read {
            path: error.path().unwrap_or(folder).to_owned(),
            source: error.into(),
        })?;
        if entry.file_type().is_file() && entry.path().extension().is_some_and(|it| it == "case") {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

/// What the cases below a folder expect to be found of this strategy or subject. Where there is no folder, nothing is.
///
/// # Errors
/// If a file cannot be read, or is no case.
pub fn witnessed(folder: &Path, id: &str) -> Result<Vec<Expectation>, WitnessError> {
    let mut expected = Vec::new();
    if !folder.exists() {
        return Ok(expected);
    }
    for path in case_files(folder)? {
        let text = reading::read_text(&path).map_err(|source| WitnessError::Read { path: path.clone(), source })?;
        let case = Case::parse(&path.display().to_string(), &text).map_err(|it| WitnessError::Parse(Box::new(it)))?;
        expected.extend(case.expectations.into_iter().filter(|it| it.finding.is_some() && is_for(it, id)));
    }
    Ok(expected)
}

/// Whether an expectation says something about this strategy.
#[must_use]
pub fn is_for(expectation: &Expectation, strategy: &str) -> bool {
    expectation.strategy == "all" || expectation.strategy == strategy
}

/// What a case says of a strategy: by name, or, if it does not name it, of all.
pub fn of_strategy<'e>(
    expectations: &'e [Expectation],
    strategy: &'e str,
) -> impl Iterator<Item = &'e Expectation> + Clone {
    let named = expectations.iter().any(|it| it.strategy == strategy);
    expectations.iter().filter(move |it| if named { it.strategy == strategy } else { it.strategy == "all" })
}

/// Whether this is the finding that is expected: the class, and the detail if the expectation has one.
#[must_use]
pub fn is_met_by(expectation: &Expectation, signature: &Signature) -> bool {
    expectation.finding.as_ref().is_some_and(|(class, detail)| {
        class == signature.class.as_str() && detail.as_deref().is_none_or(|it| Some(it) == signature.detail())
    })
}

/// How what was found compares with what a case expects of a strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Comparison {
    /// Just what was expected, or nothing where nothing was expected.
    AsExpected,
    /// Something was found that no expectation names.
    Unexpected,
    /// Something that was expected was not found, or something was found where all should be silent.
    Unmet,
}

/// Compares the findings of one strategy with the expectations of the case.
#[must_use]
pub fn compare(expectations: &[Expectation], strategy: &str, found: &[Signature]) -> Comparison {
    let mine = || of_strategy(expectations, strategy);
    let is_met = |it: &Expectation| match it.finding {
        None => found.is_empty(),
        Some(_) => found.iter().any(|signature| is_met_by(it, signature)),
    };
    if !mine().all(is_met) {
        return Comparison::Unmet;
    }
    let is_named = |signature: &Signature| mine().any(|it| is_met_by(it, signature));
    if found.iter().all(is_named) { Comparison::AsExpected } else { Comparison::Unexpected }
}

#[cfg(test)]
mod tests {
    use super::*;
    use case::{Filesystem, Form};
    use oracle::{Class, Notation, Persistence, Rule};

    fn expectations(lines: &str) -> Vec<Expectation> {
        let text =
            format!("shortcopy case 1\ngeometry page 64 block 16\nfs block\nfile a size 0 disk - cached -\n{lines}");
        let mut case = case::repair::decode(text.as_bytes()).case;
        std::mem::take(&mut case.expectations)
    }

    fn zero(persistence: Persistence) -> Signature {
        Signature {
            strategy: "baseline",
            filesystem: Filesystem::Block,
            form: Form::PrepareWrite,
            class: Class::Zero,
            persistence: Some(persistence),
            rule: Rule::R1,
            cycle: None,
            in_subject: false,
        }
    }

    fn deadlock(cycle: Notation) -> Signature {
        let class = Class::Deadlock;
        Signature { class, persistence: None, rule: Rule::L1, cycle: Some(cycle), ..zero(Persistence::Transient) }
    }

    #[test]
    fn expectations_are_compared_with_what_was_found() {
        use Comparison::{AsExpected, Unexpected, Unmet};
        let transient = zero(Persistence::Transient);
        let table: &[(&str, &[Signature], Comparison)] = &[
            ("", &[], AsExpected),
            ("", &[transient], Unexpected),
            ("expect baseline silent", &[], AsExpected),
            ("expect baseline silent", &[transient], Unmet),
            ("expect all silent", &[transient], Unmet),
            ("expect temp-page silent", &[transient], Unexpected),
            ("expect baseline ZERO", &[transient], AsExpected),
            ("expect baseline ZERO transient", &[transient], AsExpected),
            ("expect baseline ZERO persistent", &[transient], Unmet),
            ("expect baseline ZERO", &[], Unmet),
            ("expect baseline ZERO", &[transient, deadlock(Notation::SamePage)], Unexpected),
            ("expect all silent\nexpect baseline ZERO", &[transient], AsExpected),
            ("expect all silent\nexpect temp-page ZERO", &[transient], Unmet),
            ("expect baseline DEADLOCK 2,8", &[deadlock(Notation::SamePage)], AsExpected),
            ("expect baseline DEADLOCK 2,8", &[deadlock(Notation::Crosswise)], Unmet),
            ("expect baseline ZERO\nexpect baseline DEADLOCK", &[transient, deadlock(Notation::Other)], AsExpected),
        ];
        for (lines, found, comparison) in table {
            assert_eq!(compare(&expectations(lines), "baseline", found), *comparison, "{lines} / {found:?}");
        }
    }
}
