//! What a hunt prints at its end: words, JSON objects, or a report that other people's continuous integration shows.

use super::keeper::{Row, Troubled};
use crate::cli::program;
use crate::hunt::Summary;
use clap::ValueEnum;

/// The formats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Words, on one screen
    #[default]
    Text,
    /// One JSON object a line: the same as --json
    Json,
    /// JUnit XML: a new finding is a failure of its strategy, a bug of shortcopy's own an error
    Junit,
    /// SARIF 2.1.0: a new finding is an error, a known one a note
    Sarif,
}

impl Format {
    /// Whether it is one document, printed at the end.
    pub const fn is_a_report(self) -> bool {
        matches!(self, Self::Junit | Self::Sarif)
    }
}

/// What there is to tell.
pub struct Told<'h> {
    pub rows: &'h [Row],
    pub troubles: &'h [Troubled],
    /// The strategies that were hunted, by name.
    pub strategies: Vec<&'static str>,
    pub summary: Summary,
    pub seed: u64,
}

/// A finding in a few lines: what happens, why, and what to type.
pub fn story(row: &Row) -> String {
    let Row { sentence, needs, path, .. } = row;
    let needs: Vec<&str> = needs.iter().map(|it| it.as_str()).collect();
    let needs = if needs.is_empty() { String::new() } else { format!("\nNeeds: {}.", needs.join(", ")) };
    // Only a subject's own program has a name that nobody knows.
    let typed = |next: String| if row.signature.in_subject { program::typed(&next) } else { next };
    let next = path.as_ref().zip(row.next().map(typed)).map_or_else(
        || "The case could not be written.".to_owned(),
        |(path, next)| format!("Case: {}\nNext: {next}", path.display()),
    );
    format!("{}\nCause: {}.{needs}\n{next}", sentence.trim_end(), why(row))
}

/// The cause, and whether it is known.
pub fn why(Row { signature, cause, new, .. }: &Row) -> String {
    match (*new, cause.is_unexplained()) {
        (true, true) if signature.in_subject => "no witness has it".to_owned(),
        (false, true) if signature.in_subject => "a witness has it".to_owned(),
        (_, true) => "no defect explains it".to_owned(),
        (true, false) => format!("{cause}, which is not known here"),
        (false, false) => format!("{cause}, which is known here"),
    }
}
