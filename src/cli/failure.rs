//! How a command ends: exit codes, and failures that say what to type next.

use super::program;
use anstyle::AnsiColor;
use miette::{Diagnostic, IntoDiagnostic, Report};
use std::fmt::Display;
use std::process::ExitCode;

/// How a command ends. The worst of several counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ending {
    /// 0: as expected.
    AsExpected,
    /// 1: something was found that nobody expects.
    Finding,
    /// 3: an expectation was not met.
    Unmet,
    /// 4: a bug of shortcopy's own, or a finding that could not be written.
    Trouble,
    /// 2: not what can be run.
    Usage,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(match ending {
            Ending::AsExpected => 0,
            Ending::Finding => 1,
            Ending::Usage => 2,
            Ending::Unmet => 3,
            Ending::Trouble => 4,
        })
    }
}

/// Why a command cannot do what it was asked to, and what to type next.
#[derive(Debug)]
pub struct Failure {
    report: Report,
    next: String,
    ending: Ending,
}

impl Failure {
    /// A mistake of the person who typed the command, or in a file.
    pub fn usage(report: impl Diagnostic + Send + Sync + 'static, next: impl Into<String>) -> Self {
        Self { report: Report::new(report), next: next.into(), ending: Ending::Usage }
    }

    /// The same in plain words.
    pub fn words(words: impl Display, next: impl Into<String>) -> Self {
        Self { report: miette::miette!("{words}"), next: next.into(), ending: Ending::Usage }
    }

    /// A bug of shortcopy's own.
    pub fn trouble(words: impl Display, next: impl Into<String>) -> Self {
        Self { ending: Ending::Trouble, ..Self::words(words, next) }
    }

    /// An error of the system, about something.
    pub fn system(error: std::io::Error, about: impl Display, next: impl Into<String>) -> Self {
        let report = Err::<(), _>(error).into_diagnostic().map_err(|it| it.wrap_err(about.to_string()));
        let report = report.err().unwrap_or_else(|| miette::miette!("{about}"));
        Self { report, next: next.into(), ending: Ending::Usage }
    }

    /// Prints it, and says how the command ends.
    pub fn print(&self) -> Ending {
        anstream::eprintln!("{:?}", self.report);
        print_next(&self.next);
        self.ending
    }
}

/// Prints the command to type next, as it can be typed here, on standard error: standard output may be read by a
/// machine.
pub fn print_next(next: &str) {
    let (style, next) = (AnsiColor::Cyan.on_default(), program::typed(next));
    anstream::eprintln!("Next: {style}{next}{style:#}");
}
