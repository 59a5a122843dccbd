//! What a hunt tells while it goes on, and, for a machine, at its end: JSON objects, a line each, or words.

use crate::cli::output::say_json;
use crate::hunt::{DIFFERS, Finding, Summary, Trouble};
use crate::under_test::own_subject;
use anstyle::AnsiColor;
use serde_json::json;
use std::path::Path;

/// A finding in words, on standard error: what it is, why it comes, and where its case is.
pub fn tell(finding: &Finding, path: Option<&Path>) {
    let (style, word) =
        if finding.new { (AnsiColor::Red.on_default(), "new") } else { (AnsiColor::Yellow.on_default(), "known") };
    let place = path.map_or_else(|| "not written".to_owned(), |it| it.display().to_string());
    anstream::eprintln!("{style}{word}{style:#}: {}", finding.signature);
    // Nobody can name a defect of a subject.
    if !finding.signature.in_subject {
        anstream::eprintln!("  cause: {}", finding.cause);
    }
    anstream::eprintln!("  {}", finding.sentence);
    anstream::eprintln!("  {place}");
}

/// The same as a JSON object.
pub fn print_finding(finding: &Finding, path: Option<&Path>) {
    let mut object = json!({"event": "finding"});
    let others = json!({
        "cause": finding.cause,
        "needs": finding.needs,
        "new": finding.new,
        "case": path,
        "at_case": finding.at_case,
        "seconds": finding.seconds,
    });
    for part in [serde_json::to_value(finding.signature).unwrap_or_default(), others] {
        if let (Some(object), serde_json::Value::Object(part)) = (object.as_object_mut(), part) {
            object.extend(part);
        }
    }
    say_json(&object);
}

/// Tells it.
pub fn print_trouble(trouble: &Trouble, path: Option<&Path>, json: bool) {
    let what = trouble.what();
    if json {
        let (strategy, at_case) = (trouble.strategy, trouble.at_case);
        say_json(&json!({"event": "trouble", "strategy": strategy, "what": what, "case": path, "at_case": at_case}));
    }
    let style = AnsiColor::Magenta.on_default().bold();
    let place = path.map_or_else(String::new, |it| it.display().to_string());
    match own_subject().filter(|_| trouble.is_nondeterministic()) {
        Some(it) => {
            anstream::eprintln!("{style}{} does not do the same twice{style:#}: {what}: {place}\n  {DIFFERS}", it.name)
        }
        None => {
            anstream::eprintln!("{style}a bug of shortcopy's own{style:#}: under {}: {what}: {place}", trouble.strategy)
        }
    }
}

/// The last line.
pub fn print_summary(summary: &Summary, seed: u64) {
    say_json(&json!({
        "event": "summary",
        "seed": seed,
        "cases": summary.cases,
        "steps": summary.steps,
        "unanswered": summary.unanswered,
        "seconds": summary.seconds,
        "cases_per_second": summary.cases_per_second().round() as u64,
        "findings": summary.findings,
        "new": summary.new,
        "troubles": summary.troubles,
        "attribution_seconds": summary.attribution_seconds,
    }));
}
