//! The page of a strategy: what it does, what the thread said of it and what came of that, and its defects.

use super::{Sources, fitted, needs, niches_of, places, symptoms};
use crate::embargo::Embargo;
use crate::gallery::{Niche, is_a_strategys};
use crate::matrix::{Matrix, Witness};
use machine::{Defect, Strategy};
use std::collections::BTreeSet;
use std::fmt::{self, Write};
use strategies::{Claim, Evidence, Standing};

/// The page, in Markdown. It is two folders below the project.
#[must_use]
pub fn strategy(sources: Sources<'_>, strategy: &'static Strategy) -> String {
    let mut text = String::from("<!-- This page is made by `make tables`. -->\n");
    // Writing to a string cannot fail.
    let _ = heading(&mut text, strategy);
    let _ = claims(&mut text, sources, strategy);
    let _ = own(&mut text, sources, strategy);
    let _ = rest(&mut text, sources, strategy);
    fitted(&text)
}

fn heading(text: &mut String, strategy: &Strategy) -> fmt::Result {
    let Strategy { id, what, who, .. } = strategy;
    let file = id.replace(['-', '.'], "_");
    writeln!(text, "# `{id}`\n\n{who}: {what}.\n")?;
    let on: Vec<String> = strategy.runs_on().map(|(fs, form)| format!("{} {}", fs.word(), form.word())).collect();
    writeln!(text, "Source: [{file}.rs](../../strategies/src/{file}.rs). It runs on {}.\n", on.join(", "))
}

fn claims(text: &mut String, sources: Sources<'_>, strategy: &Strategy) -> fmt::Result {
    let Some(about) = strategies::claims_about(strategy.id) else { return Ok(()) };
    writeln!(text, "## What was said\n\n{}\n", about.summary)?;
    for claim in &about.claims {
        writeln!(text, "{}", told(sources, strategy, claim))?;
    }
    if about.claims.is_empty() { Ok(()) } else { writeln!(text) }
}

/// A claim, and what came of it.
fn told(sources: Sources<'_>, strategy: &Strategy, claim: &Claim) -> String {
    let Claim { author, date, words, .. } = claim;
    let start = format!("- {words} ({author}, {date})");
    match claim.standing {
        Standing::BorneOut(evidence) => format!("{start}: borne out by {}.", shown(sources, strategy, evidence)),
        Standing::Refuted(evidence) => format!("{start}: **refuted** by {}.", shown(sources, strategy, evidence)),
        Standing::NotModelled { because } => format!("{start}: not modelled: {because}."),
    }
}

/// What shows for a claim or against it, with its witness.
fn shown(Sources { matrix, root }: Sources<'_>, strategy: &Strategy, evidence: Evidence) -> String {
    let Evidence { defect, class, detail, .. } = evidence;
    let id = defect.id();
    let detail = detail.map_or_else(String::new, |it| format!(" {it}"));
    let page = if is_a_strategys(defect) { "defects" } else { "filesystem-defects" };
    let start = format!("[`{id}`](../{page}.md#{id})");
    match matrix.showing(strategy, evidence) {
        Some(it) => {
            let path = Sources { matrix, root }.path(it);
            format!("{start}, seen as [{class}{detail}](../../{path})")
        }
        None => format!("{start} as {class}{detail}, **not found** in {} runs", matrix.searched.of(strategy.id)),
    }
}

/// The defects that are the strategy's.
fn own(text: &mut String, sources: Sources<'_>, strategy: &'static Strategy) -> fmt::Result {
    writeln!(text, "## What is wrong with it\n")?;
    let defects: BTreeSet<Defect> = niches_of(strategy).map(|it| it.defect).collect();
    if defects.is_empty() {
        writeln!(text, "Nothing that is known.\n")?;
    }
    for defect in defects {
        one(text, sources, strategy, defect)?;
    }
    Ok(())
}

fn one(text: &mut String, sources: Sources<'_>, strategy: &'static Strategy, defect: Defect) -> fmt::Result {
    let Sources { matrix, .. } = sources;
    let id = defect.id();
    writeln!(text, "**[`{id}`](../defects.md#{id})**: {}.\n", defect.record().what)?;
    let niches = || niches_of(strategy).filter(|it| it.defect == defect);
    let witnesses: Vec<&Witness> = niches().filter_map(|it| matrix.at(it)).collect();
    let has_one = |it: &Niche| matrix.at(*it).is_some();
    match Matrix::plainest(witnesses.iter().copied()) {
        Some(witness) => {
            writeln!(text, "- shows as {}", symptoms(witnesses.iter().copied()))?;
            writeln!(text, "- on {}", places(niches().filter(has_one)))?;
            writeln!(text, "- [the smallest case](../../{}) needs {}", sources.path(witness), needs(witness))?;
        }
        None if matrix.holds_back(defect) => writeln!(text, "- held back: a kernel of today has it too")?,
        None => {}
    }
    let unseen = places(niches().filter(|it| !has_one(it)));
    if !unseen.is_empty() && !matrix.holds_back(defect) {
        writeln!(text, "- no witness yet on {unseen}")?;
    }
    writeln!(text)
}

fn rest(text: &mut String, sources: Sources<'_>, strategy: &Strategy) -> fmt::Result {
    let Sources { matrix, .. } = sources;
    writeln!(
        text,
        "It also shows [the defects of the filesystems under it and of the page cache](../filesystem-defects.md)."
    )?;
    let accepted: Vec<&str> = strategy.accepts.iter().map(|it| it.as_str()).collect();
    if !accepted.is_empty() {
        writeln!(text, "\nFindings that the author declared acceptable: {}.", accepted.join(", "))?;
    }
    for Embargo { class, filesystem, seen, .. } in matrix.embargoes.iter().filter(|it| it.strategy == strategy.id) {
        writeln!(text, "\n{class} on {filesystem} is held back: a real kernel shows it too ({seen}).")?;
    }
    let runs = matrix.searched.of(strategy.id);
    if runs > 0 { writeln!(text, "\nHunts have run it {runs} times.") } else { Ok(()) }
}
