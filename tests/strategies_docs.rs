//! The tables of strategies in the documents are those of the registry, and every strategy runs what is generated for it.
//!
//! `make tables` writes the tables anew.

use arbitrary::Unstructured;
use case::{Case, Weights, generate};
use fastrand::Rng;
use machine::scheduler::Uniform;
use machine::{Machine, Strategy};
use oracle::{Call, Outcome, Profile};
use shortcopy::judge::Judge;
use shortcopy::witness::case_files;
use std::fmt::Write;
use std::fs;
use std::path::Path;

const BEGIN: &str = "<!-- The table is made by `make tables`. -->\n";
const END: &str = "<!-- The end of the table. -->\n";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The table in the document between the two marks is this one.
fn hold_to(document: &str, table: &str) {
    let path = root().join(document);
    let text = fs::read_to_string(&path).expect("the document is there");
    let (before, rest) = text.split_once(BEGIN).expect("the table has its first mark");
    let (found, after) = rest.split_once(END).expect("the table has its last mark");
    if std::env::var_os("UPDATE_TABLES").is_some() {
        fs::write(path, [before, BEGIN, table, END, after].concat()).expect("the document can be written");
    } else {
        assert_eq!(found, table, "{document} is out of date: run `make tables`");
    }
}

/// The filesystems of a strategy, each with its forms.
fn filesystems(strategy: &Strategy) -> String {
    let words: Vec<String> = strategy.ground().map(|(fs, form)| format!("`{} {}`", fs.word(), form.word())).collect();
    words.join(", ")
}

/// The witnesses of a strategy, as links from `docs/`.
fn witnesses(strategy: &Strategy) -> String {
    let folder = root().join("corpus/witness").join(strategy.id);
    if !folder.exists() {
        return "none: held to be right".to_owned();
    }
    let mut links = Vec::new();
    for path in case_files(&folder).expect("the witnesses can be read") {
        let case = Case::parse("a witness", &fs::read_to_string(&path).expect("it can be read")).expect("it is a case");
        let mine = case.expectations.into_iter().filter(|it| it.strategy == strategy.id);
        let shown = mine.filter_map(|it| it.finding).map(|(class, detail)| match detail {
            Some(detail) => format!("{class} {detail}"),
            None => class,
        });
        let shown = shown.collect::<Vec<_>>().join(" and ");
        let path = path.strip_prefix(root()).expect("it is below the root").display();
        links.push(format!("[{shown}](../{path})"));
    }
    links.join(", ")
}

#[test]
fn the_readme_lists_the_registry() {
    let mut table = String::from("| strategy | what it does | from |\n|---|---|---|\n");
    for strategy in strategies::ALL {
        let Strategy { id, what, who, .. } = strategy;
        writeln!(table, "| `{id}` | {what} | {who} |").expect("a string takes everything");
    }
    hold_to("README.md", &table);
}

#[test]
fn the_document_lists_the_registry_and_the_witnesses() {
    let mut table = String::from(
        "| strategy | what it does | from | runs on | what it is known to do wrong |\n|---|---|---|---|---|\n",
    );
    for strategy in strategies::ALL {
        let Strategy { id, what, who, .. } = strategy;
        let (on, wrong) = (filesystems(strategy), witnesses(strategy));
        writeln!(table, "| `{id}` | {what} | {who} | {on} | {wrong} |").expect("a string takes everything");
    }
    hold_to("docs/strategies.md", &table);
}

#[test]
fn every_folder_of_witnesses_is_a_strategys() {
    let Ok(folders) = fs::read_dir(root().join("corpus/witness")) else { return };
    for folder in folders {
        let name = folder.expect("it can be read").file_name();
        let name = name.to_str().expect("a name is text");
        assert!(strategies::find(name).is_some(), "corpus/witness/{name} is no strategy's");
    }
}

#[test]
fn every_strategy_runs_what_is_generated_for_it() {
    const CASES: u64 = 300;
    for strategy in strategies::ALL {
        for (filesystem, form) in strategy.ground() {
            let weights = Weights { filesystems: vec![(filesystem, Some(form))], ..Weights::default() };
            let mut judge = Judge::new(Profile::Linux);
            let mut written = 0;
            for seed in 0..CASES {
                let mut bytes = [0; 512];
                Rng::with_seed(seed).fill(&mut bytes);
                let case = generate(&mut Unstructured::new(&bytes), &weights);
                assert_eq!(Machine::refusal(&case, strategy), None, "{} refuses:\n{case}", strategy.id);
                let run = judge.judge(&case, strategy, &mut Uniform::new(seed)).run;
                written += run.history.operations.iter().filter(|it| {
                    matches!((it.call, it.outcome), (Call::Write { .. }, Some(Outcome::Done(cells))) if cells > 0)
                }).count();
            }
            let at_least = CASES as usize / 4;
            assert!(
                written > at_least,
                "{} on {filesystem:?} {form:?}: only {written} writes wrote anything",
                strategy.id
            );
        }
    }
}
