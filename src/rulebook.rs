//! The rule book in words: what each rule of the oracle demands, and who demands it, as `docs/rules.md` says it.

use oracle::Rule;

/// The document, which is compiled in.
const RULES: &str = include_str!("../docs/rules.md");

/// A rule in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// What it is about, in two or three words.
    pub title: &'static str,
    /// What it demands.
    pub what: String,
    /// Who demands it.
    pub source: String,
}

/// A rule in words; nothing if the document does not have it, which a test excludes.
#[must_use]
pub fn demand(rule: Rule) -> Demand {
    let heading = format!("\n## {rule} ");
    let section = RULES.split(&heading).nth(1).unwrap_or_default();
    let (title, rest) = section.split_once('\n').unwrap_or_default();
    Demand { title, what: part(rest, "**What.**"), source: part(rest, "**Source.**") }
}

/// What follows a label, up to the next one, on one line.
fn part(section: &str, label: &str) -> String {
    let (_, rest) = section.split_once(label).unwrap_or_default();
    let text = rest.split("\n**").next().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_says_something_of_each_rule() {
        for rule in Rule::ALL {
            let Demand { title, what, source } = demand(*rule);
            for it in [title, &what, &source] {
                assert!(!it.is_empty() && !it.contains("**") && !it.contains('#'), "{rule}: {it:?}");
            }
            assert!(what.ends_with('.') && source.ends_with('.'), "{rule}: {what} {source}");
        }
    }
}
