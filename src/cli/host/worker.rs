//! The processes that `shortcopy host` starts: a worker, which may never come back, and what fills free memory.

use super::known;
use super::test_bed::mount_failure;
use crate::cli::failure::{Ending, Failure};
use crate::cli::place::{Options, kinds};
use crate::cli::select::{profiles, read_case};
use crate::host::Disk;
use clap::Args;
use host::crash::Logged;
use host::mount::{Kind, enter_private_namespace};
use host::spray;
use host::write_log::{Base, serve};
use oracle::Profile;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// `shortcopy host-worker`: what `host` starts.
#[derive(Args, Debug)]
pub struct WorkerArguments {
    #[arg(long)]
    directory: PathBuf,
    #[arg(long)]
    seed: u64,
    #[arg(long, value_parser = profiles())]
    profile: Profile,
    #[arg(long = "cases")]
    cases_limit: Option<u64>,
    #[arg(long)]
    times: u32,
    /// The filesystem that loses power, if one does
    #[arg(long, value_parser = kinds())]
    fs: Option<Kind>,
    #[command(flatten)]
    options: Options,
    #[arg(long, requires = "fs")]
    write_log: bool,
    /// The filesystem of which something may be known
    #[arg(long)]
    known_on: String,
    #[arg(long)]
    corpus: Option<PathBuf>,
    cases: Vec<PathBuf>,
}

/// Works.
pub fn work(arguments: &WorkerArguments) -> Result<Ending, Failure> {
    let mut given = Vec::new();
    for path in &arguments.cases {
        given.push((read_case(path)?.case, arguments.times));
    }
    let disk = arguments.fs.map(|kind| disk(arguments, kind)).transpose()?;
    let directory = disk.as_ref().map_or(arguments.directory.clone(), |it| it.mounted().path().to_owned());
    let assignment = crate::host::Assignment {
        directory,
        seed: arguments.seed,
        profile: arguments.profile,
        cases: arguments.cases_limit,
        given,
        known: known(arguments.corpus.as_deref())?.iter().filter_map(|it| it.on(&arguments.known_on)).collect(),
        disk,
    };
    let result = crate::host::work(assignment);
    let _ = fs::remove_dir(Path::new(&arguments.directory));
    // Threads that hang would be waited for.
    std::process::exit(i32::from(result.is_err()));
}

/// The filesystem that loses power.
fn disk(arguments: &WorkerArguments, kind: Kind) -> Result<Disk, Failure> {
    enter_private_namespace().map_err(mount_failure)?;
    let request = arguments.options.request(kind);
    if !arguments.write_log {
        return Ok(Disk::Copied(request.mount().map_err(mount_failure)?));
    }
    let program = std::env::current_exe();
    let program =
        program.map_err(|error| Failure::system(error, "cannot keep a log of writes", "shortcopy host --help"))?;
    let mut command = Command::new(program);
    command.arg("host-log").arg("--size").arg(request.size.to_string());
    Ok(Disk::Logged(Box::new(Logged::mount(request, command).map_err(mount_failure)?)))
}

/// `shortcopy host-log`: what a worker starts, so that nobody who is under test keeps the log.
#[derive(Args, Debug)]
pub struct LogArguments {
    #[arg(long)]
    size: u64,
}

/// Keeps the log of writes to a disk, until that is unmounted.
pub fn log(arguments: &LogArguments) -> Result<Ending, Failure> {
    serve(Base::Marked(arguments.size))
        .map_err(|error| Failure::system(error, "cannot keep a log of writes", "shortcopy host --help"))?;
    Ok(Ending::AsExpected)
}

/// `shortcopy host-spray`: fills free memory with markers and gives it back.
pub fn spray_free_memory() -> Ending {
    spray::spray(spray::bytes_to_spray());
    Ending::AsExpected
}
