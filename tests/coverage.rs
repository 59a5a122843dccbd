//! What the generator reaches: a search of a fixed length and seed comes at least so often to every place that it came to when the floors were
//! set, each at a quarter of what was counted then. `make tables` sets them anew; a place that gets lost shows as a line that is gone.

use shortcopy::coverage::{Area, Coverage};
use shortcopy::hunt::{BATCH, Field, Pool, Search};
use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::OnceLock;

/// Batches of the search: some runs for each strategy.
const BATCHES: u64 = 180;
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
    let coverage = search();
    for area in [Area::Call, Area::Fault, Area::Rule] {
        let (rows, columns) = Coverage::shape(area);
        let runs = |row: &'static str| columns.iter().map(|column| coverage.runs(area, row, column)).sum::<u64>();
        let total = |column: &'static str| rows.iter().map(|row| coverage.runs(area, row, column)).sum::<u64>();
        match area {
            Area::Fault => columns.iter().for_each(|fault| assert!(total(fault) > 20, "{fault}: {}", total(fault))),
            _ => rows.iter().for_each(|row| assert!(runs(row) > 20, "{area:?} {row}: {}", runs(row))),
        }
    }
}
