//! `shortcopy host`: cases on the kernel under this machine.

use super::EXIT_CODES;
use super::failure::{Ending, Failure, print_next};
use super::interrupt::stop_on_interrupt;
use super::keeper::{Keeper, line};
use super::output::{say, say_json};
use super::place::{self, Place};
use super::select::profiles;
use anstyle::AnsiColor;
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use host::crash::CrashError;
use host::fuse::{self, Defect};
use host::mount::{Kind, MountError, Mounted, Request};
use host::spray;
use oracle::Profile;
use serde_json::json;
use shortcopy::host::{Event, Found, Known, Store, Supervisor, Totals};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

const EXAMPLES: &str = "\
Examples:
  shortcopy host --dir /mnt --time 5m                 any mounted directory; no root needed
  shortcopy host --fs ext4 --time 10m --jobs 2        a filesystem of its own, made, mounted and taken away again (root)
  shortcopy host --fs xfs --mkfs-options='-b size=1024'
  shortcopy host --fs ext4 --mount-options=data=journal --json
  shortcopy host --fs ext4 --crash --write-log        power lost in the middle of cases, and after each write to the disk
  shortcopy host --fs fuse --defect garbles-byte      a filesystem that is wrong on purpose: is that found?
  shortcopy host --fs tmpfs findings/host/tmpfs/*.case    replays

A write is stopped at each source page that is not there, and the other tasks of the case have
their turns meanwhile. Each finding is made small, run ten more times and written to
FINDINGS/host/FILESYSTEM/ at once; what shows memory or another file's data goes to a folder
`sensitive` there, which is for nobody but those named in SECURITY.md. A finding of real-kernels.json
in the corpus is known; any other makes the exit code 1. Ctrl-C ends the search, keeps what was
found, and unmounts.";

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
    /// Where the image of a filesystem is put [default: memory if there is room, else the temporary files]
    #[arg(long, value_name = "DIR", requires = "fs")]
    images: Option<PathBuf>,
    /// What is promised to readers [default: what the filesystem promises]
    #[arg(long, value_parser = profiles())]
    profile: Option<Profile>,
    /// Where all randomness comes from [default: another one each time]
    #[arg(long)]
    seed: Option<u64>,
    /// How long, as `90s` or `2h 30m` [default: 60s, or as long as --cases-limit takes]
    #[arg(long, value_parser = humantime::parse_duration)]
    time: Option<Duration>,
    /// How many cases each process generates
    #[arg(long, value_name = "N")]
    cases_limit: Option<u64>,
    /// How often each given case is run
    #[arg(long, value_name = "N", default_value_t = 10)]
    times: u32,
    /// Lose power in the middle of cases, and look at the files on a copy of the disk; needs a filesystem with one
    #[arg(long, requires = "fs")]
    crash: bool,
    /// With `--crash`: keep a log of what is written to the disk, and look at the files as they were before each write to it
    #[arg(long)]
    write_log: bool,
    /// How many processes
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    jobs: u16,
    /// Where findings are kept
    #[arg(long, value_name = "DIR", default_value = "findings")]
    findings: PathBuf,
    /// Where the list of what is known is
    #[arg(long, value_name = "DIR", default_value = "corpus")]
    corpus: PathBuf,
    /// One JSON object a line: each finding, and at last a summary
    #[arg(long)]
    json: bool,
}

fn defects() -> impl TypedValueParser<Value = Defect> {
    let words = Defect::ALL.iter().map(|it| PossibleValue::new(it.word()).help(it.summary()));
    PossibleValuesParser::new(words).try_map(|word| word.parse().map_err(|()| "no defect of this name"))
}

/// How often free memory is filled with markers.
const SPRAY: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(100);

/// Where the cases run.
struct Ground {
    mounted: Option<Mounted>,
    directory: PathBuf,
    filesystem: String,
    mount: String,
    profile: Profile,
}

/// Runs cases on the kernel.
pub fn main(arguments: &Arguments) -> Result<Ending, Failure> {
    let known = known(arguments)?;
    can_crash(arguments)?;
    arguments.place.enter("shortcopy host")?;
    let stop = stop_on_interrupt("shortcopy host")?;
    let ground = ground(arguments)?;
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..));
    let mut run = Run { arguments, known, seed, ground, keeper: Keeper::new(), start: Instant::now() };
    let result = run.conduct(&stop);
    let Run { ground, .. } = run;
    let unmounted = ground.mounted.map_or(Ok(()), Mounted::unmount).map_err(mount_failure);
    result.and_then(|ending| unmounted.map(|()| ending))
}

/// What is known of the kernel; nothing where a defect that was switched on may look like it, or the mount is another one.
fn known(arguments: &Arguments) -> Result<Vec<Known>, Failure> {
    let known = Known::load(&arguments.corpus)
        .map_err(|error| Failure::words(error, format!("$EDITOR {}/real-kernels.json", arguments.corpus.display())))?;
    let is_plain = arguments.defect.is_empty() && !arguments.writeback_cache;
    Ok(if is_plain { known } else { Vec::new() })
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

fn mount_failure(error: MountError) -> Failure {
    place::mount_failure(error, "shortcopy host")
}

fn ground(arguments: &Arguments) -> Result<Ground, Failure> {
    let Some(kind) = arguments.place.fs else {
        let directory = arguments.place.directory("shortcopy host")?;
        let mount = host::mount::mount_of(&directory);
        let filesystem = host::mount::filesystem_of(&mount).unwrap_or("unknown").to_owned();
        let profile = Kind::from_word(&filesystem).map_or(Profile::Linux, Kind::profile);
        return Ok(Ground { mounted: None, directory, filesystem, mount, profile });
    };
    let served = kind == Kind::Fuse;
    if !served && (arguments.writeback_cache || !arguments.defect.is_empty()) {
        return Err(Failure::words("--defect and --writeback-cache are for --fs fuse", "shortcopy host --fs fuse"));
    }
    let mounted = if served { serve(arguments)? } else { own(arguments, kind).mount().map_err(mount_failure)? };
    let mut mount = mounted.describe().to_owned();
    if served {
        mount.push_str(if arguments.writeback_cache { " writeback-cache" } else { "" });
        // Whoever reads of a finding shall not take it for the kernel's.
        mount.extend(arguments.defect.iter().map(|it| format!(" defect={it}")));
    }
    Ok(Ground {
        directory: mounted.path().to_owned(),
        filesystem: kind.word().to_owned(),
        mount,
        profile: kind.profile(),
        mounted: Some(mounted),
    })
}

/// Mounts the filesystem that threads of this process serve.
fn serve(arguments: &Arguments) -> Result<Mounted, Failure> {
    let defects = arguments.defect.iter().copied().collect();
    fuse::mount(fuse::Options { writeback_cache: arguments.writeback_cache, defects }).map_err(mount_failure)
}

fn own(arguments: &Arguments, kind: Kind) -> Request {
    let mut request = arguments.place.options.request(kind);
    if let Some(folder) = &arguments.images {
        request.folder.clone_from(folder);
    }
    request
}

/// A run of the command.
struct Run<'a> {
    arguments: &'a Arguments,
    known: Vec<Known>,
    seed: u64,
    ground: Ground,
    keeper: Keeper,
    start: Instant,
}

impl Run<'_> {
    fn conduct(&mut self, stop: &std::sync::atomic::AtomicBool) -> Result<Ending, Failure> {
        self.announce();
        let mut supervisor = Supervisor::default();
        for job in 0..self.arguments.jobs {
            self.start_worker(&mut supervisor, job, self.seed.wrapping_add(job.into()))?;
        }
        let limit = self.limit();
        let mut sprayed = Instant::now();
        let mut next_seed = self.seed.wrapping_add(self.arguments.jobs.into());
        while !supervisor.is_over() {
            let over =
                stop.load(std::sync::atomic::Ordering::Relaxed) || limit.is_some_and(|it| self.start.elapsed() >= it);
            if over {
                supervisor.stop();
            }
            match supervisor.next(LOOK) {
                Some((_, Event::Finding(found))) => self.keep(&found),
                Some((_, Event::Ran { number, shown, limits })) => self.tell_ran(number, &shown, &limits),
                Some((job, Event::Failed { message })) => {
                    self.keeper.failures.push(message.clone());
                    self.keeper.progress.suspend(|| eprintln!("{message}"));
                    // A worker whose tasks hang cannot go on; the search can.
                    if !over && self.keeper.failures.len() < 10 && self.arguments.cases.is_empty() && limit.is_some() {
                        self.start_worker(
                            &mut supervisor,
                            job as u16 + self.keeper.failures.len() as u16 * 100,
                            next_seed,
                        )?;
                        next_seed = next_seed.wrapping_add(1);
                    }
                }
                Some((_, Event::Progress(_))) | None => {}
            }
            self.keeper.show(self.start.elapsed(), &supervisor.totals());
            if sprayed.elapsed() >= SPRAY && limit.is_some() {
                sprayed = Instant::now();
                self.spray();
            }
        }
        let totals = supervisor.totals();
        let left = supervisor.finish();
        self.keeper.progress.finish();
        for process in left {
            eprintln!("process {process} does not end: it hangs in the kernel, and its mount with it");
        }
        self.summary(&totals);
        Ok(self.keeper.ending())
    }

    fn announce(&self) {
        if let Some(warning) = spray::init_on_alloc().warning() {
            eprintln!("{warning}");
        }
        if !self.arguments.json {
            let Ground { filesystem, mount, profile, .. } = &self.ground;
            eprintln!("{} on {filesystem}, profile {profile}, seed {}\n{mount}", kernel(), self.seed);
        }
        self.spray();
    }

    /// Fills free memory with markers, so that memory which nobody has initialised says so.
    fn spray(&self) {
        if let Ok(program) = std::env::current_exe() {
            // A search without it is worse, but a search.
            let _ = spray::spray_by(Command::new(program).arg("host-spray"));
        }
    }

    const fn limit(&self) -> Option<Duration> {
        match (self.arguments.time, self.arguments.cases_limit) {
            _ if !self.arguments.cases.is_empty() => None,
            (Some(time), _) => Some(time),
            (None, Some(_)) => None,
            (None, None) => Some(Duration::from_secs(60)),
        }
    }

    fn start_worker(&self, supervisor: &mut Supervisor, job: u16, seed: u64) -> Result<(), Failure> {
        let system = |error| Failure::system(error, "cannot start a worker", "shortcopy host --help");
        let directory = self.ground.directory.join(format!("shortcopy-{}-{job}", std::process::id()));
        fs::create_dir_all(&directory).map_err(system)?;
        let mut command = Command::new(std::env::current_exe().map_err(system)?);
        command.arg("host-worker").arg("--directory").arg(&directory).arg("--seed").arg(seed.to_string());
        command.arg("--profile").arg(self.arguments.profile.unwrap_or(self.ground.profile).as_str());
        if let Some(cases) = self.arguments.cases_limit {
            command.arg("--cases-limit").arg(cases.to_string());
        }
        command.arg("--times").arg(self.arguments.times.to_string()).args(&self.arguments.cases);
        if let (true, Some(kind)) = (self.arguments.crash, self.arguments.place.fs) {
            // Its own filesystem: a copy of the disk shows what all who use it have done.
            command.arg("--crash").arg(kind.word()).args(self.arguments.write_log.then_some("--write-log"));
            let (mkfs, mount) =
                (&self.arguments.place.options.mkfs_options, &self.arguments.place.options.mount_options);
            command.args(mkfs.iter().map(|it| format!("--mkfs-options={it}")));
            command.args(mount.iter().map(|it| format!("--mount-options={it}")));
        }
        supervisor.start(&mut command).map_err(system)
    }

    fn keep(&mut self, found: &Found) {
        let shown = &found.shown;
        let filesystem = &self.ground.filesystem;
        let new = !self.known.iter().any(|it| it.is(filesystem, &shown.class, &shown.rule));
        let store = Store::new(&self.arguments.findings, filesystem);
        let path = store.keep(found, &kernel(), &self.ground.mount);
        self.keeper.new += usize::from(new);
        self.keeper.findings += 1;
        let case = path.as_ref().map(|it| it.display().to_string()).ok();
        if let Err(error) = &path {
            self.keeper.unwritten += 1;
            eprintln!("cannot keep a finding: {error}\n{}", found.text);
        }
        let seconds = self.start.elapsed().as_secs_f64();
        if self.arguments.json {
            say_json(&json!({
                "event": "finding", "strategy": "host", "fs": filesystem, "class": shown.class,
                "persistence": shown.persistence, "rule": shown.rule, "cycle": shown.cycle, "new": new, "case": case,
                "at_case": found.at_case, "seconds": seconds, "kernel": kernel(), "mount": self.ground.mount,
                "repeats": found.repeats, "of": found.of, "sensitive": found.sensitive,
            }));
            return;
        }
        let style = if new { AnsiColor::Red.on_default() } else { AnsiColor::Yellow.on_default() };
        let (persistence, news) = (shown.persistence.as_deref().unwrap_or(""), if new { "new" } else { "known" });
        let case = case.unwrap_or_default();
        self.keeper.progress.suspend(|| {
            say(format!(
                "{style}{}{style:#} {persistence} {} ({news}, {} of {} times): {}\n  {case}",
                shown.class, shown.rule, found.repeats, found.of, shown.message
            ));
            shown.details.iter().skip(1).for_each(|it| say(format!("    {it}")));
        });
        self.keeper.last.get_or_insert(case);
    }

    fn tell_ran(&mut self, number: usize, shown: &[shortcopy::host::Shown], limits: &[String]) {
        let path = self.arguments.cases.get(number).map(|it| it.display().to_string()).unwrap_or_default();
        let filesystem = &self.ground.filesystem;
        let is_new =
            |it: &shortcopy::host::Shown| !self.known.iter().any(|known| known.is(filesystem, &it.class, &it.rule));
        self.keeper.findings += shown.len();
        self.keeper.new += shown.iter().filter(|it| is_new(it)).count();
        if self.arguments.json {
            say_json(&json!({
                "case": path, "strategy": "host", "fs": filesystem, "expected": !shown.iter().any(is_new),
                "findings": shown, "kernel": kernel(), "mount": self.ground.mount, "limits": limits,
            }));
            return;
        }
        let words = shown.iter().map(|it| format!("{} {}", it.class, it.persistence.as_deref().unwrap_or("")));
        let words: Vec<String> = words.collect();
        say(format!("{path}: {}", if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }));
        for it in shown {
            say(format!("  {} ({})", it.class, it.rule));
            it.details.iter().for_each(|it| say(format!("    {it}")));
        }
        limits.iter().for_each(|it| say(format!("  not here: {it}")));
    }

    fn summary(&self, totals: &Totals) {
        let seconds = self.start.elapsed().as_secs_f64();
        let Keeper { findings, new, failures, .. } = &self.keeper;
        if self.arguments.json {
            say_json(&json!({
                "event": "summary", "cases": totals.cases, "runs": totals.runs, "calls": totals.calls, "stops": totals.stops,
                "prefixes": totals.prefixes, "prefixes_left_out": totals.prefixes_left_out,
                "read_otherwise": totals.read_otherwise,
                "steps": totals.calls + totals.stops, "seconds": seconds, "cases_per_second": totals.cases as f64 / seconds,
                "findings": findings, "new": new, "failures": failures, "quirks": totals.quirks, "limits": totals.limits,
                "seed": self.seed, "fs": self.ground.filesystem, "kernel": kernel(), "mount": self.ground.mount,
            }));
            return;
        }
        say(line(self.start.elapsed(), totals, &self.keeper));
        for (name, count) in &totals.quirks {
            say(format!("  quirk {name}: {count} times"));
        }
        if totals.read_otherwise > 0 {
            say(format!(
                "  not told: {} histories that are not wrong, or not in the same way, if bytes that fit two writes are read otherwise",
                totals.read_otherwise
            ));
        }
        for limit in &totals.limits {
            say(format!("  not here: {limit}"));
        }
        if let Some(case) = &self.keeper.last {
            let place = match self.arguments.place.fs {
                Some(kind) => {
                    let crash = if self.arguments.crash { " --crash" } else { "" };
                    let log = if self.arguments.write_log { " --write-log" } else { "" };
                    format!("--fs {}{crash}{log}", kind.word())
                }
                None => format!("--dir {}", self.ground.directory.display()),
            };
            print_next(&format!("shortcopy host {place} {case}"));
        }
    }
}

/// `Linux 6.18.44`.
pub fn kernel() -> String {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let version: String = release.chars().take_while(|it| it.is_ascii_digit() || *it == '.').collect();
    format!("Linux {}", version.trim_end_matches('.'))
}
