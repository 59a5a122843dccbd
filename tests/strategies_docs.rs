//! The tables of strategies in the documents are those of the registry, and every strategy runs what is generated for it.
//!
//! `make tables` writes the tables anew.

use arbitrary::Unstructured;
use case::{Weights, generate};
use fastrand::Rng;
use machine::scheduler::Uniform;
use machine::{Machine, Strategy};
use oracle::{Call, Outcome, Profile};
use shortcopy::judge::Judge;
use shortcopy::matrix::Matrix;
use shortcopy::searched::Searched;
use shortcopy::{cost, findings};
use std::fmt::Write;
use std::fs;
use std::path::Path;

const BEGIN: &str = "<!-- The table is made by `make tables`. -->\n";
const END: &str = "<!-- The end of the table. -->\n";
const MATRIX_BEGIN: &str = "<!-- The matrix is made by `make tables`. -->\n";
const MATRIX_END: &str = "<!-- The end of the matrix. -->\n";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The table in the document between the two marks is this one.
fn hold_to(document: &str, table: &str) {
    hold_between(document, BEGIN, END, table);
}

fn hold_between(document: &str, begin: &str, end: &str, table: &str) {
    let path = root().join(document);
    let text = fs::read_to_string(&path).expect("the document is there");
    let (before, rest) = text.split_once(begin).expect("the table has its first mark");
    let (found, after) = rest.split_once(end).expect("the table has its last mark");
    if std::env::var_os("UPDATE_TABLES").is_some() {
        fs::write(path, [before, begin, table, end, after].concat()).expect("the document can be written");
    } else {
        assert_eq!(found, table, "{document} is out of date: run `make tables`");
    }
}

/// The filesystems of a strategy, each with its forms.
fn filesystems(strategy: &Strategy) -> String {
    let words: Vec<String> = strategy.ground().map(|(fs, form)| format!("`{} {}`", fs.word(), form.word())).collect();
    words.join(", ")
}

/// What is known of every strategy.
fn matrix() -> Matrix {
    let corpus = root().join("corpus");
    let searched = Searched::load(&corpus.join("searched.json")).expect("the record of searches can be read");
    Matrix::load(&corpus, searched).expect("the witnesses can be read")
}

/// How many witnesses a strategy has, and of which classes.
fn witnesses(strategy: &Strategy, matrix: &Matrix) -> String {
    let mut classes: Vec<&str> = matrix.of(strategy).map(|it| it.class.as_str()).collect();
    let count = classes.len();
    classes.sort_unstable();
    classes.dedup();
    let anchor: String = strategy.id.chars().filter(|it| *it != '.').collect();
    match classes[..] {
        [] => "nothing is known".to_owned(),
        _ => format!("[{}](findings.md#{anchor}) ({count})", classes.join(", ")),
    }
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
    let matrix = matrix();
    let mut table = String::from(
        "| strategy | what it does | from | runs on | what it is known to do wrong |\n|---|---|---|---|---|\n",
    );
    for strategy in strategies::ALL {
        let Strategy { id, what, who, .. } = strategy;
        let (on, wrong) = (filesystems(strategy), witnesses(strategy, &matrix));
        writeln!(table, "| `{id}` | {what} | {who} | {on} | {wrong} |").expect("a string takes everything");
    }
    hold_to("docs/strategies.md", &table);
}

#[test]
fn the_readme_has_the_matrix() {
    hold_between("README.md", MATRIX_BEGIN, MATRIX_END, &findings::table(&matrix(), "docs/findings.md"));
}

#[test]
fn the_findings_are_those_of_the_gallery() {
    hold_to("docs/findings.md", &findings::document(&matrix(), root()));
}

#[test]
fn the_costs_are_those_that_are_counted() {
    hold_to("docs/cost.md", &cost::document());
}

#[test]
fn something_is_said_of_every_strategy_and_of_nothing_else() {
    for strategy in strategies::ALL {
        assert!(strategies::said(strategy.id).is_some(), "nothing is said of {}", strategy.id);
    }
    for said in strategies::SAID {
        assert!(strategies::find(said.strategy).is_some(), "{} is no strategy", said.strategy);
    }
}

#[test]
fn every_claim_has_a_witness_or_a_reason() {
    let matrix = matrix();
    for said in strategies::SAID {
        let strategy = strategies::find(said.strategy).expect("it is a strategy");
        for claim in said.claims {
            let bears_out = |it: &shortcopy::matrix::Exhibit| {
                it.class == claim.class && claim.detail.is_none_or(|detail| it.detail.as_deref() == Some(detail))
            };
            let found = matrix.of(strategy).any(bears_out);
            assert!(found || claim.why_not.is_some(), "{} {} {:?}", said.strategy, claim.class, claim.detail);
        }
    }
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
