//! The corpus: each case file is a test of its own, named by its path.
//!
//! A case is read strictly, prints as it stands in the file, and keeps its expectations. A witness stands in the folder of a strategy of
//! which it shows something, and is minimal: the shrinker leaves it as it is. The README's example is held to the same, but for that. Under
//! the strategies of which it says nothing, a case shows nothing but what some witness shows: whoever replays the corpus runs it under all.

use case::{Case, Expectation};
use libtest_mimic::{Arguments, Failed, Trial};
use machine::{Machine, Strategy};
use oracle::{Class, Profile};
use shortcopy::embargo::Embargo;
use shortcopy::judge::{Judge, Signature};
use shortcopy::witness::{Comparison, Witnesses, case_files, compare, is_for, is_met_by};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// The folders, and whether what is in them shows defects of the strategy after which a folder in it is called.
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
    let gallery = Arc::new(Gallery::load(&corpus));
    for (folder, are_witnesses) in FOLDERS {
        let folder = corpus.join(folder);
        if !folder.exists() {
            continue;
        }
        for path in case_files(&folder).expect("the corpus can be read") {
            let name = path.strip_prefix(&corpus).unwrap_or(&path).display().to_string();
            let gallery = Arc::clone(&gallery);
            trials.push(Trial::test(name, move || check(&path, are_witnesses, &gallery)));
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
        let runs = strategy.ground().any(|(filesystem, _)| filesystem.word() == it.filesystem);
        if !runs || !Class::ALL.iter().any(|class| class.as_str() == it.class) {
            return Err(format!("{} cannot show {} on {}", it.strategy, it.class, it.filesystem).into());
        }
    }
    for path in case_files(corpus)? {
        let case = read(&path.display().to_string(), &fs::read_to_string(&path)?)?;
        if embargoes.iter().any(|it| it.is_shown_by(&case)) {
            return Err(format!("{} is held back, and may not stand here", path.display()).into());
        }
    }
    Ok(())
}

fn readme_example() -> Result<(), Failed> {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"))?;
    let text = readme.split("```\n").find(|it| it.starts_with("shortcopy case")).ok_or("there is none")?;
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

/// What is known, and what is held back.
struct Gallery {
    witnesses: Witnesses,
    embargoes: Vec<Embargo>,
}

impl Gallery {
    fn load(corpus: &Path) -> Self {
        Self {
            witnesses: Witnesses::load(corpus).expect("the witnesses can be read"),
            embargoes: Embargo::load(corpus).expect("the embargoes can be read"),
        }
    }

    /// Whatever strategy it is run under, a case shows what some witness shows, and nothing that is held back.
    fn has_all_that_is_shown(&self, case: &Case, judge: &mut Judge) -> Result<(), Failed> {
        for strategy in strategies::ALL.iter().filter(|it| Machine::refusal(case, it).is_none()) {
            for it in signatures(case, strategy, judge) {
                if self.embargoes.iter().any(|embargo| embargo.covers(&it)) {
                    return Err(
                        format!("under {} it shows what is held back, and may not stand here", strategy.id).into()
                    );
                }
                if !self.witnesses.knows(&it) {
                    return Err(format!(
                        "it shows {it}, and no witness does: `shortcopy adopt` takes a copy of it that expects this"
                    )
                    .into());
                }
            }
        }
        Ok(())
    }
}

fn check(path: &Path, is_witness: bool, gallery: &Gallery) -> Result<(), Failed> {
    let text = fs::read_to_string(path)?;
    let case = read(&path.display().to_string(), &text)?;
    let mut judge = Judge::new(Profile::Linux);
    keeps_expectations(&case, &mut judge)?;
    gallery.has_all_that_is_shown(&case, &mut judge)?;
    if is_witness { is_minimal_witness(path, &case, &mut judge) } else { Ok(()) }
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

fn signatures(case: &Case, strategy: &Strategy, judge: &mut Judge) -> Vec<Signature> {
    judge.replay(case, strategy).verdicts.iter().map(|it| Signature::of(case, strategy, it)).collect()
}

fn is_minimal_witness(path: &Path, case: &Case, judge: &mut Judge) -> Result<(), Failed> {
    let witnesses = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/witness");
    let folder = path.strip_prefix(witnesses)?.iter().next().and_then(|it| it.to_str()).unwrap_or_default();
    let strategy = strategies::find(folder).ok_or_else(|| format!("there is no strategy {folder}"))?;
    let is_of_folder = |it: &&Expectation| it.strategy == strategy.id && it.finding.is_some();
    let shown = case.expectations.iter().find(is_of_folder);
    let shown = shown.ok_or_else(|| format!("it says of nothing that {folder} shows it"))?;
    if !case.minimal {
        return Err("a witness is minimal: run `shortcopy shrink` on it".into());
    }
    let found = signatures(case, strategy, judge);
    let wanted = found.into_iter().find(|it| is_met_by(shown, it)).ok_or("it does not show what it is for")?;
    let shrunk = case::shrink(case, &mut |candidate| judge.shows(candidate, strategy, &wanted), &mut |_| {}).case;
    // What a case says of itself is not the shrinker's subject.
    let (comments, expectations) = (case.comments.clone(), case.expectations.clone());
    let shrunk = Case { comments, expectations, ..shrunk };
    if shrunk == *case { Ok(()) } else { Err(format!("it is not minimal; this is less:\n{shrunk}").into()) }
}
