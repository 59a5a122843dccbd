//! What the generator reaches: a search of a fixed length and seed comes at least so often to every place that it came
//! to when the floors were set, each at a quarter of what was counted then. `make tables` sets them anew; a place that
//! gets lost shows as a line that is gone.

use machine::Machine;
use oracle::Profile;
use shortcopy::coverage::{Area, Coverage};
use shortcopy::fuzzing::mutate_input;
use shortcopy::hunt::{BATCH, Field, Pool, Search};
use shortcopy::judge::Judge;
use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::OnceLock;

/// Batches of the search: some runs for each strategy.
const BATCHES: u64 = 180 * 1024 / BATCH;
/// Places that were reached less often than this have no floor: it would be chance.
const LEAST: u64 = 12;

type Floors = BTreeMap<String, u64>;

/// The search, made once.
fn search() -> &'static Coverage {
    static SEARCH: OnceLock<Coverage> = OnceLock::new();
    SEARCH.get_or_init(make_search)
}

fn make_search() -> Coverage {
    let field = Field { coverage: true, ..Field::everything(7) };
    let mut search = Search::new(&field);
    for batch in 0..BATCHES {
        search.batch(batch, BATCH, &Pool::default(), &mut |_| ControlFlow::Continue(()));
    }
    search.reached().expect("it was asked for")
}

fn reached(coverage: &Coverage) -> Floors {
    let mut reached = Floors::new();
    for area in Area::ALL {
        let (rows, columns) = Coverage::shape(area);
        for row in &rows {
            for column in &columns {
                reached.insert(format!("{area:?}: {row}, {column}"), coverage.runs(area, row, column));
            }
        }
    }
    reached
}

#[test]
fn the_generator_reaches_what_it_used_to_reach() {
    let reached = reached(search());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/coverage-floors.json");
    if std::env::var_os("UPDATE_TABLES").is_some() {
        let floors: Floors =
            reached.into_iter().filter(|(_, runs)| *runs >= LEAST).map(|(it, runs)| (it, runs / 4)).collect();
        let text = serde_json::to_string_pretty(&floors).expect("it is a map");
        return fs::write(path, text + "\n").expect("the floors can be written");
    }
    let floors: Floors =
        serde_json::from_str(&fs::read_to_string(path).expect("the floors are there")).expect("floors");
    let missed: Vec<String> = floors
        .iter()
        .filter(|(place, floor)| reached.get(*place).is_none_or(|runs| runs < *floor))
        .map(|(place, floor)| format!("{place}: {:?}, not {floor}", reached.get(place)))
        .collect();
    assert!(missed.is_empty(), "the generator does not come any more, or not so often, to:\n{}", missed.join("\n"));
}

#[test]
fn every_operation_fault_and_rule_is_reached() {
    assert_all_is_reached(search(), 20);
}

/// Inputs that the fuzz targets' mutator makes one of the other, from the seeds, each under one strategy that fits.
#[test]
fn the_mutator_keeps_everything_alive() {
    const INPUTS: u32 = 30_000;
    let seeds = shortcopy::witness::case_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/seed"));
    let mut pool: Vec<Vec<u8>> =
        seeds.expect("there are seeds").iter().map(|path| fs::read(path).expect("a seed")).collect();
    let mut judge = Judge::recording(Profile::Linux);
    let (mut coverage, mut valid, mut run) = (Coverage::default(), 0, BTreeMap::new());
    for seed in 0..INPUTS {
        let at = (seed.wrapping_mul(2_654_435_761) >> 8) as usize % pool.len();
        let size = pool[at].len();
        let mut data = pool[at].clone();
        let most = 4096.max(size);
        data.resize(most, 0);
        let Some(size) = mutate_input(&mut data, size, most, seed) else { continue };
        let decoded = case::repair::decode(&data[..size]);
        valid += u32::from(decoded.repaired == 0);
        let fits: Vec<_> = strategies::ALL.iter().filter(|it| Machine::refusal(&decoded.case, it).is_none()).collect();
        if let Some(strategy) = fits.get(seed as usize % fits.len().max(1)) {
            *run.entry(strategy.id).or_insert(0) += 1;
            coverage.add(&decoded.case, &judge.replay(&decoded.case, *strategy).run);
        }
        data.truncate(size);
        if pool.len() < 500 { pool.push(data) } else { pool[at] = data }
    }
    coverage.rules(judge.exercised());
    assert!(valid > INPUTS * 9 / 10, "only {valid} of {INPUTS} inputs are cases as they are");
    for strategy in strategies::ALL {
        let runs = run.get(strategy.id).copied().unwrap_or(0);
        assert!(runs > INPUTS / 300, "{}: {runs} of {INPUTS} runs", strategy.id);
    }
    assert_all_is_reached(&coverage, 5);
}

fn assert_all_is_reached(coverage: &Coverage, floor: u64) {
    for area in [Area::Call, Area::Fault, Area::Rule] {
        let (rows, columns) = Coverage::shape(area);
        let runs = |row: &'static str| columns.iter().map(|column| coverage.runs(area, row, column)).sum::<u64>();
        let total = |column: &'static str| rows.iter().map(|row| coverage.runs(area, row, column)).sum::<u64>();
        match area {
            Area::Fault => columns.iter().for_each(|fault| assert!(total(fault) > floor, "{fault}: {}", total(fault))),
            _ => rows.iter().for_each(|row| assert!(runs(row) > floor, "{area:?} {row}: {}", runs(row))),
        }
    }
}
