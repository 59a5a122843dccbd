//! What a hunt has reached, as tables.

use super::output::{say, say_json};
use crate::coverage::{Area, Coverage};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde_json::json;

/// Prints all tables: in how many runs each place was reached.
pub fn print(coverage: &Coverage, json: bool) {
    for area in Area::ALL {
        let (rows, columns) = Coverage::shape(area);
        if json {
            for row in rows {
                for column in &columns {
                    let runs = coverage.runs(area, row, column);
                    say_json(&json!({"event": "coverage", "area": area, "row": row, "column": column, "runs": runs}));
                }
            }
            continue;
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        let names = columns.iter().map(|it| it.replace([' ', '-'], "\n"));
        table.set_header([words(area).to_owned()].into_iter().chain(names));
        for row in rows {
            let cells = columns.iter().map(|column| match coverage.runs(area, row, column) {
                0 => "-".to_owned(),
                runs => runs.to_string(),
            });
            table.add_row([row.to_owned()].into_iter().chain(cells));
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        say(table.trim_fmt());
        say("");
    }
}

const fn words(area: Area) -> &'static str {
    match area {
        Area::Call => "operations",
        Area::PageState => "page states",
        Area::BlockState => "block states",
        Area::Pair => "on one page",
        Area::Fault => "faults",
        Area::Rule => "rules",
    }
}
