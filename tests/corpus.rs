//! The corpus: each case file is a test of its own, named by its path.
//!
//! A case is read strictly, prints as it stands in the file, and keeps its expectations. A witness stands in the folder
//! of a defect that is a cause of what it shows, and is minimal: the shrinker leaves it as it is, if what is shown and
//! its cause are to stay. The README's example is held to the same, but for that. Whatever the strategy, a case shows
//! nothing whose cause is not known to be there: whoever replays the corpus runs it under all.

use case::Case;
use libtest_mimic::{Arguments, Failed, Trial};
use machine::{Machine, Strategy};
use oracle::{Class, Profile};
use shortcopy::cause::is_known;
use shortcopy::embargo::{Embargo, compiled_in};
use shortcopy::gallery::{Curator, Niche, Shown};
use shortcopy::judge::{Judge, Signature};
use shortcopy::matrix::Witness;
use shortcopy::witness::{Comparison, case_files, compare, is_for, is_met_by};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The folders, and whether what is in them are witnesses of the defects after which the folders in it are called.
const FOLDERS: [(&str, bool); 4] = [("seed", false), ("witness", true), ("control", false), ("regression", false)];

fn main() -> ExitCode {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut trials = vec![Trial::test("no case outside the folders", {
        let corpus = corpus.clone();
        move || no_strangers(&corpus)
    })];
    trials.push(Trial::test("the example in README.md", readme_example));
    trials.push(Trial::test("the examples in docs/case-format.md", format_examples));
    trials.push(Trial::test("the embargoes", {
        let corpus = corpus.clone();
        move || embargoes(&corpus)
    }));
    for (folder, are_witnesses) in FOLDERS {
        let folder = corpus.join(folder);
        if !folder.exists() {
            continue;
        }
        for path in case_files(&folder).expect("the corpus can be read") {
            let name = path.strip_prefix(&corpus).unwrap_or(&path).display().to_string();
            trials.push(Trial::test(name, move || check(&path, are_witnesses)));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// What stands elsewhere would be tested by nobody.
fn no_strangers(corpus: &Path) -> Result<(), Failed> {
    if !corpus.exists() {
        return Ok(());
    }
    let known = |path: &PathBuf| FOLDERS.iter().any(|(folder, _)| path.starts_with(corpus.join(folder)));
    match case_files(corpus)?.into_iter().find(|path| !known(path)) {
        Some(path) => Err(format!("{} is in none of the folders that are tested", path.display()).into()),
        None => Ok(()),
    }
}

/// They are of what exists, and no case in the corpus says how to get what they hold back.
fn embargoes(corpus: &Path) -> Result<(), Failed> {
    let embargoes = Embargo::load(corpus)?;
    for it in &embargoes {
        let strategy = strategies::find(&it.strategy).ok_or_else(|| format!("there is no strategy {}", it.strategy))?;
        let runs = strategy.runs_on().any(|(filesystem, _)| filesystem.word() == it.filesystem);
        if !runs || !Class::ALL.iter().any(|class| class.as_str() == it.class) {
            return Err(format!("{} cannot show {} on {}", it.strategy, it.class, it.filesystem).into());
        }
    }
    for path in case_files(corpus)? {
        let case = read(&path.display().to_string(), &fs::read_to_string(&path)?)?;
        let hides = |it: &Embargo| Witness::of(&case, &path).is_some_and(|witness| it.hides(witness.defect));
        if embargoes.iter().any(|it| it.is_shown_by(&case) || hides(it)) {
            return Err(format!("{} is held back, and may not stand here", path.display()).into());
        }
    }
    Ok(())
}

fn readme_example() -> Result<(), Failed> {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"))?;
    let (_, text) = readme.split_once("```text\nshortcopy case").ok_or("there is none")?;
    let text = text.split("```\n").next().ok_or("it has no end")?;
    let text = &format!("shortcopy case{text}");
    keeps_expectations(&read("README.md", text)?, &mut Judge::new(Profile::Linux))
}

/// Those that the machine can run, that is: the format is ahead of it.
fn format_examples() -> Result<(), Failed> {
    let document = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/case-format.md"))?;
    let mut ran = 0;
    for text in document.split("```\n").filter(|it| it.starts_with("shortcopy case")) {
        let case = read("docs/case-format.md", text)?;
        if strategies::ALL.iter().any(|it| Machine::refusal(&case, it).is_none()) {
            keeps_expectations(&case, &mut Judge::new(Profile::Linux))?;
            ran += 1;
        }
    }
    if ran < 2 { Err(format!("only {ran} of the examples can be run").into()) } else { Ok(()) }
}

/// Whatever strategy it is run under, a case shows what is known there, and nothing that is held back.
fn shows_what_is_known(case: &Case, curator: &mut Curator) -> Result<(), Failed> {
    for strategy in strategies::ALL.iter().filter(|it| Machine::refusal(case, it).is_none()) {
        for it in curator.shown(case, strategy) {
            let Signature { filesystem, form, .. } = it.signature;
            if !is_known(&it.cause, strategy.id, filesystem, form) {
                return Err(
                    format!("it shows {}, and the cause is {}: that is not known", it.signature, it.cause).into()
                );
            }
        }
    }
    if curator.holds_back(case) { Err("it shows what is held back, and may not stand here".into()) } else { Ok(()) }
}

fn check(path: &Path, is_witness: bool) -> Result<(), Failed> {
    let text = fs::read_to_string(path)?;
    let case = read(&path.display().to_string(), &text)?;
    keeps_expectations(&case, &mut Judge::new(Profile::Linux))?;
    let mut curator = Curator::new(compiled_in().to_vec());
    shows_what_is_known(&case, &mut curator)?;
    if is_witness { is_minimal_witness(path, &case, &mut curator) } else { Ok(()) }
}

/// Reads a case that is written as it prints.
fn read(name: &str, text: &str) -> Result<Case, Failed> {
    let case = Case::parse(name, text).map_err(|error| {
        let mistakes = error.mistakes().iter().map(|it| format!("\n{}:{}: {}", it.line, it.column, it.message));
        format!("{error}{}", mistakes.collect::<String>())
    })?;
    if case.print() != text {
        return Err(format!("it is not in canonical form, which is:\n{case}").into());
    }
    Ok(case)
}

/// The findings of every strategy of which the case says something are those that it says.
fn keeps_expectations(case: &Case, judge: &mut Judge) -> Result<(), Failed> {
    for expectation in case.expectations.iter().filter(|it| it.strategy != "all") {
        let strategy = strategies::find(&expectation.strategy);
        let strategy = strategy.ok_or_else(|| format!("there is no strategy {}", expectation.strategy))?;
        if let Some(refusal) = Machine::refusal(case, strategy) {
            return Err(format!("{} cannot run: {refusal}", strategy.id).into());
        }
    }
    for strategy in strategies::ALL {
        let concerned = case.expectations.iter().any(|it| is_for(it, strategy.id));
        if !concerned || Machine::refusal(case, strategy).is_some() {
            continue;
        }
        let found = signatures(case, strategy, judge);
        if compare(&case.expectations, strategy.id, &found) != Comparison::AsExpected {
            let found: String = found.iter().map(|it| format!("\n  {it}")).collect();
            let found = if found.is_empty() { " nothing" } else { found.as_str() };
            return Err(format!("{} does not show what is expected of it, but:{found}", strategy.id).into());
        }
    }
    Ok(())
}

fn signatures(case: &Case, strategy: &'static Strategy, judge: &mut Judge) -> Vec<Signature> {
    judge.replay(case, strategy).verdicts.iter().map(|it| Signature::of(case, strategy, it)).collect()
}

fn is_minimal_witness(path: &Path, case: &Case, curator: &mut Curator) -> Result<(), Failed> {
    let witness = Witness::of(case, path).ok_or("its folder is no defect's, or it expects nothing of a strategy")?;
    let place = Niche { strategy: Some(witness.strategy), ..witness.niche() }.path().with_extension("");
    let is_for_a_claim = path.display().to_string().contains(&format!("{}-", place.display()));
    if !witness.is_of_its_niche() && !is_for_a_claim {
        return Err(format!("its place is {}", witness.niche().path().display()).into());
    }
    if !case.minimal || !case.mended.is_empty() {
        return Err("a witness is minimal, and mends nothing: run `shortcopy shrink` on it".into());
    }
    let strategy = strategies::find(witness.strategy).ok_or("it has no strategy")?;
    let shown = curator.shown(case, strategy);
    let first = case.expectations.first().ok_or("it expects nothing")?;
    let is_it = |it: &&Shown| is_met_by(first, &it.signature) && it.cause.defects().any(|it| it == witness.defect);
    let wanted = shown.iter().find(is_it).ok_or("its defect is no cause of what it shows first")?;
    let shrunk = curator.shrunk(case, strategy, wanted);
    if shrunk == *case { Ok(()) } else { Err(format!("it is not minimal; this is less:\n{shrunk}").into()) }
}
