//! `shortcopy matrix`: strategies and classes, from the witnesses.

use super::EXIT_CODES;
use super::failure::{Ending, Failure};
use super::output::{say, say_json};
use super::select::{filesystems, read_case, searched_failure, strategies_or_all, witness_failure};
use case::Filesystem;
use clap::{Args, ValueEnum};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use machine::Strategy;
use oracle::{Class, Profile};
use serde_json::json;
use shortcopy::hunt::caught;
use shortcopy::judge::{Judge, Signature};
use shortcopy::matrix::{self, Entry, Matrix};
use shortcopy::searched::Searched;
use shortcopy::witness::{Comparison, compare};
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  shortcopy matrix                                    strategies x classes
  shortcopy matrix --by fs --strategy temp-page       the same for each filesystem
  shortcopy matrix --check                            replays every witness
  shortcopy matrix --json                             one object for each strategy, filesystem and class

A number says on how many of its filesystems a strategy shows a class. Where there is none:
  -         nothing was found
  missing   nothing was found, but the thread says that it is there (docs/findings.md says why)
  accepted  whoever proposed the strategy said that it may
  held back it is there on a real kernel too: no case of it is published before the fix is
`shortcopy hunt --record CORPUS/searched.json` adds to the number of cases that were searched.";

/// Shows what is known of each strategy: the classes that it has a witness of, and how much was searched.
#[derive(Args, Debug)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct Arguments {
    /// This strategy; repeatable [default: all]
    #[arg(long, value_name = "STRATEGY")]
    strategy: Vec<String>,
    /// On this filesystem only; repeatable [default: all that a strategy runs on]
    #[arg(long, value_parser = filesystems())]
    fs: Vec<Filesystem>,
    /// A row for each
    #[arg(long, value_enum, default_value = "strategy")]
    by: By,
    /// Replay every witness
    #[arg(long)]
    check: bool,
    /// Where the witnesses and the record of searches are
    #[arg(long, value_name = "DIR", default_value = "corpus")]
    corpus: PathBuf,
    /// One JSON object a line: each strategy, filesystem and class
    #[arg(long)]
    json: bool,
}

/// What has a row of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum By {
    /// A strategy
    Strategy,
    /// A strategy on a filesystem
    Fs,
}

/// Shows the matrix.
pub fn main(arguments: &Arguments) -> Result<Ending, Failure> {
    let chosen = strategies_or_all(&arguments.strategy)?;
    let searched = Searched::load(&arguments.corpus.join("searched.json")).map_err(|error| searched_failure(&error))?;
    let matrix = Matrix::load(&arguments.corpus, searched).map_err(witness_failure)?;
    if arguments.json {
        print_json(&matrix, &chosen, &arguments.fs);
    } else {
        say(table(&matrix, &chosen, arguments).trim_fmt());
    }
    if arguments.check { check(&matrix, &chosen, arguments.json) } else { Ok(Ending::AsExpected) }
}

/// The filesystems of a strategy that were asked for.
fn asked(strategy: &Strategy, asked: &[Filesystem]) -> Vec<Filesystem> {
    let all = matrix::filesystems(strategy).into_iter();
    all.filter(|it| asked.is_empty() || asked.contains(it)).collect()
}

fn print_json(matrix: &Matrix, chosen: &[&'static Strategy], wanted: &[Filesystem]) {
    for strategy in chosen {
        for filesystem in asked(strategy, wanted) {
            for class in Class::ALL {
                let entry = matrix.entry(strategy, Some(filesystem), *class);
                say_json(&json!({
                    "strategy": strategy.id,
                    "fs": filesystem.word(),
                    "class": class.as_str(),
                    "witness": entry.witness.map(|it| &it.path),
                    "clean_cases": entry.clean_cases,
                    "held_back": entry.held_back,
                    "said": entry.said,
                    "accepted": entry.accepted,
                }));
            }
        }
    }
}

fn table(matrix: &Matrix, chosen: &[&'static Strategy], arguments: &Arguments) -> Table {
    let classes = matrix.classes();
    let mut table = Table::new();
    let names = classes.iter().map(|it| it.as_str().replace('_', "\n"));
    let mut header = vec!["strategy".to_owned()];
    header.extend((arguments.by == By::Fs).then(|| "fs".to_owned()));
    header.extend(names.chain(["cases\nsearched".to_owned()]));
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled).set_header(header);
    for strategy in chosen {
        let filesystems = asked(strategy, &arguments.fs);
        if arguments.by == By::Strategy && arguments.fs.is_empty() {
            let cells = classes.iter().map(|class| words(&matrix.entry(strategy, None, *class)));
            let searched = matrix.searched.of(strategy.id).to_string();
            table.add_row([strategy.id.to_owned()].into_iter().chain(cells).chain([searched]));
            continue;
        }
        for filesystem in filesystems {
            let cells = classes.iter().map(|class| words(&matrix.entry(strategy, Some(filesystem), *class)));
            let searched = matrix.searched.on(strategy.id, filesystem).to_string();
            let place = (arguments.by == By::Fs).then(|| filesystem.word().to_owned());
            table.add_row([strategy.id.to_owned()].into_iter().chain(place).chain(cells).chain([searched]));
        }
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn words(entry: &Entry<'_>) -> String {
    if entry.held_back {
        return "held back".to_owned();
    }
    match (entry.filesystems, entry.accepted, entry.said) {
        (0, true, _) => "accepted".to_owned(),
        (0, false, true) => "missing".to_owned(),
        (0, false, false) => "-".to_owned(),
        (filesystems, ..) => filesystems.to_string(),
    }
}

/// Replays the witnesses of these strategies.
fn check(matrix: &Matrix, chosen: &[&'static Strategy], json: bool) -> Result<Ending, Failure> {
    let mut judge = Judge::new(Profile::Linux);
    let mut paths: Vec<(&Path, &'static Strategy)> = Vec::new();
    for strategy in chosen {
        paths.extend(matrix.of(strategy).map(|it| (it.path.as_path(), *strategy)));
    }
    paths.dedup_by_key(|(path, _)| *path);
    let (mut ending, total) = (Ending::AsExpected, paths.len());
    for (path, strategy) in paths {
        let case = read_case(path)?.case;
        let found = caught(|| {
            let judgement = judge.replay(&case, strategy);
            judgement.verdicts.iter().map(|it| Signature::of(&case, strategy, it)).collect::<Vec<_>>()
        });
        let found = found.map_err(|panic| Failure::trouble(panic, format!("shortcopy run {}", path.display())))?;
        if compare(&case.expectations, strategy.id, &found) == Comparison::Unmet {
            ending = Ending::Unmet;
            eprintln!("{}: does not show any more what it is the witness of", path.display());
        }
    }
    if !json {
        let word = if ending == Ending::AsExpected { "all hold" } else { "not all hold" };
        say(format_args!("\n{total} witnesses replayed: {word}"));
    }
    Ok(ending)
}
