//! Witnesses: the cases that show what is known to be wrong with each strategy. What none of them shows is new.

use crate::embargo::{Embargo, EmbargoError};
use crate::judge::Signature;
use case::{Case, Expectation, ParseError};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The findings that are known.
#[derive(Clone, Debug, Default)]
pub struct Witnesses {
    known: Vec<Expectation>,
    embargoes: Vec<Embargo>,
}

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

impl Witnesses {
    /// Nothing is known: everything is new.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Reads the cases below `witness` of a corpus, and its embargoes. A folder that does not exist has none.
    ///
    /// # Errors
    /// If one of them cannot be read, or is not a case: what it shows must not pass for new.
    pub fn load(corpus: &Path) -> Result<Self, WitnessError> {
        let mut witnesses = Self::none();
        witnesses.hold_back(Embargo::load(corpus)?);
        let folder = corpus.join("witness");
        if folder.exists() {
            for path in case_files(&folder)? {
                let text =
                    fs::read_to_string(&path).map_err(|source| WitnessError::Read { path: path.clone(), source })?;
                let case = Case::parse(&path.display().to_string(), &text)
                    .map_err(|error| WitnessError::Parse(Box::new(error)))?;
                witnesses.add(&case);
            }
        }
        Ok(witnesses)
    }

    /// Adds what a case says that it shows.
    pub fn add(&mut self, case: &Case) {
        self.known.extend(case.expectations.iter().filter(|it| it.finding.is_some()).cloned());
    }

    /// Adds embargoes: what they hold back is known, though no witness shows it.
    pub fn hold_back(&mut self, embargoes: Vec<Embargo>) {
        self.embargoes.extend(embargoes);
    }

    /// Whether some witness shows this, or it is held back.
    #[must_use]
    pub fn knows(&self, signature: &Signature) -> bool {
        if self.embargoes.iter().any(|it| it.covers(signature)) {
            return true;
        }
        let is_known = |it: &Expectation| is_met_by(it, signature) || is_same_but_cut_short(it, signature);
        self.known.iter().any(|it| is_for(it, signature.strategy) && is_known(it))
    }
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

/// Whether this is the finding in a run that stopped before anybody could see if it stays: a deadlock after a zero, for example.
fn is_same_but_cut_short(expectation: &Expectation, signature: &Signature) -> bool {
    let same_class = expectation.finding.as_ref().is_some_and(|(class, _)| class == signature.class.as_str());
    same_class && signature.persistence.is_none() && signature.cycle.is_none()
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

    #[test]
    fn what_is_held_back_is_known_on_its_filesystem_and_of_its_class() {
        let text =
            r#"[{ "strategy": "baseline", "filesystem": "block", "class": "ZERO", "seen": "minix, Linux 0.11" }]"#;
        let mut witnesses = Witnesses::none();
        witnesses.hold_back(Embargo::parse(text).expect("it is a list of embargoes"));
        assert!(witnesses.knows(&zero(Persistence::Transient)));
        assert!(!witnesses.knows(&Signature { filesystem: Filesystem::Nobh, ..zero(Persistence::Transient) }));
        assert!(!witnesses.knows(&Signature { class: Class::Overrun, ..zero(Persistence::Transient) }));
        assert!(!witnesses.knows(&Signature { strategy: "temp-page", ..zero(Persistence::Transient) }));
        assert!(Embargo::parse(r#"[{ "strategy": "baseline" }]"#).is_err());
    }

    #[test]
    fn a_witness_knows_its_class_and_the_detail_that_it_names() {
        let known =
            |lines: &str, signature| Witnesses { known: expectations(lines), embargoes: Vec::new() }.knows(&signature);
        assert!(known("expect baseline ZERO", zero(Persistence::Persistent)));
        assert!(!known("expect baseline ZERO transient", zero(Persistence::Persistent)));
        assert!(!known("expect temp-page ZERO", zero(Persistence::Persistent)));
        assert!(known("expect baseline DEADLOCK 2,8", deadlock(Notation::SamePage)));
        assert!(!known("expect baseline DEADLOCK 2,8", deadlock(Notation::MmapSem)));
        assert!(!known("expect baseline silent", deadlock(Notation::MmapSem)));
    }
}
