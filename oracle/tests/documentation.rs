//! Every rule has its section in the rule book.

use oracle::Rule;

#[test]
fn every_rule_has_a_section() {
    let book =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/rules.md")).expect("docs/rules.md");
    for rule in Rule::ALL {
        let heading = format!("## {rule} ");
        let section = book.split(&heading).nth(1).unwrap_or_else(|| panic!("no section \"{heading}\""));
        let section = section.split("\n## ").next().unwrap_or_default();
        for part in ["**What.**", "**Source.**", "**Profile.**", "**Example.**"] {
            assert!(section.contains(part), "{rule} lacks {part}");
        }
    }
}
