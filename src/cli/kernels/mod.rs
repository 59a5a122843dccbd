//! `shortcopy kernels`: the same cases on several kernels, each in a small virtual machine.

mod bisect;
mod changes;
mod chosen;
mod fetch;
mod guest;
mod laboratory;
mod outcome;
mod rounds;
mod run;
mod table;
mod tally;
mod told;

pub use guest::{GuestArguments, work_in_guest};

use super::EXIT_CODES;
use super::failure::{Ending, Failure};
use super::place::kinds;
use ::kernels::{MachineError, PACKAGE};
use clap::{Args, Subcommand};
use host::mount::Kind;
use std::path::PathBuf;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  shortcopy kernels my.case --kernel 6.1             Debian's newest 6.1, fetched if none is here
  shortcopy kernels my.case --kernel 5.10..7.3       the newest of each stable line, and both ends
  shortcopy kernels my.case --kernel 6.12.43..6.12.90    all of one stable line
  shortcopy kernels my.case --kernel 6.1 --kernel 6.12 --fs tmpfs --fs ext4 --jobs 2
  shortcopy kernels my.case --kernel bzImage         your own; a folder that has one does too
  shortcopy kernels my.case --kernel vmlinuz,/lib/modules/6.9.0
  shortcopy kernels my.case --kernel 6.1..7.3 --bisect
                                                     the first that shows it, or no longer does
  shortcopy kernels fetch 6.1 6.12                   fetch, and run nothing
  shortcopy kernels list                             what is here, and what can be fetched

Each kernel boots in a virtual machine of its own, without a network, and runs `shortcopy host` there: nothing on this \
machine can be harmed, root is not needed, and a kernel that hangs is ended. Kernels come from Debian's archive \
through this machine's apt, which checks them; they are unpacked into the user's cache, and never installed. \
What shows memory or another file's data is told by its class only: see SECURITY.md.";

/// Runs cases on several kernels, each in a small virtual machine, and shows which kernel shows what.
#[derive(Args, Debug)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"), args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: RunArguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    Fetch(fetch::FetchArguments),
    List(fetch::ListArguments),
}

/// What a run is made of.
#[derive(Args, Debug)]
pub struct RunArguments {
    /// Case files; a folder means every *.case below it
    #[arg(value_name = "CASE")]
    cases: Vec<PathBuf>,
    /// The cases that show what is known of real kernels
    #[arg(long)]
    known: bool,
    /// A kernel: an image or a folder with one, a version (6.1 is its newest), or a range (A..B); repeatable
    #[arg(long, value_name = "FILE|FOLDER|VERSION|A..B")]
    kernel: Vec<String>,
    /// On a filesystem of this kind; repeatable
    #[arg(long, value_parser = kinds(), default_value = "tmpfs")]
    fs: Vec<Kind>,
    /// How often each case is run
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    times: u32,
    /// How many virtual machines at once, each with a processor and a GiB of memory
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    jobs: u16,
    /// How long a virtual machine may take, as `90s` or `10m`; then it counts as hung
    #[arg(long, value_parser = humantime::parse_duration, default_value = "10m")]
    time_limit: Duration,
    /// Find the first of the kernels that shows what the one before it does not, or no longer shows it; boots only
    /// those that are needed for this
    #[arg(long)]
    bisect: bool,
    /// Where the console of a kernel that hangs is kept
    #[arg(long, value_name = "DIR", default_value = "findings")]
    findings: PathBuf,
    /// Where the list of what is known of real kernels is [default: ./corpus if there is one, else what this program
    /// was built with]
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,
    /// One JSON object a line: each case on each kernel and filesystem, and at last a summary
    #[arg(long)]
    json: bool,
}

/// Fetches, lists, or runs.
pub fn main(arguments: &Arguments) -> Result<Ending, Failure> {
    match &arguments.command {
        Some(Command::Fetch(it)) => fetch::fetch(it),
        Some(Command::List(it)) => fetch::list(it),
        None => run::main(&arguments.run),
    }
}

/// What to say if a machine cannot be started, and what can be done.
fn machine_failure(error: &MachineError) -> Failure {
    let next = match error {
        MachineError::NoQemu => format!("sudo apt install {PACKAGE}"),
        MachineError::File { .. } => "df -h /tmp".to_owned(),
        MachineError::Processor => "shortcopy host --help".to_owned(),
        MachineError::Start(_) => "qemu-system-x86_64 --version".to_owned(),
    };
    Failure::words(error, next)
}
