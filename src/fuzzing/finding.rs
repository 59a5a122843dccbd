//! What a fuzz target makes of a verdict that nobody knows: a crash that says what to type next, or a line in a record.

use crate::judge::{Judge, Signature};
use crate::reduce::reduce;
use crate::witness::Witnesses;
use case::Case;
use machine::Strategy;
use oracle::Profile;
use serde_json::json;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// A finding for which there is no witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFinding {
    /// What was found.
    pub signature: Signature,
    /// The smallest case that shows it.
    pub case: Case,
}

impl NewFinding {
    /// Shrinks what a case shows.
    ///
    /// # Panics
    /// If the case runs differently the second time: a bug of ours, and no less a crash.
    #[must_use]
    pub fn shrunk(judge: &mut Judge, case: &Case, strategy: &Strategy, signature: Signature) -> Self {
        let small = reduce(judge, case, strategy, &signature, Profile::Linux, &mut |_| {});
        Self { signature, case: small.unwrap_or_else(|error| panic!("{signature}: {error}\n{case}")) }
    }

    /// What was found, and the commands that replay, explain and shrink it.
    #[must_use]
    pub fn report(&self) -> String {
        let Self { signature, case } = self;
        let strategy = signature.strategy;
        format!(
            "new: {signature}\n\n\
             cat > finding.case <<'END'\n{case}END\n\
             cargo run --release -- run --strategy {strategy} finding.case\n\
             cargo run --release -- explain --strategy {strategy} finding.case\n\
             cargo run --release -- shrink --strategy {strategy} finding.case\n"
        )
    }
}

/// What is done with findings.
#[derive(Debug)]
pub struct Sieve {
    known: Witnesses,
    /// Where what is found for the first time is written down, instead of a crash.
    record: Option<Record>,
}

#[derive(Debug)]
struct Record {
    file: File,
    executions: u64,
    written: BTreeSet<Signature>,
}

impl Sieve {
    /// Lets through what these witnesses do not show.
    #[must_use]
    pub const fn new(known: Witnesses) -> Self {
        Self { known, record: None }
    }

    /// Nothing is known, nothing is a crash: each signature is written to this file once, with the executions that it took. This is how
    /// engines are compared.
    ///
    /// # Errors
    /// If the file cannot be made.
    pub fn recording(path: &Path) -> io::Result<Self> {
        let record = Record { file: File::create(path)?, executions: 0, written: BTreeSet::new() };
        Ok(Self { known: Witnesses::none(), record: Some(record) })
    }

    /// One more input.
    pub fn count(&mut self) {
        if let Some(record) = &mut self.record {
            record.executions += 1;
        }
    }

    /// The first of these that is new.
    ///
    /// # Panics
    /// If the record cannot be written.
    pub fn first_new(&mut self, signatures: &[Signature]) -> Option<Signature> {
        let Some(record) = &mut self.record else {
            return signatures.iter().find(|it| !self.known.knows(it)).copied();
        };
        for signature in signatures {
            if record.written.insert(*signature) {
                let line = json!({ "executions": record.executions, "finding": signature });
                writeln!(record.file, "{line}").expect("the record can be written");
            }
        }
        None
    }
}
