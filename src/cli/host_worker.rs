//! The processes that `shortcopy host` starts: a worker, which may never come back, and what fills free memory.

use super::failure::{Ending, Failure};
use super::place::{kinds, mount_failure, request};
use super::select::{profiles, read_case};
use clap::Args;
use host::mount::{Kind, enter_private_namespace};
use host::spray;
use oracle::Profile;
use std::fs;
use std::path::{Path, PathBuf};

/// `shortcopy host-worker`: what `host` starts.
#[derive(Args, Debug)]
pub struct WorkerArguments {
    #[arg(long)]
    directory: PathBuf,
    #[arg(long)]
    seed: u64,
    #[arg(long, value_parser = profiles())]
    profile: Profile,
    #[arg(long)]
    cases_limit: Option<u64>,
    #[arg(long)]
    times: u32,
    #[arg(long, value_parser = kinds())]
    crash: Option<Kind>,
    #[arg(long, allow_hyphen_values = true)]
    mkfs_options: Option<String>,
    #[arg(long)]
    mount_options: Option<String>,
    cases: Vec<PathBuf>,
}

/// Works.
pub fn worker(arguments: &WorkerArguments) -> Result<Ending, Failure> {
    let mut given = Vec::new();
    for path in &arguments.cases {
        given.push((read_case(path)?.case, arguments.times));
    }
    let disk = match arguments.crash {
        None => None,
        Some(kind) => {
            enter_private_namespace().map_err(|it| mount_failure(it, "shortcopy host"))?;
            let request = request(kind, arguments.mkfs_options.as_deref(), arguments.mount_options.as_ref());
            Some(request.mount().map_err(|it| mount_failure(it, "shortcopy host"))?)
        }
    };
    let directory = disk.as_ref().map_or(arguments.directory.clone(), |it| it.path().to_owned());
    let assignment = shortcopy::host::Assignment {
        directory,
        seed: arguments.seed,
        profile: arguments.profile,
        cases: arguments.cases_limit,
        given,
        disk,
    };
    let result = shortcopy::host::work(assignment);
    let _ = fs::remove_dir(Path::new(&arguments.directory));
    // Threads that hang would be waited for.
    std::process::exit(i32::from(result.is_err()));
}

/// `shortcopy host-spray`: fills free memory with markers and gives it back.
pub fn spray_free_memory() -> Ending {
    spray::spray(spray::bytes_to_spray());
    Ending::AsExpected
}
