//! The matrix as two tables of plain text: strategies and their defects, filesystems and theirs. The defects are
//! numbered, and listed below.

use super::{Mark, Matrix};
use crate::gallery::{Niche, is_a_strategys};
use case::{Filesystem, Form};
use machine::{Defect, Strategy};
use std::collections::BTreeSet;

/// The longest line of a document.
pub const WIDTH: usize = 110;

const LEGEND: [&str; 5] =
    ["x it shows", "* it shows, but needs a fault", "? known, and no witness yet", "h held back", ". not there"];

/// What has a row: its name, and its niches.
struct Row {
    name: String,
    niches: Vec<Niche>,
}

/// Strategies and the defects that are theirs, on these filesystems; none means all. In so many columns of text.
#[must_use]
pub fn of_strategies(
    matrix: &Matrix,
    strategies: &[&'static Strategy],
    filesystems: &[Filesystem],
    width: usize,
) -> String {
    let niches = niches(filesystems, true);
    let row = |strategy: &&'static Strategy| Row {
        name: strategy.id.to_owned(),
        niches: niches.iter().filter(|it| it.strategy == Some(strategy.id)).copied().collect(),
    };
    table(matrix, "strategy", &strategies.iter().map(row).collect::<Vec<_>>(), width)
}

/// The forms of these filesystems and the defects that are no strategy's; none means all. In so many columns of text.
#[must_use]
pub fn of_filesystems(matrix: &Matrix, filesystems: &[Filesystem], width: usize) -> String {
    let niches = niches(filesystems, false);
    let places: BTreeSet<(Filesystem, Form)> = niches.iter().map(|it| (it.filesystem, it.form)).collect();
    let row = |(filesystem, form): &(Filesystem, Form)| Row {
        name: format!("{} {}", filesystem.word(), form.word()),
        niches: niches.iter().filter(|it| (it.filesystem, it.form) == (*filesystem, *form)).copied().collect(),
    };
    table(matrix, "filesystem", &places.iter().map(row).collect::<Vec<_>>(), width)
}

fn niches(filesystems: &[Filesystem], are_strategys: bool) -> Vec<Niche> {
    let is_asked = |it: &Niche| filesystems.is_empty() || filesystems.contains(&it.filesystem);
    let all = Niche::all().into_iter();
    all.filter(|it| is_a_strategys(it.defect) == are_strategys && is_asked(it)).collect()
}

fn table(matrix: &Matrix, head: &str, rows: &[Row], width: usize) -> String {
    let defects: BTreeSet<Defect> = rows.iter().flat_map(|row| &row.niches).map(|it| it.defect).collect();
    let numbered: Vec<(usize, Defect)> = defects.into_iter().enumerate().map(|(at, it)| (at + 1, it)).collect();
    let names = rows.iter().map(|it| it.name.len()).chain([head.len()]).max().unwrap_or_default();
    let mut text = String::new();
    // Where not all columns fit, those that do not come below.
    let room = (width.saturating_sub(names + 1) / 2).max(1);
    for (at, some) in numbered.chunks(room).enumerate() {
        text.push_str(if at > 0 { "\n" } else { "" });
        part(&mut text, matrix, &format!("{head:names$}"), rows, some);
    }
    text.push('\n');
    legend(&mut text, width);
    text.push('\n');
    let names: Vec<String> = numbered.iter().map(|(number, it)| format!("{number:>2} {it}")).collect();
    columns(&mut text, &names, width);
    text
}

/// Some columns of a table: the numbers of their defects, then a row each.
fn part(text: &mut String, matrix: &Matrix, head: &str, rows: &[Row], defects: &[(usize, Defect)]) {
    let width = head.len();
    let digits = |digit: &dyn Fn(usize) -> String| defects.iter().map(|(number, _)| digit(*number)).collect::<String>();
    let tens = digits(&|it| if it < 10 { "  ".to_owned() } else { format!(" {}", it / 10) });
    if defects.iter().any(|(number, _)| *number > 9) {
        line(text, &format!("{:width$} {tens}", ""));
    }
    line(text, &format!("{head} {}", digits(&|it| format!(" {}", it % 10))));
    for Row { name, niches } in rows {
        let mark = |(_, defect): &(usize, Defect)| match matrix
            .mark(niches.iter().copied().filter(|it| it.defect == *defect))
        {
            Mark::Absent => " .",
            Mark::Unseen => " ?",
            Mark::HeldBack => " h",
            Mark::NeedsAFault => " *",
            Mark::Plain => " x",
        };
        line(text, &format!("{name:width$} {}", defects.iter().map(mark).collect::<String>()));
    }
}

/// What the marks mean, as many on a line as fit.
fn legend(text: &mut String, width: usize) {
    let mut line = String::new();
    for mark in LEGEND {
        if !line.is_empty() && line.len() + 3 + mark.len() > width {
            text.push_str(&line);
            text.push('\n');
            line.clear();
        }
        line.push_str(if line.is_empty() { "" } else { "   " });
        line.push_str(mark);
    }
    text.push_str(&line);
    text.push('\n');
}

/// As many columns as fit, read downwards.
fn columns(text: &mut String, names: &[String], most: usize) {
    let width = names.iter().map(String::len).max().unwrap_or_default() + 2;
    let height = names.len().div_ceil((most / width).max(1));
    for row in 0..height {
        let cells = names.iter().skip(row).step_by(height.max(1)).map(|it| format!("{it:width$}"));
        line(text, &cells.collect::<String>());
    }
}

fn line(text: &mut String, line: &str) {
    text.push_str(line.trim_end());
    text.push('\n');
}
