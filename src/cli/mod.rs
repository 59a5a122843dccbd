//! The command line: one command a file. They share their flags, their order and their exit codes. A subject's own
//! program has some of them.

mod adopt;
mod completions;
#[cfg(feature = "host")]
mod conform;
mod corpus;
mod cost;
mod coverage;
#[cfg(feature = "host")]
mod emit;
mod explain;
mod failure;
#[cfg(feature = "host")]
mod host;
mod hunt;
mod interrupt;
#[cfg(feature = "kernels")]
mod kernels;
mod list;
mod man;
mod matrix;
mod output;
#[cfg(feature = "host")]
mod place;
mod program;
mod progress;
mod run;
mod select;
mod shrink;
mod subject_program;
mod why;

pub use subject_program::subject_main;

use clap::{CommandFactory, Parser, Subcommand};
use failure::{Ending, Failure};
use std::process::ExitCode;

/// The same below the help of every command.
const EXIT_CODES: &str = "\
Exit codes:
  0  as expected: nothing was found, or only what is known
  1  a finding that no expectation names, or whose cause is not known
  2  usage: an unknown name, a case that cannot be read
  3  an expectation of a case was not met
  4  a bug of shortcopy's own, or a finding that could not be written";

const EXAMPLES: &str = "\
Examples:
  shortcopy list strategies                          the write paths there are
  shortcopy hunt --time 10s                          search all of them
  shortcopy hunt --strategy baseline --fs libfs      search one
  shortcopy run corpus                               replay every case below a folder
  shortcopy matrix                                   what is known of each strategy
  shortcopy host --dir .                             the kernel under this machine
  shortcopy kernels CASE --kernel 5.10..7.3          many kernels, each in a virtual machine
  shortcopy conform --dir .                          the simulator against that kernel
  shortcopy explain CASE                             one run, step by step
  shortcopy why CASE                                 the defects behind what it shows
  shortcopy emit CASE --as c                         the same as a program for a bug report";

/// Hunts for bugs in buffered-write paths: random writes, truncates, unmaps, reclaim and readers, run under every known
/// way of writing into a page cache in a simulated kernel, and judged by a reference oracle.
#[derive(Debug, Parser)]
#[command(name = "shortcopy", version, max_term_width = 110, after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Hunt(hunt::Arguments),
    Run(run::Arguments),
    Explain(explain::Arguments),
    Why(why::Arguments),
    #[cfg(feature = "host")]
    Emit(emit::Arguments),
    Shrink(shrink::Arguments),
    Adopt(adopt::Arguments),
    Corpus(corpus::Arguments),
    Matrix(matrix::Arguments),
    Cost(cost::Arguments),
    #[cfg(feature = "host")]
    Host(host::Arguments),
    #[cfg(feature = "kernels")]
    Kernels(kernels::Arguments),
    #[cfg(feature = "kernels")]
    #[command(hide = true)]
    KernelsGuest(kernels::GuestArguments),
    #[cfg(feature = "host")]
    Conform(conform::Arguments),
    #[cfg(feature = "host")]
    #[command(hide = true)]
    HostWorker(host::WorkerArguments),
    #[cfg(feature = "host")]
    #[command(hide = true)]
    HostLog(host::LogArguments),
    #[cfg(feature = "host")]
    #[command(hide = true)]
    HostSpray,
    List(list::Arguments),
    Completions(completions::Arguments),
    Man(man::Arguments),
}

/// Does what the command line of `shortcopy` says.
#[must_use]
pub fn main() -> ExitCode {
    set_up();
    let result = match Arguments::parse().command {
        Command::Hunt(arguments) => hunt::main(&arguments),
        Command::Run(arguments) => run::main(&arguments),
        Command::Explain(arguments) => explain::main(&arguments),
        Command::Why(arguments) => why::main(&arguments),
        #[cfg(feature = "host")]
        Command::Emit(arguments) => emit::main(&arguments),
        Command::Shrink(arguments) => shrink::main(&arguments),
        Command::Adopt(arguments) => adopt::main(&arguments),
        Command::Corpus(arguments) => corpus::main(&arguments),
        Command::Matrix(arguments) => matrix::main(&arguments),
        Command::Cost(arguments) => cost::main(&arguments),
        #[cfg(feature = "host")]
        Command::Host(arguments) => host::main(&arguments),
        #[cfg(feature = "kernels")]
        Command::Kernels(arguments) => kernels::main(&arguments),
        #[cfg(feature = "kernels")]
        Command::KernelsGuest(arguments) => kernels::work_in_guest(&arguments),
        #[cfg(feature = "host")]
        Command::Conform(arguments) => conform::main(&arguments),
        #[cfg(feature = "host")]
        Command::HostWorker(arguments) => host::work(&arguments),
        #[cfg(feature = "host")]
        Command::HostLog(arguments) => host::log(&arguments),
        #[cfg(feature = "host")]
        Command::HostSpray => Ok(host::spray_free_memory()),
        Command::List(arguments) => list::main(&arguments),
        Command::Completions(arguments) => completions::main(&arguments, Arguments::command()),
        Command::Man(arguments) => man::main(&arguments, Arguments::command()),
    };
    end(result)
}

/// Paths and commands are there to be copied: they must not be broken. It fails only if somebody was here before.
fn set_up() {
    let _ = miette::set_hook(Box::new(|_| Box::new(miette::MietteHandlerOpts::new().wrap_lines(false).build())));
}

/// Tells a failure, and says how the program ends.
fn end(result: Result<Ending, Failure>) -> ExitCode {
    let ending = result.unwrap_or_else(|failure| failure.print());
    if output::has_failed() { ending.max(Ending::Trouble).into() } else { ending.into() }
}
