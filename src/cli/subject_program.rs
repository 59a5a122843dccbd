//! The command line of a subject's own program: those of our commands that mean something to a subject.

use super::failure::{Ending, Failure};
use super::select::witness_failure;
use super::{EXIT_CODES, end, explain, hunt, list, program, run, set_up, shrink};
use crate::under_test::only;
use crate::witness::witnessed;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use subject::Entry;

const EXAMPLES: &str = "\
Examples:
  shortcopy hunt --time 10s                          search it
  shortcopy run witness                              replay every case below a folder
  shortcopy explain CASE                             one run, step by step
  shortcopy shrink CASE -o small.case                the smallest case that shows the same";

const HUNT: &str = "\
Examples:
  shortcopy hunt                                     a minute, all cores
  shortcopy hunt --seed 7 --jobs 1 --cases 100000    the same cases each time, bit for bit
  shortcopy hunt --json --time 5m > findings.jsonl   for a machine to read
  shortcopy hunt --format junit > findings.xml       for continuous integration: what is new fails
  shortcopy hunt --format sarif > findings.sarif     for code scanning: known are notes

A finding is known if a case below the folder of witnesses expects it: its class and its detail. All \
else is new, and new findings alone make the exit code 1. What is new is made small and written to \
FINDINGS/new/; to make it known, move its case to the witnesses. Ctrl-C, SIGTERM and SIGHUP end the \
hunt and keep what was found.";

const RUN: &str = "\
Examples:
  shortcopy run witness                              every case below a folder
  shortcopy run my.case --json                       for a machine to read";

const EXPLAIN: &str = "\
Examples:
  shortcopy explain my.case                          on the terminal
  shortcopy explain my.case --html run.html          as a web page, to attach to a message

One column a task; one row a step.";

const SHRINK: &str = "\
Examples:
  shortcopy shrink my.case                           the small case on standard output
  shortcopy shrink my.case -o small.case             into a file

A smaller case counts only if it shows the same: class, rule, persistence and cycle.";

const LIST: &str = "\
Examples:
  shortcopy list                                     all of it
  shortcopy list rules --json                        for a machine to read";

/// Each command, what stands below its help, and the flags that only concern strategies and the simulated kernel.
const COMMANDS: &[(&str, &str, &[&str])] = &[
    ("hunt", HUNT, &["fs", "form", "mend", "against", "record", "coverage"]),
    ("run", RUN, &["mend"]),
    ("explain", EXPLAIN, &["mend"]),
    ("shrink", SHRINK, &["mend"]),
    ("list", LIST, &[]),
];

/// Hunts for bugs in a page cache or filesystem: random writes, truncates, reclaim and readers, and whatever else it
/// can do, under many schedules, and judged by a reference oracle.
#[derive(Debug, Parser)]
#[command(version = concat!("(shortcopy ", env!("CARGO_PKG_VERSION"), ")"), max_term_width = 110)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Searches for findings: generated cases, each under a portfolio of schedules
    Hunt(HuntArguments),
    Run(run::Arguments),
    Explain(explain::Arguments),
    Shrink(shrink::Arguments),
    List(list::Arguments),
}

#[derive(Args, Debug)]
struct HuntArguments {
    #[command(flatten)]
    hunt: hunt::Arguments,
    /// Where the cases are whose findings are known
    #[arg(long, value_name = "DIR", default_value = "witness")]
    witness: PathBuf,
}

/// Does what the command line of a subject's own program says: from now on this program runs this subject and nothing
/// else.
#[must_use]
pub fn subject_main(entry: &'static Entry) -> ExitCode {
    set_up();
    only(entry);
    let matches = command(entry).get_matches();
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    end(refuse_foreign_flags(entry, &matches).and_then(|()| arguments.command.run(entry)))
}

/// Our commands, without what means nothing to a subject.
fn command(entry: &'static Entry) -> clap::Command {
    let below = |examples: &str| format!("{}\n\n{EXIT_CODES}", program::typed_in_lines(examples));
    let mut command = Arguments::command().name(entry.name).after_help(below(EXAMPLES));
    for (name, examples, foreign) in COMMANDS {
        command = command.mut_subcommand(name, |command| {
            let hidden = foreign.iter().chain(HAS_A_STRATEGY.contains(name).then_some(&"strategy"));
            let command = hidden.fold(command, |command, id| command.mut_arg(id, |it| it.hide(true)));
            command.after_help(below(examples))
        });
    }
    command.mut_subcommand("list", |command| command.mut_arg("what", |it| it.value_parser(list::of_subjects())))
}

/// Commands that take a strategy: here that can only be the subject, and goes without saying.
const HAS_A_STRATEGY: &[&str] = &["hunt", "run", "explain", "shrink"];

/// A flag that is not shown is refused too: nobody shall believe that it does something.
fn refuse_foreign_flags(entry: &Entry, matches: &ArgMatches) -> Result<(), Failure> {
    let Some((name, matches)) = matches.subcommand() else { return Ok(()) };
    let foreign = COMMANDS.iter().filter(|(command, ..)| *command == name).flat_map(|(.., foreign)| foreign.iter());
    for flag in foreign {
        if matches.value_source(flag) == Some(ValueSource::CommandLine) {
            let why = format!("--{flag} is for strategies in the simulated kernel, and {} is none", entry.name);
            return Err(Failure::words(why, program::help()));
        }
    }
    Ok(())
}

impl Command {
    fn run(&self, entry: &Entry) -> Result<Ending, Failure> {
        match self {
            Self::Hunt(HuntArguments { hunt, witness }) => {
                let witnessed = witnessed(witness, entry.name).map_err(|error| witness_failure(error))?;
                hunt::main_knowing(hunt, witnessed)
            }
            Self::Run(arguments) => run::main(arguments),
            Self::Explain(arguments) => explain::main(arguments),
            Self::Shrink(arguments) => shrink::main(arguments),
            Self::List(arguments) => list::main(arguments),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use case::Abilities;

    static ENTRY: Entry =
        Entry { name: "mine", abilities: Abilities::EVERYTHING, backend: || unreachable!("nothing is run") };

    #[test]
    fn every_flag_that_is_hidden_is_there_and_refused() {
        command(&ENTRY).debug_assert();
        for (name, _, foreign) in COMMANDS {
            let help = command(&ENTRY).find_subcommand_mut(name).expect("a command").render_long_help().to_string();
            for flag in *foreign {
                assert!(!help.contains(&format!("--{flag} ")), "{help}");
            }
            assert!(!help.contains("--strategy"), "{help}");
        }
        for (line, is_refused) in [
            ("mine hunt --mend all", true),
            ("mine hunt --coverage", true),
            ("mine run it.case --mend all", true),
            ("mine hunt --strategy mine --witness there", false),
            ("mine run it.case", false),
        ] {
            let matches = command(&ENTRY).try_get_matches_from(line.split(' ')).expect("it is parsed");
            assert_eq!(refuse_foreign_flags(&ENTRY, &matches).is_err(), is_refused, "{line}");
        }
        assert!(command(&ENTRY).try_get_matches_from(["mine", "matrix"]).is_err());
        assert!(command(&ENTRY).try_get_matches_from(["mine", "list", "strategies"]).is_err());
    }
}
