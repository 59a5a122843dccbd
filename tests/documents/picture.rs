//! The picture in the README is what the tool prints of its case, and the case is minimal.
//!
//! `make tables` draws it anew.

use crate::{read, root};
use anstyle_svg::Term;
use assert_cmd::Command;
use std::fs;

const CASE: &str = "docs/pictures/zeroes.case";
const PICTURE: &str = "docs/pictures/zeroes.svg";

fn printed(arguments: &[&str]) -> String {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("shortcopy"));
    command.args(arguments).current_dir(root()).env("NO_COLOR", "1");
    String::from_utf8(command.assert().success().get_output().stdout.clone()).expect("text")
}

#[test]
fn it_is_what_explain_prints() {
    let printed = printed(&["explain", CASE]);
    // The case comes first, and the README shows it above the picture.
    let (_, table) = printed.split_once("\n\n").expect("a case, and what came of it");
    let svg = Term::new().render_svg(table);
    if std::env::var_os("UPDATE_TABLES").is_some() {
        fs::write(root().join(PICTURE), svg).expect("the picture can be written");
    } else {
        assert!(read(PICTURE) == svg, "{PICTURE} is out of date: run `make tables`");
    }
}

#[test]
fn its_case_is_minimal_and_stands_in_the_readme() {
    let case = read(CASE);
    assert_eq!(printed(&["shrink", CASE]), case, "shrink has something to say");
    assert!(read("README.md").contains(&format!("```text\n{case}```\n")), "the README shows another case");
}
