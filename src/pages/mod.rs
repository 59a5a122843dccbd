//! The documents that are made of the registries and the corpus: a page for each strategy, one of defects, and the
//! tables of the README.

mod defects;
mod fitted;
mod strategy;

pub use defects::defects;
pub use fitted::fitted;
pub use strategy::strategy;

use crate::gallery::{Niche, is_a_strategys};
use crate::matrix::{Matrix, WIDTH, Witness, of_filesystems, of_strategies};
use machine::{Defect, Strategy};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

/// What is known of one strategy or defect is looked up here.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'s> {
    /// The witnesses.
    pub matrix: &'s Matrix,
    /// The folder of the project: links are made from there.
    pub root: &'s Path,
}

impl Sources<'_> {
    /// A witness as a path below the project.
    fn path(self, witness: &Witness) -> String {
        witness.path.strip_prefix(self.root).unwrap_or(&witness.path).display().to_string()
    }
}

/// The strategies as a table, each with a link to its page.
#[must_use]
pub fn strategies() -> String {
    let mut text = String::from("| strategy | what it does | from |\n|---|---|---|\n");
    for Strategy { id, what, who, .. } in strategies::ALL {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| [`{id}`](docs/strategies/{id}.md) | {what} | {who} |");
    }
    text
}

/// The matrix of strategies and defects, and that of filesystems and defects.
#[must_use]
pub fn matrix(matrix: &Matrix) -> String {
    let all: Vec<&Strategy> = strategies::ALL.iter().collect();
    let (strategies, filesystems) = (of_strategies(matrix, &all, &[], WIDTH), of_filesystems(matrix, &[], WIDTH));
    format!("```text\n{strategies}```\n\nThe defects of filesystems and the page cache:\n\n```text\n{filesystems}```\n")
}

/// The strategies with their numbers: where they run, and how many defects they have.
#[must_use]
pub fn index(matrix: &Matrix) -> String {
    let mut text =
        String::from("| strategy | forms that it runs on | defects of its own | witnesses |\n|---|---|---|---|\n");
    for strategy in strategies::ALL {
        let defects: BTreeSet<Defect> = niches_of(strategy).map(|it| it.defect).collect();
        let witnesses = niches_of(strategy).filter(|it| matrix.at(*it).is_some()).count();
        let (id, forms) = (strategy.id, strategy.runs_on().count());
        let _ = writeln!(text, "| [`{id}`](strategies/{id}.md) | {forms} | {} | {witnesses} |", defects.len());
    }
    text
}

/// The niches that are this strategy's own.
fn niches_of(strategy: &Strategy) -> impl Iterator<Item = Niche> {
    Niche::all().into_iter().filter(|it| is_a_strategys(it.defect) && it.strategy == Some(strategy.id))
}

/// The places of these niches, by filesystem and form.
fn places(niches: impl Iterator<Item = Niche>) -> String {
    let words: BTreeSet<_> = niches.map(|it| (it.filesystem, it.form)).collect();
    let words = words.iter().map(|(filesystem, form)| format!("{} {}", filesystem.word(), form.word()));
    words.collect::<Vec<_>>().join(", ")
}

/// All that these witnesses show, each once.
fn symptoms<'w>(witnesses: impl Iterator<Item = &'w Witness>) -> String {
    let all: BTreeSet<String> = witnesses.flat_map(Witness::symptoms).collect();
    all.into_iter().collect::<Vec<_>>().join(", ")
}

fn needs(witness: &Witness) -> String {
    let words: Vec<&str> = witness.needs.iter().map(|it| it.as_str()).collect();
    if words.is_empty() { "nothing but system calls".to_owned() } else { words.join(", ") }
}
