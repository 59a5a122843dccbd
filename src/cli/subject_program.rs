//! The command line of a subject's own program: those of our commands that mean something to a subject.

use super::failure::{Ending, Failure};
use super::select::witness_failure;
use super::{completions, end, explain, hunt, list, man, program, run, set_up, shrink};
use crate::under_test::only;
use crate::witness::witnessed;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};
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

const COMPLETIONS: &str = "\
Examples:
  shortcopy completions bash                         a script for `bash-completion`
  shortcopy completions fish                         one for fish";

const MAN: &str = "\
Examples:
  shortcopy man | man -l -                           the page of the program
  shortcopy man --dir man1                           a page for it and for each command";

const EXIT_CODES: &str = "\
Exit codes:
  0  as expected: nothing was found, or only what is known
  1  a finding that no expectation names, or that no witness has
  2  usage: an unknown name, a case that cannot be read
  3  an expectation of a case was not met
  4  a run that was not the same twice, a bug of shortcopy's own, or a finding that was not written";

/// One of our commands, as a subject's own program has it.
struct Offered {
    name: &'static str,
    about: &'static str,
    /// What stands below its help.
    examples: &'static str,
    /// Its flags that only concern strategies and the simulated kernel.
    foreign: &'static [&'static str],
}

const OFFERED: &[Offered] = &[
    Offered {
        name: "hunt",
        about: "Searches for findings: generated cases, each under a portfolio of schedules",
        examples: HUNT,
        foreign: &["fs", "form", "mend", "against", "record", "coverage"],
    },
    Offered {
        name: "run",
        about: "Replays cases: their schedule, and whether they show what they expect",
        examples: RUN,
        foreign: &["mend"],
    },
    Offered {
        name: "explain",
        about: "Explains a run: who did what at which step, and what was wrong with it",
        examples: EXPLAIN,
        foreign: &["mend"],
    },
    Offered {
        name: "shrink",
        about: "Makes a case as small as it goes, with its schedule, and writes down what it shows",
        examples: SHRINK,
        foreign: &["mend"],
    },
    Offered { name: "list", about: "Lists operations, faults, classes and rules", examples: LIST, foreign: &[] },
    Offered {
        name: "completions",
        about: "Prints a script that lets a shell complete commands, flags and their values",
        examples: COMPLETIONS,
        foreign: &[],
    },
    Offered {
        name: "man",
        about: "Prints the manual page, or writes one for each command",
        examples: MAN,
        foreign: &[],
    },
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
    Hunt(HuntArguments),
    Run(run::Arguments),
    Explain(explain::Arguments),
    Shrink(shrink::Arguments),
    List(list::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
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
    let matches = command().get_matches();
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    end(refuse_foreign_flags(entry, &matches).and_then(|()| arguments.command.run(entry)))
}

/// Our commands, without what means nothing to a subject. The strategy can only be the subject: that goes without
/// saying, but may be said.
fn command() -> clap::Command {
    let below = |examples: &str| format!("{}\n\n{EXIT_CODES}", program::named_in(examples));
    // The shell, and whoever asks for the manual, know the program and not the subject.
    let mut command = Arguments::command().name(&*program::name().leak()).after_help(below(EXAMPLES));
    for Offered { name, about, examples, foreign } in OFFERED {
        command = command.mut_subcommand(name, |command| {
            let hide = |it: Arg| {
                if foreign.contains(&it.get_id().as_str()) || it.get_id() == "strategy" { it.hide(true) } else { it }
            };
            command.mut_args(hide).about(*about).long_about(None).after_help(below(examples))
        });
    }
    command.mut_subcommand("list", |command| command.mut_arg("what", |it| it.value_parser(list::of_subjects())))
}

/// A flag that is not shown is refused too: nobody shall believe that it does something.
fn refuse_foreign_flags(entry: &Entry, matches: &ArgMatches) -> Result<(), Failure> {
    let Some((name, matches)) = matches.subcommand() else { return Ok(()) };
    let foreign = OFFERED.iter().filter(|it| it.name == name).flat_map(|it| it.foreign);
    for flag in foreign {
        if matches.value_source(flag) == Some(ValueSource::CommandLine) {
            let why = format!("--{flag} is for strategies in the simulated kernel, and {} is none", entry.name);
            return Err(Failure::words(why, program::help()));
        }
    }
    Ok(())
}

impl Command {
    fn run(&self, entry: &'static Entry) -> Result<Ending, Failure> {
        match self {
            Self::Hunt(HuntArguments { hunt, witness }) => {
                let witnessed = witnessed(witness, entry.name).map_err(witness_failure)?;
                hunt::main_knowing(hunt, witnessed)
            }
            Self::Run(arguments) => run::main(arguments),
            Self::Explain(arguments) => explain::main(arguments),
            Self::Shrink(arguments) => shrink::main(arguments),
            Self::List(arguments) => list::main(arguments),
            Self::Completions(arguments) => completions::main(arguments, command()),
            Self::Man(arguments) => man::main(arguments, command()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use case::Abilities;

    static ENTRY: Entry = Entry {
        name: "mine",
        abilities: Abilities::EVERYTHING,
        statics: false,
        backend: || unreachable!("nothing is run"),
    };

    #[test]
    fn every_flag_that_is_hidden_is_there_and_refused() {
        command().debug_assert();
        for Offered { name, foreign, .. } in OFFERED {
            let help = command().find_subcommand_mut(name).expect("a command").render_long_help().to_string();
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
            let matches = command().try_get_matches_from(line.split(' ')).expect("it is parsed");
            assert_eq!(refuse_foreign_flags(&ENTRY, &matches).is_err(), is_refused, "{line}");
        }
        assert!(command().try_get_matches_from(["mine", "matrix"]).is_err());
        assert!(command().try_get_matches_from(["mine", "list", "strategies"]).is_err());
    }
}
