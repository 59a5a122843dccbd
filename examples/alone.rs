//! Measures that each defect is found where it is the only one: all else mended, from nothing, on one core, from
//! several seeds.
//!
//! Each is looked for where it has a witness, those first that show it with all else mended, and of these the plainest,
//! until it is found from nine seeds of ten on one such place. A place where it is missed too often is left early. What
//! no witness shows has no place. What was measured stands in a log, and is not measured again. Time is time on the
//! processor.

#[path = "measure/log.rs"]
mod log;
#[path = "measure/thread_time.rs"]
mod thread_time;

use anyhow::{Context, Result};
use case::{Filesystem, Form};
use clap::Parser;
use machine::{Defect, DefectSet, Strategy};
use oracle::Profile;
use serde_json::{Value, json};
use shortcopy::hunt::{Field, Pool, Search, Seen};
use shortcopy::judge::{Judge, Signature};
use shortcopy::matrix::Matrix;
use shortcopy::searched::Searched;
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use thread_time::ThreadTime;

/// Measures that each defect is found where it is the only one.
#[derive(Parser)]
struct Arguments {
    /// Only this one; repeatable
    #[arg(long, value_name = "DEFECT")]
    defect: Vec<String>,
    /// How long to look from each seed
    #[arg(long, default_value = "60s")]
    time: humantime::Duration,
    /// How many seeds
    #[arg(long, default_value = "10")]
    seeds: u64,
    /// In how many places at most
    #[arg(long, default_value = "3")]
    places: usize,
    /// Where the log is
    #[arg(long, value_name = "DIR", default_value = "target/alone")]
    folder: PathBuf,
}

/// Where a defect is looked for.
#[derive(Clone, Copy)]
struct Place {
    strategy: &'static Strategy,
    filesystem: Filesystem,
    form: Form,
}

/// What was found from a seed.
struct Found {
    seconds: f64,
    cases: u64,
    signature: Signature,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let log = arguments.folder.join("log.jsonl");
    fs::create_dir_all(&arguments.folder)?;
    let done = measured(&log)?;
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let matrix = Matrix::load(&corpus, Searched::default())?;
    let is_asked = |it: &&Defect| arguments.defect.is_empty() || arguments.defect.iter().any(|id| id == it.id());
    for defect in Defect::ALL.iter().filter(is_asked).filter(|it| !done.contains(it.id())) {
        let line = look_everywhere(*defect, &matrix, &arguments)?;
        println!("{line}");
        writeln!(fs::OpenOptions::new().create(true).append(true).open(&log)?, "{line}")?;
    }
    Ok(())
}

/// Looks for a defect in one place after the other; tells of the first where it is found often enough, or of the best.
fn look_everywhere(defect: Defect, matrix: &Matrix, arguments: &Arguments) -> Result<Value> {
    let mut judge = Judge::new(Profile::Linux);
    judge.mend(DefectSet::ALL.without(DefectSet::of(defect)));
    let mut witnesses = Vec::new();
    for witness in matrix.of(defect) {
        let strategy = strategies::find(witness.strategy).context("a witness of no strategy")?;
        // Another defect may be needed beside this one there.
        let shows = !judge.replay(&witness.case, strategy).verdicts.is_empty();
        witnesses.push((!shows, witness.needs_a_fault(), witness.measure, witness, strategy));
    }
    witnesses.sort_by_key(|(hides, fault, measure, ..)| (*hides, *fault, *measure));
    let mut places: Vec<Place> = Vec::new();
    for (.., witness, strategy) in witnesses {
        let place = Place { strategy, filesystem: witness.filesystem, form: witness.form };
        let is_same = |it: &Place| {
            it.strategy.id == place.strategy.id && (it.filesystem, it.form) == (place.filesystem, place.form)
        };
        if !places.iter().any(is_same) {
            places.push(place);
        }
    }
    if places.is_empty() {
        // Known from reading the code: nobody has a case that shows it.
        return Ok(json!({"defect": defect.id(), "place": null, "found": 0, "missed": 0}));
    }
    let mut best: Option<Value> = None;
    for place in places.into_iter().take(arguments.places) {
        let (mut found, mut missed) = (Vec::new(), 0);
        for seed in 1..=arguments.seeds {
            match look(defect, place, seed, arguments) {
                Some(it) => found.push(it),
                None => missed += 1,
            }
            if missed * 10 > arguments.seeds {
                break;
            }
        }
        found.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
        let median = found.get(found.len() / 2);
        let line = json!({
            "defect": defect.id(),
            "place": format!("{} {} {}", place.strategy.id, place.filesystem.word(), place.form.word()),
            "found": found.len(),
            "missed": missed,
            "median_seconds": median.map(|it| it.seconds),
            "median_cases": median.map(|it| it.cases),
            "longest_seconds": found.last().map(|it| it.seconds),
            "symptom": median.map(|it| it.signature.class.to_string()),
        });
        let is_enough = found.len() as u64 * 10 >= arguments.seeds * 9;
        if best.as_ref().is_none_or(|it| it["found"].as_u64() < line["found"].as_u64()) {
            best = Some(line);
        }
        if is_enough {
            break;
        }
    }
    best.context("no place was asked for")
}

/// Hunts with all else mended until something shows.
fn look(defect: Defect, place: Place, seed: u64, arguments: &Arguments) -> Option<Found> {
    let field = Field {
        tested: vec![place.strategy.into()],
        filesystems: vec![place.filesystem],
        forms: vec![place.form],
        ..Field::everything(seed)
    };
    let mut search = Search::new(&field);
    search.mend(DefectSet::ALL.without(DefectSet::of(defect)));
    let start = ThreadTime::start();
    let (mut signature, mut cases, mut number) = (None, 0, 0);
    while signature.is_none() && start.elapsed() < *arguments.time {
        let work = search.batch(number, u64::MAX, &Pool::default(), &mut |sighting| {
            if let Some(it) = sighting
                && let Seen::Verdicts(judgement) = &it.seen
            {
                signature = judgement.verdicts.first().map(|verdict| Signature::of(it.case, it.tested, verdict));
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        cases += work.cases;
        number += 1;
    }
    signature.map(|signature| Found { seconds: start.elapsed().as_secs_f64(), cases, signature })
}

/// The defects of the log.
fn measured(log: &Path) -> Result<BTreeSet<String>> {
    log::lines(log)?.iter().map(|it| Ok(it["defect"].as_str().context("a line without a defect")?.to_owned())).collect()
}
