//! What a hunt prints at its end: words, JSON objects, or a report that other people's continuous integration shows.

use super::keeper::{Row, Troubled};
use clap::ValueEnum;
use shortcopy::cause::Cause;
use shortcopy::hunt::Summary;

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
    let Row { sentence, cause, needs, path, .. } = row;
    let needs: Vec<&str> = needs.iter().map(|it| it.as_str()).collect();
    let needs = if needs.is_empty() { String::new() } else { format!("\nNeeds: {}.", needs.join(", ")) };
    let next = path.as_ref().map_or_else(
        || "The case could not be written.".to_owned(),
        |it| format!("Case: {0}\nNext: shortcopy why {0}", it.display()),
    );
    format!("{}\nCause: {}.{needs}\n{next}", sentence.trim_end(), why(row.new, cause))
}

/// The cause, and whether it is known.
pub fn why(new: bool, cause: &Cause) -> String {
    match (new, cause.is_unexplained()) {
        (_, true) => "no defect explains it".to_owned(),
        (true, false) => format!("{cause}, which is not known here"),
        (false, false) => format!("{cause}, which is known here"),
    }
}
