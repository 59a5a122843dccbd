//! `shortcopy list`: what there is, from the tables that the program itself works by.

use super::EXIT_CODES;
use super::failure::{Ending, Failure};
use super::output::{say, say_json, terminal_width};
use crate::glossary;
use crate::under_test::own_subject;
use case::{Abilities, Injection, OperationKind, TaskOperation};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use comfy_table::{ContentArrangement, Table, presets};
use machine::Defect;
use machine::defect::Record;
use oracle::{Class, Rule};
use serde_json::json;

const EXAMPLES: &str = "\
Examples:
  shortcopy list                                     all of it
  shortcopy list strategies                          the write paths, in the order of their history
  shortcopy list defects                             what is known to be wrong
  shortcopy list strategies --json                   for a machine to read";

/// Lists strategies, defects, filesystems, operations, faults, classes and rules.
#[derive(Args, Debug)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct Arguments {
    /// What to list [default: everything]
    #[arg(value_enum)]
    what: Option<What>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// What can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// The write paths
    Strategies,
    /// What is known to be wrong, and can be mended
    Defects,
    /// What they run on
    Filesystems,
    /// What a task can do
    Operations,
    /// What can be made to go wrong
    Faults,
    /// What can be found, the worst first
    Classes,
    /// What the oracle holds a run against
    Rules,
}

/// What of it concerns a subject.
const OF_SUBJECTS: &[What] = &[What::Operations, What::Faults, What::Classes, What::Rules];

/// The values that a subject's own program takes.
pub fn of_subjects() -> impl TypedValueParser<Value = What> {
    let values = OF_SUBJECTS.iter().filter_map(ValueEnum::to_possible_value);
    PossibleValuesParser::new(values).try_map(|word| What::from_str(&word, false))
}

/// Lists.
pub fn main(arguments: &Arguments) -> Result<Ending, Failure> {
    let all = if own_subject().is_some() { OF_SUBJECTS } else { What::value_variants() };
    let chosen = arguments.what.as_ref().map_or(all, std::slice::from_ref);
    for (index, what) in chosen.iter().enumerate() {
        if arguments.json && *what == What::Defects {
            Defect::ALL.iter().for_each(|it| print_defect(it.record()));
            continue;
        }
        let rows = rows(*what);
        if arguments.json {
            let kind = what.to_possible_value().map(|it| it.get_name().to_owned());
            for row in &rows {
                match &row[1..] {
                    [] => say_json(&json!({"list": kind, "name": row[0]})),
                    about => say_json(&json!({"list": kind, "name": row[0], "about": about})),
                }
            }
            continue;
        }
        if chosen.len() > 1 {
            let name = format!("{what:?}").to_lowercase();
            say(format_args!("{}{name}:", if index > 0 { "\n" } else { "" }));
        }
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).add_rows(rows);
        if let Some(width) = terminal_width() {
            table.set_width(width);
        }
        say(table.trim_fmt());
    }
    Ok(Ending::AsExpected)
}

/// All that is known of a defect; empty lists of places mean everywhere.
fn print_defect(record: &Record) {
    let Record { id, what, mend, place, by, named, since, until, scope } = record;
    let filesystems = scope.filesystems.iter().map(|(it, form)| format!("{} {}", it.word(), form.word()));
    say_json(&json!({
        "list": "defects",
        "name": id,
        "about": what,
        "mend": mend,
        "place": place,
        "by": by,
        "named": named,
        "since": since,
        "until": until,
        "strategies": scope.strategies,
        "filesystems": filesystems.collect::<Vec<_>>(),
    }));
}

fn rows(what: What) -> Vec<Vec<String>> {
    let pairs = |pairs: &mut dyn Iterator<Item = (&str, &str)>| {
        pairs.map(|(name, about)| vec![name.to_owned(), about.to_owned()]).collect()
    };
    // A subject's own program has what its subject can do.
    let abilities = own_subject().map_or(Abilities::EVERYTHING, |it| it.abilities);
    match what {
        What::Strategies => {
            strategies::ALL.iter().map(|it| vec![it.id.to_owned(), it.what.to_owned(), it.who.to_owned()]).collect()
        }
        What::Defects => Defect::ALL.iter().map(|it| vec![it.id().to_owned(), it.record().what.to_owned()]).collect(),
        What::Filesystems => machine::BUILT
            .iter()
            .map(|(filesystem, forms)| {
                let forms: Vec<&str> = forms.iter().map(|it| it.word()).collect();
                vec![filesystem.word().to_owned(), forms.join(", ")]
            })
            .collect(),
        What::Operations => {
            let kinds = TaskOperation::WORDS.into_iter().zip(OperationKind::ALL);
            let known = kinds.filter(|(_, kind)| abilities.operations.contains(*kind));
            pairs(&mut known.map(|(it, _)| (it, glossary::operation(it))))
        }
        What::Faults => {
            let is_known =
                |it: &&str| Injection::from_word(it.as_bytes()).is_some_and(|it| abilities.faults.contains(it));
            pairs(&mut Injection::WORDS.into_iter().filter(is_known).map(|it| (it, glossary::fault(it))))
        }
        What::Classes => pairs(&mut Class::ALL.iter().map(|it| (it.as_str(), it.about()))),
        What::Rules => pairs(&mut Rule::ALL.iter().map(|it| (it.as_str(), it.about()))),
    }
}
