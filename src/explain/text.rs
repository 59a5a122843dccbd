//! An explanation as plain text, for a terminal.

use super::{Explanation, Row};
use comfy_table::{ContentArrangement, LineStyle, Table, presets};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Renders an explanation in so many columns of text.
#[must_use]
pub fn render(explanation: &Explanation, width: u16) -> String {
    let mut text = format!("{}\n{}: {}\n\n", explanation.case, explanation.strategy, explanation.what);
    let mut table = Table::new();
    let below_header = LineStyle::none().fill('─').junction('─');
    table.load_style(presets::NOTHING.header_separator(below_header));
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    table.set_header(["step"].into_iter().chain(explanation.runners.iter().map(String::as_str)));
    for row in &explanation.rows {
        table.add_row(cells(row, explanation.runners.len()));
    }
    let _ = writeln!(text, "{}\n", table.trim_fmt());
    for line in &explanation.deadlock {
        let _ = writeln!(text, "{line}");
    }
    let mut told = BTreeSet::new();
    for verdict in &explanation.verdicts {
        let _ = writeln!(text, "{}", verdict.headline);
        for line in verdict.details.lines() {
            let _ = writeln!(text, "  {line}");
        }
        // Of several that break one rule the first says what it is.
        if told.insert(&verdict.rule) {
            verdict.rule.lines().for_each(|line| push_wrapped(&mut text, line, width.into()));
        }
    }
    if explanation.verdicts.is_empty() {
        text.push_str("Nothing is wrong with this run.\n");
    }
    text
}

/// A line, indented and no longer than the screen.
fn push_wrapped(text: &mut String, line: &str, width: usize) {
    let (indent, mut column) = ("  ", usize::MAX);
    for word in line.split_whitespace() {
        let length = word.chars().count();
        if column.saturating_add(1 + length) > width {
            let _ = write!(text, "{}{indent}{word}", if column == usize::MAX { "" } else { "\n  " });
            column = indent.len() + length + if column == usize::MAX { 0 } else { 2 };
        } else {
            let _ = write!(text, " {word}");
            column += 1 + length;
        }
    }
    text.push('\n');
}

fn cells(row: &Row, runners: usize) -> Vec<String> {
    let mut cells = vec![String::new(); runners + 1];
    cells[0] = row.step.to_string();
    let entries: Vec<&str> = row.entries.iter().map(|it| it.text.as_str()).collect();
    cells[row.runner + 1] = entries.join("\n");
    cells
}
