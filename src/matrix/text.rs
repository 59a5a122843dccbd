//! The matrix as two tables of plain text: strategies and their defects, filesystems and theirs. The defects are numbered, and listed below.

use super::{Mark, Matrix};
use crate::gallery::{Niche, is_a_strategys};
use case::{Filesystem, Form};
use machine::{Defect, Strategy};
use std::collections::BTreeSet;
use std::fmt::Write;

/// The longest line.
const WIDTH: usize = 110;

const LEGEND: &str =
    "x it shows   * it shows, but needs a fault   ? known, and no witness yet   h held back   . not there";

/// What has a row: its name, and its niches.
struct Row {
    name: String,
    niches: Vec<Niche>,
}

/// Strategies and the defects that are theirs, on these filesystems; none means all.
#[must_use]
pub fn of_strategies(matrix: &Matrix, strategies: &[&'static Strategy], filesystems: &[Filesystem]) -> String {
    let niches = niches(filesystems, true);
    let row = |strategy: &&'static Strategy| Row {
        name: strategy.id.to_owned(),
        niches: niches.iter().filter(|it| it.strategy == Some(strategy.id)).copied().collect(),
    };
    table(matrix, "strategy", &strategies.iter().map(row).collect::<Vec<_>>())
}

/// The forms of these filesystems and the defects that are no strategy's; none means all.
#[must_use]
pub fn of_filesystems(matrix: &Matrix, filesystems: &[Filesystem]) -> String {
    let niches = niches(filesystems, false);
    let places: BTreeSet<(Filesystem, Form)> = niches.iter().map(|it| (it.filesystem, it.form)).collect();
    let row = |(filesystem, form): &(Filesystem, Form)| Row {
        name: format!("{} {}", filesystem.word(), form.word()),
        niches: niches.iter().filter(|it| (it.filesystem, it.form) == (*filesystem, *form)).copied().collect(),
    };
    table(matrix, "filesystem", &places.iter().map(row).collect::<Vec<_>>())
}

fn niches(filesystems: &[Filesystem], are_strategys: bool) -> Vec<Niche> {
    let is_asked = |it: &Niche| filesystems.is_empty() || filesystems.contains(&it.filesystem);
    let all = Niche::all().into_iter();
    all.filter(|it| is_a_strategys(it.defect) == are_strategys && is_asked(it)).collect()
}

fn table(matrix: &Matrix, head: &str, rows: &[Row]) -> String {
    let defects: BTreeSet<Defect> = rows.iter().flat_map(|row| &row.niches).map(|it| it.defect).collect();
    let width = rows.iter().map(|it| it.name.len()).chain([head.len()]).max().unwrap_or_default();
    let mut text = String::new();
    let digits = |digit: &dyn Fn(usize) -> String| (1..=defects.len()).map(digit).collect::<String>();
    let tens = digits(&|it| if it < 10 { "  ".to_owned() } else { format!(" {}", it / 10) });
    if defects.len() > 9 {
        line(&mut text, &format!("{:width$} {tens}", ""));
    }
    line(&mut text, &format!("{head:width$} {}", digits(&|it| format!(" {}", it % 10))));
    for Row { name, niches } in rows {
        let mark = |defect: &Defect| match matrix.mark(niches.iter().copied().filter(|it| it.defect == *defect)) {
            Mark::Absent => " .",
            Mark::Unseen => " ?",
            Mark::HeldBack => " h",
            Mark::NeedsAFault => " *",
            Mark::Plain => " x",
        };
        line(&mut text, &format!("{name:width$} {}", defects.iter().map(mark).collect::<String>()));
    }
    let _ = writeln!(text, "\n{LEGEND}\n");
    let names: Vec<String> = defects.iter().enumerate().map(|(index, it)| format!("{:>2} {it}", index + 1)).collect();
    columns(&mut text, &names);
    text
}

/// As many columns as fit, read downwards.
fn columns(text: &mut String, names: &[String]) {
    let width = names.iter().map(String::len).max().unwrap_or_default() + 2;
    let height = names.len().div_ceil((WIDTH / width).max(1));
    for row in 0..height {
        let cells = names.iter().skip(row).step_by(height.max(1)).map(|it| format!("{it:width$}"));
        line(text, &cells.collect::<String>());
    }
}

fn line(text: &mut String, line: &str) {
    text.push_str(line.trim_end());
    text.push('\n');
}
