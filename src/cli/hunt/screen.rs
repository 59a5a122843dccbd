//! The end of a hunt, on one screen: the new findings first, then one line a defect.

use super::keeper::{Row, is_of, plainest};
use crate::cause::Cause;
use crate::cli::output::counted;
use crate::judge::Signature;
use case::Form;
use comfy_table::{Table, presets};
use indicatif::HumanCount;
use machine::Defect;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Lines and columns of a screen; below it there is a summary and what to type next.
const LINES: usize = 56;
const COLUMNS: usize = 100;
/// Lines that the new findings have, however many defects there are.
const LINES_FOR_NEW: usize = 20;

/// The screen, a line each.
pub fn lines(rows: &[Row], sightings: &BTreeMap<Cause, u64>, findings: &Path) -> Vec<String> {
    let mut table = defects(rows, sightings, findings);
    let for_new = (LINES - table.len().min(LINES)).max(LINES_FOR_NEW);
    let mut lines = new(rows, for_new, findings);
    lines.extend(witnessed(rows));
    let left = LINES.saturating_sub(lines.len());
    if table.len() > left {
        let more = table.len() - left + 1;
        table.truncate(left - 1);
        table.push(format!("and {more} defects more, below {}", findings.display()));
    }
    lines.append(&mut table);
    lines.into_iter().map(|it| cut(&it)).collect()
}

/// The new findings: in full as far as there is room, then those that no line is left for by number.
fn new(rows: &[Row], most: usize, findings: &Path) -> Vec<String> {
    let new: Vec<&Row> = rows.iter().filter(|it| it.new).collect();
    let mut lines = Vec::new();
    for (told, row) in new.iter().enumerate() {
        let block = in_full(row);
        if lines.len() + block.len() + 2 > most {
            let more = counted(new.len() - told, "new finding", "new findings");
            lines.push(format!("and {more} more below {}", findings.display()));
            break;
        }
        lines.extend(block);
    }
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

/// What a subject shows and its witnesses know, a line each.
fn witnessed(rows: &[Row]) -> impl Iterator<Item = String> {
    let known = rows.iter().filter(|it| it.signature.in_subject && !it.new);
    known.map(|it| format!("known: {}", it.signature))
}

fn in_full(row: &Row) -> Vec<String> {
    let needs: Vec<&str> = row.needs.iter().map(|it| it.as_str()).collect();
    let needs = if needs.is_empty() { "nothing".to_owned() } else { needs.join(", ") };
    let place = if row.cause.is_unexplained() { "" } else { ", which nobody knows here" };
    // Nobody can name a defect of a subject.
    let cause = if row.signature.in_subject { String::new() } else { format!("cause: {}{place}; ", row.cause) };
    let mut lines = vec![format!("new: {}", row.signature), format!("  {cause}needs: {needs}")];
    lines.push(format!("  {}", row.sentence));
    lines.push(format!("  {}", row.path.as_ref().map_or("not written".into(), |it| it.display().to_string())));
    lines
}

/// What is known, by defect: one line each, those that were seen most often first.
fn defects(rows: &[Row], sightings: &BTreeMap<Cause, u64>, findings: &Path) -> Vec<String> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["defect", "where", "seen", "first", "plainest"]);
    let mut found: Vec<(u64, Defect)> = Vec::new();
    for defect in Defect::ALL {
        let times = sightings.iter().filter(|(cause, _)| is_of(cause, *defect)).map(|(_, times)| times).sum();
        if rows.iter().any(|it| is_of(&it.cause, *defect)) {
            found.push((times, *defect));
        }
    }
    if found.is_empty() {
        return Vec::new();
    }
    found.sort_by_key(|(times, defect)| (std::cmp::Reverse(*times), *defect));
    for (times, defect) in found {
        table.add_row(of_defect(rows, defect, times));
    }
    let mut lines: Vec<String> = table.trim_fmt().lines().map(|it| it.trim_start().trim_end().to_owned()).collect();
    lines.insert(
        0,
        format!("strategies × forms, runs, first run, and the case of each is below {}", findings.display()),
    );
    lines
}

fn of_defect(rows: &[Row], defect: Defect, times: u64) -> [String; 5] {
    let mine = || rows.iter().filter(move |it| is_of(&it.cause, defect));
    let strategies: BTreeSet<&str> = mine().map(|it| it.signature.strategy).collect();
    let forms: BTreeSet<(&str, Form)> = mine().map(|it| (it.signature.filesystem.word(), it.signature.form)).collect();
    let first = mine().map(|it| it.at_case).min().unwrap_or_default();
    [
        defect.to_string(),
        format!("{}×{}", strategies.len(), forms.len()),
        HumanCount(times).to_string(),
        first.to_string(),
        plainest(rows, defect).map_or_else(String::new, |it| in_short(&it.signature)),
    ]
}

/// `ZERO transient, baseline, block`.
fn in_short(it: &Signature) -> String {
    let detail = it.detail().map_or_else(String::new, |it| format!(" {it}"));
    format!("{}{detail}, {}, {}", it.class, it.strategy, it.filesystem.word())
}

/// A line that fits; but a path is there to be copied.
fn cut(line: &str) -> String {
    if line.chars().count() <= COLUMNS || line.ends_with(".case") {
        return line.to_owned();
    }
    line.chars().take(COLUMNS - 1).chain(['…']).collect()
}
