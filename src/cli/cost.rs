//! `shortcopy cost`: what a write costs under each strategy, in calls, locks and copies.

use super::EXIT_CODES;
use super::failure::{Ending, Failure};
use super::output::{say, say_json};
use super::select::strategies_or_all;
use crate::cost::{WORKLOADS, Workload, columns, cost};
use clap::Args;
use clap::builder::PossibleValuesParser;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde_json::{Value, json};

const EXAMPLES: &str = "\
Examples:
  shortcopy cost                                      every strategy and workload
  shortcopy cost --workload writev-1                  a vector of 1,024 segments of one byte
  shortcopy cost --strategy baseline --strategy temp-page --workload new-64k
  shortcopy cost --json                               one object for each

What is counted: calls of prepare and commit, page locks, lru_lock and mmap_sem taken, page-table walks, bytes copied from user and \
from page to page, pages allocated, blocks that an fsync writes. A count is not a time: docs/cost.md says where the two part.";

/// Counts what a write costs: calls, locks, walks, copies.
#[derive(Args, Debug)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct Arguments {
    /// Under this strategy; repeatable [default: all]
    #[arg(long, value_name = "STRATEGY")]
    strategy: Vec<String>,
    /// This workload; repeatable [default: all]
    #[arg(long, value_parser = PossibleValuesParser::new(WORKLOADS.iter().map(|it| it.id)))]
    workload: Vec<String>,
    /// One JSON object a line: each workload and strategy
    #[arg(long)]
    json: bool,
}

/// Counts.
pub fn main(arguments: &Arguments) -> Result<Ending, Failure> {
    let chosen = strategies_or_all(&arguments.strategy)?;
    let asked = |it: &&Workload| arguments.workload.is_empty() || arguments.workload.iter().any(|id| id == it.id);
    for (index, workload) in WORKLOADS.iter().filter(asked).enumerate() {
        let costs = chosen.iter().map(|strategy| cost(workload, strategy));
        if arguments.json {
            for it in costs {
                let counts =
                    columns(&it.counters).map(|(name, count)| (name.replace([' ', '-'], "_"), Value::from(count)));
                let mut object =
                    json!({"workload": workload.id, "strategy": it.strategy.id, "fs": it.filesystem.word()});
                if let Some(object) = object.as_object_mut() {
                    object.extend(counts);
                }
                say_json(&object);
            }
            continue;
        }
        let mut table = Table::new();
        let names = columns(&machine::Counters::default()).map(|(name, _)| name.replace(' ', "\n"));
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(["strategy".to_owned(), "on".to_owned()].into_iter().chain(names));
        for it in costs {
            let counts = columns(&it.counters).map(|(_, count)| count.to_string());
            table.add_row([it.strategy.id.to_owned(), it.filesystem.word().to_owned()].into_iter().chain(counts));
        }
        for column in table.column_iter_mut().skip(2) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        say(format_args!("{}{}: {}", if index > 0 { "\n" } else { "" }, workload.id, workload.what));
        say(table.trim_fmt());
    }
    Ok(Ending::AsExpected)
}
