//! `shortcopy host`: cases on the kernel under this machine.

mod keeper;
mod run;
mod tell;
mod test_bed;
mod worker;

pub use worker::{LogArguments, WorkerArguments, log, spray_free_memory, work};

use super::EXIT_CODES;
use super::failure::{Ending, Failure};
use super::interrupt::stop_on_interrupt;
use super::place::Place;
use super::select::{corpus, profiles, read_case};
use crate::host::Known;
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use host::crash::CrashError;
use host::fuse::Defect;
use host::mount::Mounted;
use keeper::Keeper;
use oracle::Profile;
use run::Run;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use test_bed::{TestBed, mount_failure, test_bed};

const EXAMPLES: &str = "\
Examples:
  shortcopy host --dir /mnt --time 5m                 any mounted directory; no root needed
  shortcopy host --fs ext4 --time 10m --jobs 2        a filesystem of its own, made, mounted and taken away again (root)
  shortcopy host --fs xfs --mkfs-options='-b size=1024'
  shortcopy host --fs ext4 --mount-options=data=journal --json
  shortcopy host --fs ext4 --crash --write-log        power lost in the middle of cases, and after each write to the disk
  shortcopy host --fs fuse --defect garbles-byte      a filesystem that is wrong on purpose: is that found?
  shortcopy host --fs tmpfs findings/host/tmpfs/*.case    replays

A write is stopped at each source page that is not there, and the other tasks of the case have \
their turns meanwhile. Each finding is made small, run ten more times and written to \
FINDINGS/host/FILESYSTEM/ at once; what shows memory or another file's data goes to a folder \
`sensitive` there, which is for nobody but those named in SECURITY.md. A finding is known if a fault of \
real-kernels.json in the corpus is behind it: without the operation that the fault needs, the case is \
silent. Any other makes the exit code 1. A replay that shows nothing because the kernel refused \
something is inconclusive, with exit code 3. Ctrl-C ends the search, keeps what was found, and unmounts.";

/// Runs cases on the kernel under this machine, through real system calls, and lets the same oracle judge.
#[derive(Args, Debug)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct Arguments {
    /// Run these cases instead of searching; those that say how they are run in a comment are run like that
    #[arg(value_name = "CASE")]
    cases: Vec<PathBuf>,
    #[command(flatten)]
    place: Place,
    /// Of `--fs fuse`: something that it does wrong on purpose, to see whether that is found; may be repeated
    #[arg(long, value_name = "DEFECT", value_parser = defects(), requires = "fs")]
    defect: Vec<Defect>,
    /// Of `--fs fuse`: writes stay in the kernel's cache until they are written back
    #[arg(long, requires = "fs")]
    writeback_cache: bool,
    /// What is promised to readers [default: what the filesystem promises]
    #[arg(long, value_parser = profiles())]
    profile: Option<Profile>,
    /// Where all randomness comes from [default: another one each time]
    #[arg(long)]
    seed: Option<u64>,
    /// How long, as `90s` or `2h 30m` [default: 60s, or as long as --cases takes]
    #[arg(long, value_parser = humantime::parse_duration)]
    time: Option<Duration>,
    /// How many cases each process generates
    #[arg(long = "cases", value_name = "N")]
    cases_limit: Option<u64>,
    /// How often each given case is run
    #[arg(long, value_name = "N", default_value_t = 10)]
    times: u32,
    /// Lose power in the middle of cases, and look at the files on a copy of the disk; needs a filesystem with one
    #[arg(long, requires = "fs")]
    crash: bool,
    /// With `--crash`: keep a log of what is written to the disk, and look at the files as they were before each write
    /// to it
    #[arg(long)]
    write_log: bool,
    /// How many processes
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    jobs: u16,
    /// Where findings are kept
    #[arg(long, value_name = "DIR", default_value = "findings")]
    findings: PathBuf,
    /// Where the list of what is known is [default: ./corpus if there is one, else what this program was built with]
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,
    /// One JSON object a line: each finding, and at last a summary
    #[arg(long)]
    json: bool,
}

fn defects() -> impl TypedValueParser<Value = Defect> {
    let words = Defect::ALL.iter().map(|it| PossibleValue::new(it.word()).help(it.summary()));
    PossibleValuesParser::new(words).try_map(|word| word.parse().map_err(|()| "no defect of this name"))
}

/// Runs cases on the kernel.
pub fn main(arguments: &Arguments) -> Result<Ending, Failure> {
    // Each worker reads these again; here a mistake in them is told before anything is mounted.
    known(arguments.corpus.as_deref())?;
    arguments.cases.iter().try_for_each(|it| read_case(it).map(|_| ()))?;
    can_crash(arguments)?;
    arguments.place.enter("shortcopy host")?;
    let stop = stop_on_interrupt(Some(arguments.findings.clone()))?;
    let test_bed = test_bed(arguments)?;
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..));
    let mut run =
        Run { arguments, seed, test_bed, keeper: Keeper::new(), start: Instant::now(), prepared: Duration::ZERO };
    let result = run.conduct(&stop);
    let Run { test_bed, .. } = run;
    let unmounted = test_bed.mounted.map_or(Ok(()), Mounted::unmount).map_err(mount_failure);
    result.and_then(|ending| unmounted.map(|()| ending))
}

/// What is known of real kernels.
pub fn known(folder: Option<&Path>) -> Result<Vec<Known>, Failure> {
    match corpus(folder)? {
        Some(folder) => Known::load(&folder)
            .map_err(|error| Failure::words(error, format!("$EDITOR {}/real-kernels.json", folder.display()))),
        None => Ok(Known::built_in()),
    }
}

/// Whether there is something to lose power of, if it is to be lost.
fn can_crash(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.write_log && !arguments.crash {
        return Err(Failure::words("--write-log is for --crash", "shortcopy host --fs ext4 --crash --write-log"));
    }
    let log = if arguments.write_log { " --write-log" } else { "" };
    match arguments.place.fs {
        Some(kind) if arguments.crash && kind.disk().is_none() => {
            let error = CrashError::no_disk(kind);
            Err(Failure::words(error, format!("shortcopy host --fs ext4 --crash{log}")))
        }
        _ => Ok(()),
    }
}
