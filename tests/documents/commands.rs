//! Every command that a document shows works. Consoles print what they say, and quick commands are run. The others are
//! held to the program, the Makefile and the files by name and option.

use crate::markdown::Document;
use crate::{documents, read, root};
use assert_cmd::Command;
use std::collections::BTreeMap;
use std::fs;

/// Commands of shortcopy that the test does not run, and why. Their options are looked up in `--help`.
const NOT_RUN: &[(&str, &str)] = &[
    ("adopt", "it writes to the corpus; tests/cli.rs runs it"),
    ("conform", "it takes time and a filesystem; tests/conform.rs runs it"),
    ("corpus", "it writes to the corpus; src/corpus has tests of it"),
    ("host", "it takes time and a filesystem; tests/host.rs and `make host-smoke` run it"),
    ("hunt", "it takes time; tests/cli.rs runs it"),
    ("kernels", "it boots kernels, and fetches them; tests/kernels.rs runs it"),
    ("matrix", "it may replay every witness; tests/cli/matrix.md runs it"),
];

/// What stands for something else in a command, and what the test puts there.
const STAND_INS: &[(&str, &str)] = &[
    ("CASE", "docs/pictures/zeroes.case"),
    ("my.case", "docs/pictures/zeroes.case"),
    ("finding.case", "docs/pictures/zeroes.case"),
    ("findings/DEFECT.case", "docs/pictures/zeroes.case"),
    ("fuzz/artifacts/strategies/crash-…", "docs/pictures/zeroes.case"),
    ("DEFECT", "zero-tail-is-committed"),
    ("NAME", "zero-tail-retry"),
];

/// Variables that scripts read, beside those of the Makefile.
const VARIABLES: [&str; 6] = ["SHORTCOPY_REQUIRE", "RUNS", "SANITIZER", "SEED", "SUBMIT", "QUICK"];

/// Programs of others: a document may show how they are called, and nothing here holds it to them.
const OTHERS: [&str; 5] = ["apt-get", "export", "git", "gcc", "rustup"];

fn shortcopy() -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("shortcopy"));
    command.current_dir(root()).env("NO_COLOR", "1").env("COLUMNS", "100");
    command
}

/// What consoles print, and with which exit code.
#[test]
fn consoles_print_what_they_say() {
    let cases = trycmd::TestCases::new();
    for path in documents() {
        if Document::parse(&read(&path)).blocks.iter().any(|it| it.1 == "console") {
            cases.case(path);
        }
    }
    cases.env("NO_COLOR", "1");
}

/// The commands of a document, each with its line.
fn commands(document: &Document) -> Vec<(usize, String)> {
    let mut all = Vec::new();
    for (at, language, text) in &document.blocks {
        if matches!(language.as_str(), "sh" | "bash") {
            let joined = text.replace("\\\n", " ");
            let lines = joined.lines().map(|it| it.split(" #").next().unwrap_or_default().trim());
            all.extend(lines.filter(|it| !it.is_empty()).map(|it| (*at, it.to_owned())));
        }
    }
    let is_one = |it: &str| ["shortcopy ", "make ", "cargo "].iter().any(|start| it.starts_with(start));
    all.extend(document.code.iter().filter(|it| is_one(&it.1)).map(|(line, it)| (*line, it.replace('\n', " "))));
    all
}

#[test]
fn commands_are_those_that_there_are() {
    let (mut wrong, mut checked) = (Vec::new(), 0);
    let mut helps = BTreeMap::new();
    for path in documents() {
        for (line, command) in commands(&Document::parse(&read(&path))) {
            checked += 1;
            if let Err(why) = check(&command, &mut helps) {
                wrong.push(format!("{}:{line}: {command}: {why}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 60, "only {checked} commands were found");
}

fn check(command: &str, helps: &mut BTreeMap<String, String>) -> Result<(), String> {
    let words = shlex::split(command).ok_or("a quote is not closed")?;
    let is_variable = |it: &&String| it.split_once('=').is_some_and(|(name, _)| name == name.to_uppercase());
    let variables: Vec<&String> = words.iter().take_while(is_variable).collect();
    let rest = &words[variables.len()..];
    let Some(program) = rest.first() else { return Ok(()) };
    match program.as_str() {
        "make" => check_make(variables.into_iter().chain(&rest[1..])),
        "cargo" => check_cargo(&rest[1..], helps),
        "shortcopy" | "target/release/shortcopy" => check_shortcopy(&rest[1..], helps),
        it if OTHERS.contains(&it) || root().join(it).is_file() => Ok(()),
        it => Err(format!("nothing is known of {it}")),
    }
}

fn check_make<'w>(words: impl Iterator<Item = &'w String>) -> Result<(), String> {
    let makefile = read("Makefile");
    for word in words {
        match word.split_once('=') {
            Some((name, _)) if VARIABLES.contains(&name) || makefile.contains(&format!("$({name})")) => {}
            Some((name, _)) => return Err(format!("the Makefile has no {name}")),
            None if makefile.contains(&format!("\n{word}:")) => {}
            None => return Err(format!("the Makefile has no target {word}")),
        }
    }
    Ok(())
}

fn check_cargo(words: &[String], helps: &mut BTreeMap<String, String>) -> Result<(), String> {
    let of = |option: &str| words.iter().zip(words.iter().skip(1)).find(|it| it.0 == option).map(|it| it.1.as_str());
    if let Some(package) = of("-p") {
        let there = ["", "case", "host", "kernels", "machine", "oracle", "strategies"]
            .iter()
            .any(|folder| read(root().join(folder).join("Cargo.toml")).contains(&format!("name = \"{package}\"")));
        if !there {
            return Err(format!("there is no package {package}"));
        }
    }
    let folder = of("-p").and_then(|it| it.strip_prefix("shortcopy-")).unwrap_or("");
    for (test, _) in words.iter().skip(1).zip(words).filter(|it| it.1 == "--test") {
        let tests = root().join(folder).join("tests");
        if !tests.join(format!("{test}.rs")).is_file() && !tests.join(test).join("main.rs").is_file() {
            return Err(format!("there is no test {test}"));
        }
    }
    match (words.first().map(String::as_str), words.iter().position(|it| it == "--")) {
        (Some("run"), Some(at)) if of("--example").is_none() => check_shortcopy(&words[at + 1..], helps),
        _ => Ok(()),
    }
}

/// Its command is one, its options stand in the help, and what is quick is run.
fn check_shortcopy(words: &[String], helps: &mut BTreeMap<String, String>) -> Result<(), String> {
    let Some(name) = words.first().filter(|it| !it.starts_with('-')) else { return Ok(()) };
    let sub = words
        .get(1)
        .filter(|it| name == "corpus" || name == "kernels" && ["fetch", "list"].contains(&it.as_str()))
        .map_or("", String::as_str);
    let help = helps.entry(format!("{name} {sub}")).or_insert_with(|| {
        let arguments = [name.as_str(), sub, "--help"].into_iter().filter(|it| !it.is_empty());
        let output = shortcopy().args(arguments).output().expect("it runs");
        String::from_utf8(output.stdout).expect("text")
    });
    if !help.contains("Usage:") {
        return Err(format!("there is no command {name} {sub}"));
    }
    for option in words.iter().filter(|it| it.starts_with('-')) {
        let option = option.split('=').next().unwrap_or_default();
        if !help.split([' ', ',', '\n']).any(|it| it == option) {
            return Err(format!("{name} has no {option}"));
        }
    }
    if NOT_RUN.iter().any(|it| it.0 == name) || words.len() == 1 && name != "list" { Ok(()) } else { run(words) }
}

/// Runs a command, with a file for each word that stands for one.
fn run(words: &[String]) -> Result<(), String> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut words: Vec<String> = words.to_vec();
    for at in 0..words.len() {
        if at > 0 && matches!(words[at - 1].as_str(), "--html" | "-o" | "--output") {
            words[at] = folder.path().join("output").to_string_lossy().into_owned();
        } else if let Some((_, stands_for)) = STAND_INS.iter().find(|it| it.0 == words[at]) {
            (*stands_for).clone_into(&mut words[at]);
        }
    }
    let output = shortcopy().args(&words).output().expect("it runs");
    // Under another strategy a case may show something new, or not what it expects: the command works all the same.
    match output.status.code() {
        Some(0 | 1 | 3) => Ok(()),
        code => Err(format!("exit code {code:?}: {}", String::from_utf8_lossy(&output.stderr))),
    }
}

#[test]
fn what_is_not_run_has_a_command_and_a_reason() {
    for (name, reason) in NOT_RUN {
        assert!(!reason.is_empty() && fs::exists(root().join("src/cli").join(format!("{name}.rs"))).is_ok(), "{name}");
        shortcopy().args([name, "--help"]).assert().success();
    }
}
