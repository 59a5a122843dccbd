//! Runs the cases on each kernel, several at once, or on those that a search for a change needs.

use super::changes::bisect;
use super::chosen::{Candidate, Kernels};
use super::laboratory::{Laboratory, Row, Sample};
use super::table::{self, OfKernel};
use super::tally::Tally;
use super::{RunArguments, machine_failure, rounds};
use crate::cli::failure::{Ending, Failure};
use crate::cli::interrupt::stop_on_interrupt;
use crate::cli::output::counted;
use crate::cli::place::quoted;
use crate::cli::progress::Progress;
use crate::cli::select::{Selected, case_paths, corpus, read_case};
use crate::host::Known;
use crate::reading;
use host::mount::Kind;
use kernels::accelerator::Accelerator;
use kernels::initramfs::Programs;
use kernels::{Kernel, Machine, MachineError, Version};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

const LOOK: Duration = Duration::from_millis(100);
const HELP: &str = "shortcopy kernels --help";

/// A kernel to run on: itself, or why it cannot be had.
struct Target {
    name: String,
    kernel: Result<Kernel, String>,
}

/// What a thread tells: of which target, and how far it is or what it came to.
enum News {
    Told(usize, usize),
    Ended(usize, Result<Vec<Row>, MachineError>),
}

/// Runs.
pub fn main(arguments: &RunArguments) -> Result<Ending, Failure> {
    let samples = samples(arguments)?;
    let known = known(arguments)?;
    let kernels = Kernels::of_user()?;
    let candidates = candidates(arguments, &kernels)?;
    // Nobody shall wait for a kernel to arrive, and then hear that it cannot boot.
    Machine::check().map_err(|it| machine_failure(&it))?;
    let stop = stop_on_interrupt(Some(arguments.findings.clone()))?;
    let filesystems = once(&arguments.fs);
    let mut laboratory = Laboratory {
        samples: &samples,
        known,
        filesystems: &filesystems,
        times: arguments.times,
        limit: arguments.time_limit,
        findings: &arguments.findings,
        programs: programs(&filesystems)?,
        accelerator: Accelerator::Tcg,
        stop: &stop,
    };
    let mut tally = Tally::new();
    let kernels = if arguments.bisect {
        bisect(arguments.json, &mut laboratory, &kernels, &candidates, &mut tally)?
    } else {
        let targets = targets(&kernels, &candidates, &stop)?;
        if targets.iter().any(|it| it.kernel.is_err()) {
            tally.ending = Ending::Trouble;
        }
        if let Some(kernel) = targets.iter().find_map(|it| it.kernel.as_ref().ok()) {
            laboratory.choose_accelerator(kernel).map_err(|it| machine_failure(&it))?;
        }
        run(arguments, &laboratory, &targets, &mut tally)?
    };
    tally.judge_expectations(&kernels, &samples);
    if arguments.json {
        tally.print_json(kernels.len());
    } else {
        if !arguments.bisect {
            table::print(&kernels, &samples, &filesystems);
        }
        tally.print_next(&kernels, &samples);
    }
    Ok(tally.ending)
}

/// The cases that are meant.
fn samples(arguments: &RunArguments) -> Result<Vec<Sample>, Failure> {
    if arguments.cases.is_empty() && !arguments.known {
        return Err(Failure::words("no case is given", "shortcopy kernels corpus/seed --kernel 6.1"));
    }
    let mut samples = Vec::new();
    if arguments.known {
        for known in crate::cli::host::known(arguments.corpus.as_deref())? {
            for shows in &known.cases {
                let name = format!("{}/{}", known.id, shows.name);
                let case = shows.case(&known.id).map_err(|why| Failure::trouble(why, HELP))?;
                let content = case.print().into_bytes();
                samples.push(Sample::new(
                    samples.len(),
                    Selected { path: format!("{name}.case").into(), case },
                    content,
                ));
            }
        }
    }
    for path in &arguments.cases {
        for path in case_paths(path)? {
            let selected = read_case(&path)?;
            let content = reading::read(&path)
                .map_err(|it| Failure::system(it, format!("cannot read {}", path.display()), HELP))?;
            samples.push(Sample::new(samples.len(), selected, content));
        }
    }
    Ok(samples)
}

fn once(filesystems: &[Kind]) -> Vec<Kind> {
    let mut all: Vec<Kind> = Vec::new();
    for it in filesystems {
        if !all.contains(it) {
            all.push(*it);
        }
    }
    all
}

/// The list of what is known of real kernels, if it is not the one that this program, and so each guest, has built in.
fn known(arguments: &RunArguments) -> Result<Option<Vec<u8>>, Failure> {
    let Some(folder) = corpus(arguments.corpus.as_deref())? else { return Ok(None) };
    let path = folder.join("real-kernels.json");
    let next = || format!("$EDITOR {}", quoted(&path.display().to_string()));
    // A mistake in it is told before anything boots.
    Known::load(&folder).map_err(|error| Failure::words(error, next()))?;
    let content = path.exists().then(|| reading::read(&path)).transpose();
    content.map_err(|error| Failure::system(error, format!("cannot read {}", path.display()), next()))
}

/// The kernels that are meant, in order if a change is looked for.
fn candidates(arguments: &RunArguments, kernels: &Kernels) -> Result<Vec<Candidate>, Failure> {
    if arguments.kernel.is_empty() {
        return Err(Failure::words("no kernel is given: --kernel says which", "shortcopy kernels list"));
    }
    let words = match &arguments.kernel[..] {
        // The two are the ends, and what is between counts.
        [first, last] if arguments.bisect => match (first.parse::<Version>(), last.parse::<Version>()) {
            (Ok(first), Ok(last)) => vec![format!("{}..{}", (&first).min(&last), (&first).max(&last))],
            _ => arguments.kernel.clone(),
        },
        words => words.to_vec(),
    };
    let mut candidates = kernels.meant(&words, arguments.bisect)?;
    if arguments.bisect {
        candidates.sort_by(|one, other| one.version().cmp(other.version()));
        if candidates.len() < 2 {
            let version = candidates[0].version();
            let why = format!("a change needs two kernels, and there is only {version}");
            return Err(Failure::words(why, "shortcopy kernels list"));
        }
    }
    Ok(candidates)
}

/// This program, and what makes the filesystems.
fn programs(filesystems: &[Kind]) -> Result<Programs, Failure> {
    let program = std::env::current_exe();
    let program = program.map_err(|it| Failure::system(it, "cannot find this program", HELP))?;
    let tools: Vec<&str> = filesystems.iter().filter_map(|it| Some(it.disk()?.tool)).collect();
    Programs::new(&program, &tools).map_err(|it| Failure::words(it, HELP))
}

/// The kernels themselves, fetched where they are not here. One that cannot be had does not keep the others from
/// running.
fn targets(kernels: &Kernels, candidates: &[Candidate], stop: &AtomicBool) -> Result<Vec<Target>, Failure> {
    let mut targets: Vec<Target> = Vec::new();
    for candidate in candidates {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let kernel = match kernels.kernel(candidate) {
            Ok(kernel) => Ok(kernel),
            Err(failure) if candidates.len() == 1 => return Err(failure),
            Err(failure) => {
                failure.print();
                Err("it could not be fetched".to_owned())
            }
        };
        let version = candidate.version().to_string();
        let is_taken = targets.iter().any(|it| it.name == version);
        let path = || kernel.as_ref().map_or_else(|_| version.clone(), |it| it.image.display().to_string());
        targets.push(Target { name: if is_taken { path() } else { version.clone() }, kernel });
    }
    Ok(targets)
}

/// All of these, several at once.
fn run(
    arguments: &RunArguments,
    laboratory: &Laboratory<'_>,
    targets: &[Target],
    tally: &mut Tally,
) -> Result<Vec<OfKernel>, Failure> {
    let mut progress = Progress::new();
    let all = laboratory.samples.len() * laboratory.filesystems.len();
    let next = AtomicUsize::new(0);
    let (sender, receiver) = channel();
    let mut told = vec![0; targets.len()];
    let mut ended: BTreeMap<usize, OfKernel> = BTreeMap::new();
    let mut failure = None;
    thread::scope(|scope| {
        for _ in 0..arguments.jobs {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || work(laboratory, targets, next, &sender));
        }
        drop(sender);
        loop {
            match receiver.recv_timeout(LOOK) {
                Ok(News::Told(number, cases)) => told[number] = cases,
                Ok(News::Ended(number, Ok(rows))) => {
                    told[number] = all;
                    let kernel = OfKernel { name: targets[number].name.clone(), rows };
                    tally.count(&kernel, laboratory.samples);
                    if arguments.json {
                        progress.suspend(|| table::print_json(&kernel, laboratory.samples));
                    }
                    ended.insert(number, kernel);
                }
                Ok(News::Ended(_, Err(error))) => {
                    // Another one would fail in the same way.
                    laboratory.stop.store(true, Ordering::Relaxed);
                    failure = Some(machine_failure(&error));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            let line = format!(
                "{:.0} s: {} of {}, {} of {}",
                tally.start.elapsed().as_secs_f64(),
                ended.len(),
                counted(targets.len(), "kernel", "kernels"),
                told.iter().sum::<usize>(),
                counted(targets.len() * all, "run", "runs"),
            );
            progress.show_line(&line, tally.start.elapsed().as_secs_f64());
        }
    });
    progress.finish();
    failure.map_or_else(|| Ok(ended.into_values().collect()), Err)
}

/// What a thread does: one kernel after the other.
fn work(laboratory: &Laboratory<'_>, targets: &[Target], next: &AtomicUsize, sender: &Sender<News>) {
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let Some(target) = targets.get(number).filter(|_| !laboratory.stop.load(Ordering::Relaxed)) else { return };
        let result = match &target.kernel {
            Ok(kernel) => rounds::run(laboratory, kernel, &|cases| drop(sender.send(News::Told(number, cases)))),
            Err(why) => Ok(laboratory.cannot_run(why)),
        };
        // Nobody listens any longer only if the run is over.
        let _ = sender.send(News::Ended(number, result));
    }
}
