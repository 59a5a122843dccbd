//! The findings as a document: for every strategy what the thread said, what was found, what was found that the thread does not say, and
//! what was searched for and not found.

use crate::embargo::Embargo;
use crate::matrix::{Exhibit, Matrix, filesystems};
use machine::Strategy;
use oracle::Class;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use strategies::Claim;

/// The document, in Markdown. Paths of witnesses are taken from `root`, below which the document stands in a folder of its own.
#[must_use]
pub fn document(matrix: &Matrix, root: &Path) -> String {
    let mut text = String::new();
    for strategy in strategies::ALL {
        // Writing to a string cannot fail.
        let _ = chapter(&mut text, matrix, strategy, root);
    }
    text
}

/// The matrix as a table in Markdown: on how many of its filesystems a strategy shows a class.
#[must_use]
pub fn table(matrix: &Matrix, link: &str) -> String {
    let classes = matrix.classes();
    let mut text = String::from("| strategy |");
    let _ = writeln!(
        text,
        "{}",
        classes.iter().map(|it| format!(" {} |", it.as_str().replace('_', " "))).collect::<String>()
    );
    let _ = writeln!(text, "|---|{}", "---|".repeat(classes.len()));
    for strategy in strategies::ALL {
        let cell = |class: &Class| {
            let entry = matrix.entry(strategy, None, *class);
            if entry.held_back {
                return " held back |".to_owned();
            }
            match (entry.filesystems, entry.accepted, entry.said) {
                (0, true, _) => " accepted |".to_owned(),
                (0, false, true) => " **missing** |".to_owned(),
                (0, false, false) => " |".to_owned(),
                (found, ..) => format!(" {found}/{} |", filesystems(strategy).len()),
            }
        };
        let cells: String = classes.iter().map(cell).collect();
        let anchor: String = strategy.id.chars().filter(|it| *it != '.').collect();
        let _ = writeln!(text, "| [`{}`]({link}#{anchor}) |{cells}", strategy.id);
    }
    text
}

fn chapter(text: &mut String, matrix: &Matrix, strategy: &Strategy, root: &Path) -> std::fmt::Result {
    let Strategy { id, what, who, .. } = strategy;
    writeln!(text, "## `{id}`\n\n{who}: {what}.\n")?;
    let said = strategies::said(id);
    if let Some(said) = said {
        writeln!(text, "**Said.** {}", said.words)?;
        for claim in said.claims {
            writeln!(text, "{}", told(matrix, strategy, claim, root))?;
        }
        writeln!(text)?;
    }
    let is_said = |class: Class| said.is_some_and(|said| said.claims.iter().any(|it| it.class == class));
    let mut found: BTreeMap<(Class, &str), Vec<&Exhibit>> = BTreeMap::new();
    for it in matrix.of(strategy) {
        found.entry((it.class, it.detail.as_deref().unwrap_or(""))).or_default().push(it);
    }
    if found.is_empty() {
        writeln!(text, "**Found.** Nothing.\n")?;
    } else {
        writeln!(text, "**Found.** What the thread does not say is marked *new*.\n")?;
        writeln!(text, "| class | | on |\n|---|---|---|")?;
    }
    for ((class, detail), exhibits) in &found {
        let new = if is_said(*class) { "" } else { " *new*" };
        writeln!(text, "| {class} {detail} |{new} | {} |", links(exhibits, root))?;
    }
    if !found.is_empty() {
        writeln!(text)?;
    }
    let held_back = |class: Class| matrix.entry(strategy, None, class).held_back;
    for it in matrix.embargoes.iter().filter(|it| it.strategy == *id) {
        let Embargo { class, filesystem, seen, .. } = it;
        writeln!(text, "**Held back.** {class} on {filesystem}: seen on a real kernel too ({seen}).\n")?;
    }
    let missing = Class::ALL.iter().filter(|class| !held_back(**class) && !found.keys().any(|(it, _)| it == *class));
    let missing: Vec<&str> = missing.map(|it| it.as_str()).collect();
    let accepted: Vec<&str> = strategy.accepts.iter().map(|it| it.as_str()).collect();
    if !accepted.is_empty() {
        writeln!(text, "**Accepted.** {}.\n", accepted.join(", "))?;
    }
    let cases = matrix.searched.of(id);
    writeln!(text, "**Searched for and not found** in {cases} runs, schedules included: {}.\n", missing.join(", "))
}

/// A claim, and what came of it.
fn told(matrix: &Matrix, strategy: &Strategy, claim: &Claim, root: &Path) -> String {
    let fits = |it: &&Exhibit| {
        it.class == claim.class && claim.detail.is_none_or(|detail| it.detail.as_deref() == Some(detail))
    };
    let detail = claim.detail.map_or_else(String::new, |it| format!(" {it}"));
    let start = format!("- {}{detail}: {} ({})", claim.class, claim.words, claim.by);
    match matrix.of(strategy).find(fits) {
        Some(it) => format!("{start}: [found]({}).", link(it, root)),
        None => {
            let why = claim.why_not.unwrap_or("nobody knows why yet");
            format!("{start}: **not found** in {} runs: {why}.", matrix.searched.of(strategy.id))
        }
    }
}

fn link(exhibit: &Exhibit, root: &Path) -> String {
    format!("../{}", exhibit.path.strip_prefix(root).unwrap_or(&exhibit.path).display())
}

fn links(exhibits: &[&Exhibit], root: &Path) -> String {
    let words = |it: &&Exhibit| format!("[{} {}]({})", it.filesystem.word(), it.form.word(), link(it, root));
    exhibits.iter().map(words).collect::<Vec<_>>().join(", ")
}
