//! A case as a Rust test, for a project that depends on shortcopy.

use crate::judge::{Judge, Signature};
use crate::witness::of_strategy;
use case::Case;
use machine::Strategy;
use oracle::Profile;
use std::collections::BTreeSet;
use std::fmt::Write;

/// A Rust test that runs a case under a strategy that can run it, and asserts that it shows what the case expects of
/// the strategy; where it expects nothing of it, what it shows now. The name is the case's, and gives the test its
/// name.
#[must_use]
pub fn rust_test(case: &Case, name: &str, strategy: &'static Strategy) -> String {
    let (function, id) = (function_name(name, strategy.id), strategy.id);
    let mut text = String::new();
    for comment in &case.comments {
        let _ = writeln!(text, "{}", format!("// {}", harmless(comment)).trim_end());
    }
    let _ = writeln!(text, "#[test]\nfn {function}() {{");
    text.push_str("    use shortcopy::case::Case;\n    use shortcopy::judge::{Judge, Signature};\n");
    text.push_str("    use shortcopy::oracle::Profile;\n    use shortcopy::strategies;\n\n");
    let _ = writeln!(text, "    const CASE: &str = {};", literal(&case.print()));
    text.push('\n');
    let _ = writeln!(text, "    let case = Case::parse({name:?}, CASE).expect(\"it is a case\");");
    let _ = writeln!(text, "    let strategy = strategies::find({id:?}).expect(\"there is such a strategy\");");
    text.push_str(
        "    let mut judge = Judge::new(Profile::Linux);\n    let verdicts = judge.replay(&case, strategy).verdicts;\n",
    );
    text.push_str(
        "    let signature = |it| Signature::of(&case, strategy, it);\n\
         \x20   let found: Vec<Signature> = verdicts.iter().map(signature).collect();\n",
    );
    let wanted = wanted(case, strategy);
    if wanted.is_empty() {
        text.push_str("    assert!(found.is_empty(), \"{found:?}\");\n");
    }
    for (class, detail) in wanted {
        let detail = detail.map_or_else(String::new, |it| format!(" && it.detail() == Some({it:?})"));
        let _ = writeln!(text, "    let is_expected = |it: &Signature| it.class.as_str() == {class:?}{detail};");
        text.push_str("    assert!(found.iter().any(is_expected), \"{found:?}\");\n");
    }
    text.push_str("}\n");
    text
}

/// The classes that should be found, with their details; none if nothing should.
fn wanted(case: &Case, strategy: &'static Strategy) -> BTreeSet<(String, Option<String>)> {
    if of_strategy(&case.expectations, strategy.id).next().is_some() {
        return of_strategy(&case.expectations, strategy.id).filter_map(|it| it.finding.clone()).collect();
    }
    let mut judge = Judge::new(Profile::Linux);
    let verdicts = judge.replay(case, strategy).verdicts;
    let signatures = verdicts.iter().map(|it| Signature::of(case, strategy, it));
    signatures.map(|it| (it.class.as_str().to_owned(), it.detail().map(str::to_owned))).collect()
}

/// `NAME_under_STRATEGY`, which is an identifier whatever the name is.
fn function_name(name: &str, strategy: &str) -> String {
    let word = |text: &str| -> String {
        let letters = text.chars().map(|it| if it.is_ascii_alphanumeric() { it.to_ascii_lowercase() } else { '_' });
        let letters: String = letters.collect();
        letters.split('_').filter(|it| !it.is_empty()).collect::<Vec<_>>().join("_")
    };
    let first = word(name);
    let prefix = if first.starts_with(|it: char| it.is_ascii_lowercase()) { "" } else { "case_" };
    format!("{prefix}{first}_under_{}", word(strategy)).replace("__", "_")
}

/// Whether a character may stand in source as it is: not if it controls how a line is shown.
fn is_plain(character: char) -> bool {
    character.is_ascii_graphic() || character == ' ' || character.is_alphanumeric()
}

fn harmless(text: &str) -> String {
    text.chars().map(|it| if is_plain(it) { it } else { '?' }).collect()
}

/// A literal: raw if it can be, since a case has many lines.
fn literal(text: &str) -> String {
    if !text.chars().all(|it| is_plain(it) || it == '\n') {
        return format!("{text:?}");
    }
    let mut fence = String::new();
    while text.contains(&format!("\"{fence}")) {
        fence.push('#');
    }
    format!("r{fence}\"{text}\"{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_an_identifier() {
        assert_eq!(function_name("zero-transient", "temp-page"), "zero_transient_under_temp_page");
        assert_eq!(function_name("12 \u{e9}", "baseline"), "case_12_under_baseline");
        assert_eq!(function_name("", "baseline"), "case_under_baseline");
    }

    #[test]
    fn a_literal_is_fenced_as_far_as_it_has_to_be() {
        assert_eq!(literal("a"), "r\"a\"");
        assert_eq!(literal("a \"b\"# c"), "r##\"a \"b\"# c\"##");
        assert_eq!(literal("a\rb"), "\"a\\rb\"");
    }
}
