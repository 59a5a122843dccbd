//! What a sequential case costs on a real kernel: `cargo bench -p shortcopy-host --bench sequential -- DIR…`, in each
//! of these directories.
//!
//! The same kind of work as that of fsx, which is run beside it, turn by turn, if the variable `FSX` says where it is:
//! one task that writes, reads, truncates and maps, and looks at what it sees. An operation of either is one call of a
//! case or of fsx's own log; what each does around it (making files, reading back, judging) is in the time.

use host::search::{Cases, Search};
use host::{FinalLooks, Manner, Observers};
use oracle::Profile;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How often each is measured; the fastest counts, since whatever else the machine does can only make it slower.
const ROUNDS: u32 = 5;
const ROUND: Duration = Duration::from_secs(2);
/// Cases of one task, run over and over.
const CASES: usize = 2000;
/// Operations of fsx in a round.
const OPERATIONS: u32 = 50_000;

/// The fastest rounds, in things a second.
#[derive(Default)]
struct Best {
    programs: f64,
    calls: f64,
    stops: f64,
    fsx: f64,
}

fn main() {
    // Cargo hands its own flag over, and perhaps a filter.
    let given: Vec<PathBuf> = std::env::args().skip(1).filter(|it| !it.starts_with('-')).map(PathBuf::from).collect();
    let directories = if given.is_empty() { vec![std::env::temp_dir()] } else { given };
    let fsx = std::env::var_os("FSX").map(PathBuf::from);
    println!("{:<24} {:>11} {:>14} {:>9} {:>11}", "in", "programs/s", "operations/s", "stops/s", "fsx, ops/s");
    for directory in directories {
        match measure(&directory, fsx.as_deref()) {
            Ok(best) => println!(
                "{:<24} {:>11.0} {:>14.0} {:>9.0} {:>11.0}",
                directory.display(),
                best.programs,
                best.calls,
                best.stops,
                best.fsx
            ),
            Err(error) => println!("{:<24} {error}", directory.display()),
        }
    }
}

fn measure(directory: &Path, fsx: Option<&Path>) -> std::io::Result<Best> {
    let own = tempfile::tempdir_in(directory)?;
    let mut search = Search::new(own.path(), 1, Profile::Linux, |_, _, _| String::new())?;
    let mut drawn = Cases::new(1);
    let cases: Vec<_> =
        std::iter::repeat_with(|| drawn.draw().0).filter(|it| it.tasks.len() == 1).take(CASES).collect();
    // As fsx does it: what was written is read back through the cache.
    let looks = FinalLooks { read: true, mapping: false, evicted: false };
    let manner = Manner { racing: false, prefixes: false, sprayed: false, observers: Observers::NONE, looks };
    let mut best = Best::default();
    for _ in 0..ROUNDS {
        let (before, start, mut programs) = (search.totals.clone(), Instant::now(), 0_u32);
        for case in cases.iter().cycle() {
            search.wrongs(case, manner)?;
            programs += 1;
            if programs.is_multiple_of(64) && start.elapsed() >= ROUND {
                break;
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        best.programs = best.programs.max(f64::from(programs) / seconds);
        best.calls = best.calls.max((search.totals.calls - before.calls) as f64 / seconds);
        best.stops = best.stops.max((search.totals.stops - before.stops) as f64 / seconds);
        if let Some(fsx) = fsx {
            best.fsx = best.fsx.max(operations_of(fsx, own.path())?);
        }
    }
    Ok(best)
}

/// Operations a second of fsx.
fn operations_of(fsx: &Path, directory: &Path) -> std::io::Result<f64> {
    let file = directory.join(format!("fsx-{}", std::process::id()));
    let mut command = Command::new(fsx);
    command.args(["-q", "-S", "1", "-N", &OPERATIONS.to_string()]).arg(&file).stdout(Stdio::null());
    let start = Instant::now();
    if !command.status()?.success() {
        return Err(std::io::Error::other("fsx failed"));
    }
    Ok(f64::from(OPERATIONS) / start.elapsed().as_secs_f64())
}
