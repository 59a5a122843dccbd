//! The tables of strategies in the documents are those of the registry, and every strategy runs what is generated for
//! it.
//!
//! `make tables` writes the tables anew.

use arbitrary::Unstructured;
use case::{Weights, generate};
use fastrand::Rng;
use machine::{Defect, Machine};
use oracle::{Call, Outcome, Profile};
use schedule::Uniform;
use shortcopy::judge::Judge;
use shortcopy::matrix::Matrix;
use shortcopy::pages::Sources;
use shortcopy::searched::Searched;
use shortcopy::{cost, pages};
use std::collections::BTreeSet;
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

/// What is known of every strategy.
fn matrix() -> Matrix {
    let corpus = root().join("corpus");
    let searched = Searched::load(&corpus.join("searched.json")).expect("the record of searches can be read");
    Matrix::load(&corpus, searched).expect("the witnesses can be read")
}

#[test]
fn the_readme_lists_the_registry() {
    hold_to("README.md", &pages::strategies());
}

#[test]
fn the_document_lists_the_registry_and_the_witnesses() {
    hold_to("docs/strategies.md", &pages::index(&matrix()));
}

#[test]
fn the_readme_has_the_matrix() {
    hold_between("README.md", MATRIX_BEGIN, MATRIX_END, &pages::matrix(&matrix()));
}

#[test]
fn the_defects_are_those_of_the_registry() {
    let matrix = matrix();
    let sources = Sources { matrix: &matrix, root: root() };
    hold_to("docs/defects.md", &pages::defects(sources, true));
    hold_to("docs/filesystem-defects.md", &pages::defects(sources, false));
}

#[test]
fn every_strategy_has_a_page_and_nothing_else_has() {
    let matrix = matrix();
    let folder = root().join("docs/strategies");
    let mut wanted = BTreeSet::new();
    for strategy in strategies::ALL {
        let name = format!("{}.md", strategy.id);
        let page = pages::strategy(Sources { matrix: &matrix, root: root() }, strategy);
        if std::env::var_os("UPDATE_TABLES").is_some() {
            fs::create_dir_all(&folder).expect("the folder can be made");
            fs::write(folder.join(&name), &page).expect("the page can be written");
        }
        let found = fs::read_to_string(folder.join(&name)).expect("the page is there");
        assert_eq!(found, page, "docs/strategies/{name} is out of date: run `make tables`");
        wanted.insert(name);
    }
    let found = fs::read_dir(&folder).expect("the folder is there").map(|it| it.expect("it can be read").file_name());
    let found: BTreeSet<String> = found.map(|it| it.into_string().expect("a name is text")).collect();
    assert_eq!(found, wanted);
}

#[test]
fn no_page_is_long() {
    const MOST: u64 = 30_000;
    const OTHERS: [&str; 4] = ["README.md", "docs/defects.md", "docs/filesystem-defects.md", "docs/strategies.md"];
    let pages = fs::read_dir(root().join("docs/strategies")).expect("the folder is there");
    let pages = pages.map(|it| it.expect("it can be read").path());
    for page in pages.chain(OTHERS.map(|it| root().join(it))) {
        let length = fs::metadata(&page).expect("it is there").len();
        assert!(length <= MOST, "{} has {length} bytes", page.display());
    }
}

#[test]
fn the_costs_are_those_that_are_counted() {
    hold_to("docs/cost.md", &cost::document());
}

#[test]
fn every_strategy_has_a_file_of_claims_and_nothing_else_has() {
    for strategy in strategies::ALL {
        let about = strategies::claims_about(strategy.id).expect("there is a file");
        assert!(!about.summary.is_empty(), "nothing is said of {}", strategy.id);
    }
    let files = fs::read_dir(root().join("strategies/claims")).expect("the folder is there").count();
    assert_eq!(files, strategies::ALL.len());
}

#[test]
fn every_claim_that_is_borne_out_or_refuted_has_a_witness_of_its_defect() {
    let matrix = matrix();
    let mut without = BTreeSet::new();
    for claim in strategies::claims() {
        let strategy = strategies::find(claim.strategy).expect("it is a strategy");
        let Some(evidence) = claim.evidence() else { continue };
        if matrix.showing(strategy, evidence).is_none() {
            let strategies::Evidence { defect, class, detail, needs } = evidence;
            let words = [Some(class.as_str()), detail, needs];
            let words: Vec<&str> = words.into_iter().flatten().collect();
            without.insert(format!("{}: {defect} as {}", claim.strategy, words.join(" ")));
        }
    }
    let without: Vec<String> = without.into_iter().collect();
    assert!(without.is_empty(), "{} without a witness:\n{}", without.len(), without.join("\n"));
}

#[test]
fn every_folder_of_witnesses_is_a_defects() {
    let Ok(folders) = fs::read_dir(root().join("corpus/witness")) else { return };
    for folder in folders {
        let name = folder.expect("it can be read").file_name();
        let name = name.to_str().expect("a name is text");
        assert!(Defect::find(name).is_some(), "corpus/witness/{name} is no defect's");
    }
}

#[test]
fn every_strategy_runs_what_is_generated_for_it() {
    const CASES: u64 = 300;
    for strategy in strategies::ALL {
        for (filesystem, form) in strategy.runs_on() {
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
