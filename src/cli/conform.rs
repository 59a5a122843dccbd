//! `shortcopy conform`: the simulator against a real filesystem.

use super::EXIT_CODES;
use super::failure::{Ending, Failure, print_next};
use super::interrupt::stop_on_interrupt;
use super::output::{counted, say, say_json};
use super::place::{self, Place};
use super::progress::Progress;
use super::select::{case_paths, corpus, read_case};
use crate::conform::{Cases, Compared, Conformer, Found, LEGAL, MODELS, Model, Store, Trouble, model_of, refusal};
use crate::embargo::{self, Embargo};
use anstyle::AnsiColor;
use case::Case;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use host::mount::{Kind, MountError, Mounted, block_size_of};
use host::{Manner, kernel};
use indicatif::HumanCount;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const EXAMPLES: &str = "\
Examples:
  shortcopy conform --dir /mnt --time 1m              any mounted directory; no root needed
  shortcopy conform --fs ext4 --time 5m               a filesystem of its own (root)
  shortcopy conform --fs xfs --mkfs-options='-b size=1024' --cases 10000
  shortcopy conform --dir overlay --like tmpfs        a filesystem without a model
  shortcopy conform --fs tmpfs findings/conform/tmpfs/*.case    compares these

The same case, one task without a schedule, runs under the simulated strategy that stands for the \
filesystem and through real system calls; what the calls return, sizes, and what is read on the way \
and at rest are compared. A difference that is declared legal is counted by name. Any other is made \
small and written to FINDINGS/conform/FILESYSTEM/, and makes the exit code 1; what shows memory or \
another file's data goes to a folder `sensitive` there, which is for nobody but those named in \
SECURITY.md.";

/// Holds the simulator to a real filesystem: the same cases on both, and what they show compared.
#[derive(Args, Debug)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct Arguments {
    /// Compare these cases instead of generated ones; a folder means every *.case below it
    #[arg(value_name = "CASE")]
    cases: Vec<PathBuf>,
    #[command(flatten)]
    place: Place,
    /// With the model of this filesystem [default: that of the directory's own]
    #[arg(long, value_name = "FS", value_parser = models())]
    like: Option<&'static Model>,
    /// Where all randomness comes from [default: another one each time]
    #[arg(long)]
    seed: Option<u64>,
    /// How long to compare [default: 60s]
    #[arg(long, value_parser = humantime::parse_duration)]
    time: Option<Duration>,
    /// How many generated cases to compare
    #[arg(long = "cases", value_name = "N")]
    cases_limit: Option<u64>,
    /// Where differences are kept
    #[arg(long, value_name = "DIR", default_value = "findings")]
    findings: PathBuf,
    /// Where the list of what is under embargo is [default: ./corpus if there is one, else what this program was built
    /// with]
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,
    /// One JSON object a line: each difference, and at last a summary
    #[arg(long)]
    json: bool,
}

fn models() -> impl TypedValueParser<Value = &'static Model> {
    let words = MODELS.iter().map(|it| it.real);
    PossibleValuesParser::new(words).try_map(|word| model_of(&word).ok_or("no model of this name"))
}

/// What explains more.
const NEXT: &str = "shortcopy conform --help";

/// Where the cases run on the kernel.
struct TestBed {
    mounted: Option<Mounted>,
    directory: PathBuf,
    filesystem: String,
    mount: String,
    model: &'static Model,
    /// Bytes.
    block: u32,
}

/// Compares.
pub fn main(arguments: &Arguments) -> Result<Ending, Failure> {
    arguments.place.enter("shortcopy conform")?;
    let stop = stop_on_interrupt(Some(arguments.findings.clone()))?;
    let test_bed = test_bed(arguments)?;
    let result = in_directory(arguments, &test_bed, &stop);
    let unmounted = test_bed.mounted.map_or(Ok(()), Mounted::unmount).map_err(mount_failure);
    result.and_then(|ending| unmounted.map(|()| ending))
}

fn mount_failure(error: MountError) -> Failure {
    place::mount_failure(error, "shortcopy conform")
}

fn test_bed(arguments: &Arguments) -> Result<TestBed, Failure> {
    let place = &arguments.place;
    let mounted = match place.fs {
        None => None,
        Some(Kind::Fuse) => return Err(Failure::words("fuse is wrong on purpose: there is no model of it", NEXT)),
        Some(kind) => Some(place.options.request(kind).mount().map_err(mount_failure)?),
    };
    let directory = match &mounted {
        Some(mounted) => mounted.path().to_owned(),
        None => place.directory("shortcopy conform")?,
    };
    let system = |error| Failure::system(error, format!("cannot use {}", directory.display()), NEXT);
    let block = block_size_of(&directory).map_err(system)?;
    let mount = host::mount::mount_of(&directory);
    // ext2 is served by another driver on most kernels.
    let own = host::mount::filesystem_of(&mount).unwrap_or("unknown");
    let filesystem = place.fs.map_or_else(|| own.to_owned(), |it| it.word().to_owned());
    let model = arguments.like.or_else(|| model_of(&filesystem)).ok_or_else(|| {
        let words = format!("{} is on {filesystem}, which has no model", directory.display());
        let place =
            place.fs.map_or_else(|| format!("--dir {}", directory.display()), |it| format!("--fs {}", it.word()));
        Failure::words(words, format!("shortcopy conform {place} --like tmpfs"))
    })?;
    Ok(TestBed { mounted, directory, filesystem, mount, model, block })
}

/// Compares in a directory of its own, which goes away again.
fn in_directory(arguments: &Arguments, test_bed: &TestBed, stop: &AtomicBool) -> Result<Ending, Failure> {
    let directory = test_bed.directory.join(format!("shortcopy-{}", std::process::id()));
    let system = |error| Failure::system(error, "cannot make a directory", NEXT);
    fs::create_dir_all(&directory).map_err(system)?;
    let result = compare_in(arguments, test_bed, &directory, stop);
    let _ = fs::remove_dir(&directory);
    result
}

fn compare_in(
    arguments: &Arguments,
    test_bed: &TestBed,
    directory: &Path,
    stop: &AtomicBool,
) -> Result<Ending, Failure> {
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..));
    let place = (test_bed.model.real, test_bed.block);
    let embargoes = match corpus(arguments.corpus.as_deref())? {
        Some(folder) => Embargo::load(&folder)
            .map_err(|error| Failure::words(error, format!("$EDITOR {}/embargo.json", folder.display())))?,
        None => embargo::compiled_in().to_vec(),
    };
    let conformer = Conformer::new(directory, place, test_bed.model, seed).map_err(|it| trouble(&it))?;
    let conformer = conformer.holding_back(embargoes);
    let store = Store::new(&arguments.findings, &test_bed.filesystem);
    let mut run = Run {
        arguments,
        test_bed,
        conformer,
        store,
        seed,
        progress: Progress::new(),
        start: Instant::now(),
        found: 0,
        unwritten: 0,
        last: None,
    };
    run.announce();
    if arguments.cases.is_empty() {
        run.search(stop)?
    } else {
        run.compare_given(stop)?
    }
    run.progress.finish();
    run.summary();
    Ok(run.ending())
}

fn trouble(trouble: &Trouble) -> Failure {
    match trouble {
        Trouble::NoUserfaultfd(_) => Failure::words(trouble, NEXT),
        _ => Failure::trouble(trouble, NEXT),
    }
}

/// A run of the command.
struct Run<'a> {
    arguments: &'a Arguments,
    test_bed: &'a TestBed,
    conformer: Conformer,
    store: Store,
    seed: u64,
    progress: Progress,
    start: Instant,
    found: usize,
    unwritten: usize,
    /// The first difference's case.
    last: Option<String>,
}

impl Run<'_> {
    fn announce(&self) {
        if self.arguments.json {
            return;
        }
        let TestBed { filesystem, mount, model, block, .. } = self.test_bed;
        let Model { strategy, filesystem: simulated, form, .. } = model;
        let (simulated, form) = (simulated.word(), form.word());
        eprintln!(
            "{strategy} on {simulated} {form} against {filesystem} of {}, blocks of {block}, seed {}\n{mount}",
            kernel(),
            self.seed
        );
    }

    fn search(&mut self, stop: &AtomicBool) -> Result<(), Failure> {
        let Arguments { time, cases_limit, .. } = *self.arguments;
        let time = time.or_else(|| cases_limit.is_none().then_some(Duration::from_secs(60)));
        let mut cases = Cases::new(self.seed, self.test_bed.model, self.test_bed.block);
        while !stop.load(Ordering::Relaxed)
            && time.is_none_or(|it| self.start.elapsed() < it)
            && cases_limit.is_none_or(|it| self.conformer.cases < it)
        {
            let (case, manner) = cases.draw();
            if let Some(found) = self.conformer.look_at(&case, manner).map_err(|it| trouble(&it))? {
                self.keep(&found);
            }
            let line = self.line();
            self.progress.show_line(&line, self.start.elapsed().as_secs_f64());
        }
        Ok(())
    }

    fn compare_given(&mut self, stop: &AtomicBool) -> Result<(), Failure> {
        for given in &self.arguments.cases {
            for path in case_paths(given)? {
                if stop.load(Ordering::Relaxed) {
                    return Ok(());
                }
                let case = read_case(&path)?.case;
                if let Some(why) = refusal(&case, self.test_bed.model, self.test_bed.block) {
                    let words = format!("{} cannot be compared: {why}", path.display());
                    return Err(Failure::words(words, format!("$EDITOR {}", path.display())));
                }
                let manner = Manner::of(&case).unwrap_or_default();
                let compared = self.conformer.compare_given(&case, manner).map_err(|it| trouble(&it))?;
                self.tell(&path, &case, &compared);
            }
        }
        Ok(())
    }

    fn tell(&mut self, path: &Path, case: &Case, compared: &Compared) {
        let difference = compared.difference.as_ref();
        self.found += usize::from(difference.is_some());
        if difference.is_some() {
            self.last.get_or_insert(path.display().to_string());
        }
        if self.arguments.json {
            say_json(&json!({
                "case": path, "strategy": self.test_bed.model.strategy, "fs": self.test_bed.filesystem,
                "expected": difference.is_none(), "difference": difference.map(ToString::to_string),
                "kind": difference.map(|it| it.kind(case)), "legal": compared.legal, "whole": compared.whole,
                "kernel": kernel(), "mount": self.test_bed.mount,
            }));
            return;
        }
        let words = match (difference, &compared.legal[..]) {
            (Some(difference), _) => difference.to_string(),
            (None, _) if compared.held_back => "differs in what is under embargo".to_owned(),
            (None, []) => "the same".to_owned(),
            (None, legal) => format!("differs legally: {}", legal.join(", ")),
        };
        say(format!("{}: {words}", path.display()));
    }

    fn keep(&mut self, found: &Found) {
        self.found += 1;
        let path = self.store.keep(found, &kernel(), &self.test_bed.mount);
        if let Err(error) = &path {
            self.unwritten += 1;
            eprintln!("cannot keep a difference: {error}\n{}", found.case);
        }
        let case = path.ok().map(|it| it.display().to_string());
        if self.arguments.json {
            say_json(&json!({
                "event": "finding", "strategy": self.test_bed.model.strategy, "fs": self.test_bed.filesystem,
                "kind": found.kind, "aspect": found.difference.aspect.word(), "difference": found.difference.to_string(),
                "sensitive": found.sensitive, "case": case, "at_case": self.conformer.cases,
                "seconds": self.start.elapsed().as_secs_f64(), "kernel": kernel(), "mount": self.test_bed.mount,
            }));
            return;
        }
        let style = AnsiColor::Red.on_default();
        self.progress.suspend(|| {
            say(format!("{style}{}{style:#} {}", found.kind, found.difference));
            case.iter().for_each(|it| say(format!("  {it}")));
        });
        self.last = self.last.take().or(case);
    }

    fn summary(&self) {
        let Conformer { cases, whole, operations, legal, fleeting, held_back, .. } = &self.conformer;
        let limits: Vec<&str> = self.conformer.limits().map(host::Limit::describe).collect();
        let seconds = self.start.elapsed().as_secs_f64();
        if self.arguments.json {
            say_json(&json!({
                "event": "summary", "cases": cases, "whole": whole, "operations": operations, "seconds": seconds,
                "cases_per_second": *cases as f64 / seconds, "findings": self.found, "legal": legal, "fleeting": fleeting, "held_back": held_back,
                "limits": limits,
                "seed": self.seed, "strategy": self.test_bed.model.strategy, "fs": self.test_bed.filesystem,
                "kernel": kernel(), "mount": self.test_bed.mount,
            }));
            return;
        }
        say(self.line());
        for (name, count) in legal {
            let reason = LEGAL.iter().find(|it| it.name == *name).map_or("", |it| it.reason);
            say(format!("  legal {name}: {}: {reason}", counted(*count, "time", "times")));
        }
        for (kind, count) in fleeting {
            say(format!("  did not come again: {kind}: {}", counted(*count, "time", "times")));
        }
        if *held_back > 0 {
            say(format!("  under embargo: {}", counted(*held_back, "case", "cases")));
        }
        for limit in limits {
            say(format!("  not here: {limit}"));
        }
        if let Some(case) = &self.last {
            print_next(&format!("shortcopy explain --strategy {} {case}", self.test_bed.model.strategy));
        }
    }

    /// `12 s: 40,123 cases, 38,012 to their end, 3,343 a second, 2 differences`.
    fn line(&self) -> String {
        let seconds = self.start.elapsed().as_secs_f64();
        let Conformer { cases, whole, .. } = &self.conformer;
        let rate = HumanCount((*cases as f64 / seconds.max(0.001)) as u64);
        let (cases, whole) = (counted(*cases, "case", "cases"), HumanCount(*whole));
        let differences = counted(self.found, "difference", "differences");
        format!("{seconds:.0} s: {cases}, {whole} to their end, {rate} a second, {differences}")
    }

    const fn ending(&self) -> Ending {
        match (self.unwritten, self.found) {
            (1.., _) => Ending::Trouble,
            (0, 1..) => Ending::Finding,
            (0, 0) => Ending::AsExpected,
        }
    }
}
