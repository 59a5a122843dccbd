//! An explanation as a web page that needs nothing else: to attach to a message.

use super::{Explanation, Kind, Row};
use maud::{DOCTYPE, Markup, html};

const STYLE: &str = "
:root { color-scheme: light dark; }
body { font: 14px/1.4 system-ui, sans-serif; margin: 2em; }
pre, td { font-family: ui-monospace, monospace; font-size: 13px; }
pre { background: color-mix(in srgb, currentColor 6%, transparent); padding: 1em; overflow-x: auto; }
table { border-collapse: collapse; }
th { position: sticky; top: 0; background: Canvas; text-align: left; }
th, td { padding: .25em .75em; vertical-align: top; }
th, td { border-bottom: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
.step { text-align: right; opacity: .6; }
.call { font-weight: bold; }
.lock { color: #2a6fb0; }
.wait { color: #b06a00; font-weight: bold; }
.look { opacity: .7; }
.copy { color: #2d8042; }
.clear { color: #b5179e; font-weight: bold; }
.fault, h2 { color: #c0392b; }
";

/// Renders an explanation as a page of this title.
#[must_use]
pub fn page(explanation: &Explanation, title: &str) -> String {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { (title) }
                style { (STYLE) }
            }
            body {
                h1 { (title) }
                p { b { (explanation.strategy) } ": " (explanation.what) }
                @for verdict in &explanation.verdicts {
                    h2 { (verdict.headline) }
                    pre { (verdict.details) }
                    @for line in verdict.rule.lines() { p { (line) } }
                }
                @if explanation.verdicts.is_empty() { p { "Nothing is wrong with this run." } }
                @if !explanation.deadlock.is_empty() { pre { (explanation.deadlock.join("\n")) } }
                h3 { "What happened" }
                (table(explanation))
                h3 { "The case" }
                pre { (explanation.case) }
            }
        }
    };
    markup.into_string()
}

fn table(explanation: &Explanation) -> Markup {
    html! {
        table {
            thead { tr { th { "step" } @for runner in &explanation.runners { th { (runner) } } } }
            tbody { @for row in &explanation.rows { (table_row(row, explanation.runners.len())) } }
        }
    }
}

fn table_row(row: &Row, runners: usize) -> Markup {
    html! {
        tr {
            td.step { (row.step) }
            @for column in 0..runners {
                td {
                    @if column == row.runner {
                        @for entry in &row.entries { div class=(class(entry.kind)) { (entry.text) } }
                    }
                }
            }
        }
    }
}

const fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Call => "call",
        Kind::Lock => "lock",
        Kind::Wait => "wait",
        Kind::State => "state",
        Kind::Look => "look",
        Kind::Copy => "copy",
        Kind::Clear => "clear",
        Kind::Fault => "fault",
    }
}
