//! `shortcopy hunt`: searches for findings and keeps each as a case file.

use super::EXIT_CODES;
use super::failure::{Ending, Failure, print_next};
use super::interrupt::stop_on_interrupt;
use super::output::{say, say_json};
use super::progress::{Progress, line};
use super::select::{filesystems, profiles, searched_failure, strategies_or_all, witness_failure};
use anstyle::AnsiColor;
use case::{Case, Filesystem};
use clap::Args;
use comfy_table::{Table, presets};
use oracle::{Notation, Persistence, Profile};
use serde_json::json;
use shortcopy::hunt::{Event, Field, Finding, Hunt, Limits, Store, Summary, Trouble, TroubleKind};
use shortcopy::searched::Searched;
use shortcopy::witness::Witnesses;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  shortcopy hunt                                      a minute, all strategies, all cores
  shortcopy hunt --strategy temp-page --time 10m      one strategy, longer
  shortcopy hunt --seed 7 --jobs 1 --cases 100000     the same cases each time, bit for bit
  shortcopy hunt --json --time 5m > findings.jsonl    for a machine to read

Each finding is made as small as it goes and written to FINDINGS/STRATEGY/ at once. What the
cases below CORPUS/witness expect is known; anything else is new, and new findings alone make
the exit code 1. Ctrl-C ends the hunt and keeps what was found.";

/// Searches for findings: generated cases, each under a portfolio of schedules.
#[derive(Args, Debug)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct Arguments {
    /// Hunt this strategy; repeatable [default: all]
    #[arg(long, value_name = "STRATEGY")]
    strategy: Vec<String>,
    /// On this filesystem only; repeatable [default: all that a strategy runs on]
    #[arg(long, value_parser = filesystems())]
    fs: Vec<Filesystem>,
    /// What is promised to readers
    #[arg(long, value_parser = profiles(), default_value = "linux")]
    profile: Profile,
    /// Where all randomness comes from [default: another one each time]
    #[arg(long)]
    seed: Option<u64>,
    /// How long, as `90s` or `2h 30m` [default: 60s, or as long as --cases takes]
    #[arg(long, value_parser = humantime::parse_duration)]
    time: Option<Duration>,
    /// How many cases, exactly
    #[arg(long, value_name = "N")]
    cases: Option<u64>,
    /// How many threads [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Stop after so many findings
    #[arg(long, value_name = "N")]
    max_findings: Option<usize>,
    /// Where findings are kept
    #[arg(long, value_name = "DIR", default_value = "findings")]
    findings: PathBuf,
    /// Where the known findings are
    #[arg(long, value_name = "DIR", default_value = "corpus")]
    corpus: PathBuf,
    /// Add how much was searched to this record, which `shortcopy matrix` reads
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Count what the search reaches, and show it at the end; slower
    #[arg(long)]
    coverage: bool,
    /// One JSON object a line: each finding, and at last a summary
    #[arg(long)]
    json: bool,
}

/// Hunts.
pub fn main(arguments: &Arguments) -> Result<Ending, Failure> {
    let hunt = hunt(arguments)?;
    let stop = stop_on_interrupt("shortcopy hunt")?;
    let seed = hunt.field.seed;
    if !arguments.json {
        let (strategies, jobs) = (hunt.field.strategies.len(), hunt.jobs);
        eprintln!("hunting {strategies} strategies with seed {seed} in {jobs} threads");
    }
    let mut keeper = Keeper { store: Store::new(arguments.findings.clone()), json: arguments.json, ..Keeper::new() };
    let (summary, reached) = hunt.run(&stop, &mut |event| keeper.take(event));
    keeper.progress.finish();
    if let Some(path) = &arguments.record {
        record(path, &reached.searched)?;
    }
    if let Some(coverage) = &reached.coverage {
        super::coverage::print(coverage, arguments.json);
    }
    if arguments.json {
        print_summary(&summary, seed);
    } else {
        if !keeper.rows.is_empty() {
            say(table(&keeper.rows).trim_fmt());
        }
        say(line(&summary));
    }
    if let Some(next) = keeper.next(&summary, arguments) {
        print_next(&next);
    }
    Ok(keeper.ending(&summary))
}

/// Adds to the record what was searched.
fn record(path: &Path, searched: &Searched) -> Result<(), Failure> {
    let mut record = Searched::load(path).map_err(|error| searched_failure(&error))?;
    record.merge(searched);
    let about = format!("cannot write {}", path.display());
    record.save(path).map_err(|error| Failure::system(error, about, format!("df -h {}", path.display())))
}

fn hunt(arguments: &Arguments) -> Result<Hunt, Failure> {
    let field = Field {
        strategies: strategies_or_all(&arguments.strategy)?,
        filesystems: arguments.fs.clone(),
        profile: arguments.profile,
        seed: arguments.seed.unwrap_or_else(|| fastrand::u64(..)),
        coverage: arguments.coverage,
    };
    let field = field.narrowed();
    if field.strategies.is_empty() {
        return Err(Failure::words("none of these strategies runs on this filesystem", "shortcopy list filesystems"));
    }
    let unlimited = arguments.time.is_none() && arguments.cases.is_none();
    let time = if unlimited { Some(Duration::from_secs(60)) } else { arguments.time };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    Ok(Hunt {
        field,
        limits: Limits { cases: arguments.cases, time, findings: arguments.max_findings },
        jobs: arguments.jobs.map_or(cores, usize::from),
        witnesses: Witnesses::load(&arguments.corpus).map_err(witness_failure)?,
    })
}

/// Takes what the hunt tells: shows it and writes it down.
struct Keeper {
    store: Store,
    json: bool,
    progress: Progress,
    /// What was found, and where it is; no path if it could not be written.
    rows: Vec<(Finding, Option<PathBuf>)>,
    troubles: Vec<PathBuf>,
    unwritten: usize,
}

impl Keeper {
    fn new() -> Self {
        let store = Store::new(PathBuf::new());
        Self { store, json: false, progress: Progress::new(), rows: Vec::new(), troubles: Vec::new(), unwritten: 0 }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Progress(summary) => self.progress.show(&summary),
            Event::Finding(finding) => {
                let path = self.written(self.store.keep(&finding), &finding.case);
                self.tell(&finding, path.as_deref());
                self.rows.push((*finding, path));
            }
            Event::Trouble(trouble) => {
                let path = self.written(self.store.keep_trouble(&trouble), &trouble.case);
                self.progress.suspend(|| print_trouble(&trouble, path.as_deref(), self.json));
                self.troubles.extend(path);
            }
        }
    }

    /// A disk that is full must not cost the finding: then the case goes to standard error.
    fn written(&mut self, result: std::io::Result<PathBuf>, case: &Case) -> Option<PathBuf> {
        match result {
            Ok(path) => Some(path),
            Err(error) => {
                self.unwritten += 1;
                let folder = self.store.folder().display();
                self.progress.suspend(|| eprintln!("cannot write below {folder}: {error}; so here it is:\n{case}"));
                None
            }
        }
    }

    fn tell(&self, finding: &Finding, path: Option<&Path>) {
        if self.json {
            return print_finding(finding, path);
        }
        let (style, word) =
            if finding.new { (AnsiColor::Red.on_default(), "new") } else { (AnsiColor::Yellow.on_default(), "known") };
        let place = path.map_or_else(|| "not written".to_owned(), |it| it.display().to_string());
        self.progress.suspend(|| anstream::eprintln!("{style}{word}{style:#}: {}: {place}", finding.signature));
    }

    fn next(&self, summary: &Summary, arguments: &Arguments) -> Option<String> {
        if let Some(path) = self.troubles.first() {
            return Some(format!("shortcopy run {}", path.display()));
        }
        if self.unwritten > 0 {
            return Some(format!("df -h {}", arguments.findings.display()));
        }
        let first = self.rows.iter().find(|(finding, _)| finding.new || summary.new == 0);
        first.and_then(|(_, path)| Some(format!("shortcopy explain {}", path.as_deref()?.display())))
    }

    fn ending(&self, summary: &Summary) -> Ending {
        if summary.troubles > 0 || self.unwritten > 0 {
            Ending::Trouble
        } else if summary.new > 0 {
            Ending::Finding
        } else {
            Ending::AsExpected
        }
    }
}

fn print_trouble(trouble: &Trouble, path: Option<&Path>, json: bool) {
    let what = match &trouble.kind {
        TroubleKind::Panic(message) => message.clone(),
        TroubleKind::Irreducible(signature, why) => format!("{signature}: {why}"),
    };
    if json {
        let (strategy, at_case) = (trouble.strategy, trouble.at_case);
        say_json(&json!({"event": "trouble", "strategy": strategy, "what": what, "case": path, "at_case": at_case}));
    }
    let style = AnsiColor::Magenta.on_default().bold();
    let place = path.map_or_else(String::new, |it| it.display().to_string());
    anstream::eprintln!("{style}a bug of shortcopy's own{style:#}: under {}: {what}: {place}", trouble.strategy);
}

fn print_finding(finding: &Finding, path: Option<&Path>) {
    let mut object = json!({"event": "finding"});
    let others = json!({
        "new": finding.new,
        "case": path,
        "at_case": finding.at_case,
        "seconds": finding.seconds,
    });
    for part in [serde_json::to_value(finding.signature).unwrap_or_default(), others] {
        if let (Some(object), serde_json::Value::Object(part)) = (object.as_object_mut(), part) {
            object.extend(part);
        }
    }
    say_json(&object);
}

fn print_summary(summary: &Summary, seed: u64) {
    say_json(&json!({
        "event": "summary",
        "seed": seed,
        "cases": summary.cases,
        "steps": summary.steps,
        "seconds": summary.seconds,
        "cases_per_second": summary.cases_per_second().round() as u64,
        "findings": summary.findings,
        "new": summary.new,
        "troubles": summary.troubles,
    }));
}

fn table(rows: &[(Finding, Option<PathBuf>)]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header([
        "strategy",
        "fs",
        "class",
        "persistence",
        "rule",
        "cycle",
        "new",
        "ops/tasks",
        "at case",
        "seconds",
        "path",
    ]);
    let mut rows: Vec<_> = rows.iter().collect();
    rows.sort_by_key(|(finding, _)| finding.signature);
    for (finding, path) in rows {
        let it = &finding.signature;
        let operations: usize = finding.case.tasks.iter().map(|task| task.operations.len()).sum();
        table.add_row([
            it.strategy.to_owned(),
            format!("{} {}", it.filesystem.word(), it.form.word()),
            it.class.to_string(),
            it.persistence.map_or("", Persistence::as_str).to_owned(),
            it.rule.to_string(),
            it.cycle.map_or("", Notation::as_str).to_owned(),
            if finding.new { "new".to_owned() } else { String::new() },
            format!("{operations}/{}", finding.case.tasks.len()),
            finding.at_case.to_string(),
            format!("{:.1}", finding.seconds),
            path.as_ref().map_or_else(|| "-".to_owned(), |it| it.display().to_string()),
        ]);
    }
    table
}
