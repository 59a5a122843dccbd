//! `shortcopy hunt`: searches for findings and keeps each as a case file.

mod format;
mod junit;
mod keeper;
mod lines;
#[cfg(test)]
mod samples;
mod sarif;
mod screen;

use super::EXIT_CODES;
use super::failure::{Ending, Failure, print_next};
use super::interrupt::stop_on_interrupt;
use super::output::{counted, not_answered, say, say_json};
use super::progress::line;
use super::select::{filesystems, forms, mends, profiles, searched_failure, tested, tested_or_all};
use crate::hunt::{Field, Hunt, Limits};
use crate::searched::Searched;
use crate::under_test::own_subject;
use crate::whole;
use case::{Expectation, Filesystem, Form};
use clap::Args;
use format::{Format, Told};
use keeper::Keeper;
use oracle::Profile;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  shortcopy hunt                                      a minute, all strategies, all cores
  shortcopy hunt --strategy temp-page --time 10m      one strategy, longer
  shortcopy hunt --seed 7 --jobs 1 --cases 100000     the same cases each time, bit for bit
  shortcopy hunt --strategy mine --against baseline   what mine does wrong and baseline does not
  shortcopy hunt --mend all --time 1h                 every defect mended: all should be silent
  shortcopy hunt --json --time 5m > findings.jsonl    for a machine to read
  shortcopy hunt --format junit > shortcopy.xml       for continuous integration: what is new fails
  shortcopy hunt --format sarif > shortcopy.sarif     for code scanning: known are notes

Each finding is told with its cause: the defects without which it does not come. It is known if the \
registry gives them to the strategy or the filesystem (`shortcopy list defects`). What no defect \
explains, and a defect where nobody knows it, is new, and new findings alone make the exit code 1. \
Cases are written to FINDINGS/DEFECT/, the plainest to FINDINGS/DEFECT.case, and what is unexplained \
to FINDINGS/new/, with every defect mended. What is new, and the first of each defect, is made small; \
`shortcopy shrink` makes any of the others small. Ctrl-C, SIGTERM and SIGHUP end the hunt and keep what was \
found.";

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
    /// On this form of it only, as a case has it; repeatable [default: all that a strategy runs on]
    #[arg(long, value_parser = forms())]
    form: Vec<Form>,
    /// Mend this defect in all runs; `all` means each; repeatable
    #[arg(long, value_name = "DEFECT")]
    mend: Vec<String>,
    /// Tell only what this strategy does not show on the same case
    #[arg(long, value_name = "STRATEGY")]
    against: Option<String>,
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
    /// Add how much was searched to this record, which `shortcopy matrix` reads
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Tell known findings too, while it goes on
    #[arg(long)]
    all: bool,
    /// Count what the search reaches, and show it at the end; slower
    #[arg(long)]
    coverage: bool,
    /// One JSON object a line: each finding, and at last a summary
    #[arg(long)]
    json: bool,
    /// What to print: text, json (the same as --json), junit (new findings fail) or sarif (they are errors, known ones
    /// are notes)
    #[arg(long, value_enum, default_value_t, hide_possible_values = true, conflicts_with = "json")]
    format: Format,
}

impl Arguments {
    fn format(&self) -> Format {
        if self.json { Format::Json } else { self.format }
    }
}

/// Hunts.
pub fn main(arguments: &Arguments) -> Result<Ending, Failure> {
    main_knowing(arguments, Vec::new())
}

/// The same, where the witnesses of a subject make known what they expect of it.
pub fn main_knowing(arguments: &Arguments, witnessed: Vec<Expectation>) -> Result<Ending, Failure> {
    let format = arguments.format();
    if format.is_a_report() && arguments.coverage {
        return Err(Failure::words("--coverage has no place in a report", "shortcopy hunt --coverage --json"));
    }
    let hunt = hunt(arguments, witnessed)?;
    let stop = stop_on_interrupt(Some(arguments.findings.clone()))?;
    whole::remove_left_over(&arguments.findings);
    let seed = hunt.field.seed;
    let json = format == Format::Json;
    if !json {
        let strategies = || counted(hunt.field.tested.len(), "strategy", "strategies");
        let whom = own_subject().map_or_else(strategies, |it| it.name.to_owned());
        let threads = counted(hunt.threads(), "thread", "threads");
        eprintln!("hunting {whom} with seed {seed} in {threads}");
    }
    let tells_all = arguments.all || arguments.against.is_some();
    let mut keeper = Keeper::new(arguments.findings.clone(), json, tells_all);
    let (summary, reached) = hunt.run(&stop, &mut |event| keeper.take(event));
    keeper.progress.finish();
    if summary.unanswered > 0 {
        eprintln!("{}", not_answered(summary.unanswered));
    }
    keeper.keep_plainest();
    if let Some(path) = &arguments.record {
        record(path, &reached.searched)?;
    }
    if let Some(coverage) = &reached.coverage {
        super::coverage::print(coverage, json);
    }
    let strategies = hunt.field.tested.iter().map(|it| it.id()).collect();
    let told = Told { rows: &keeper.rows, troubles: &keeper.troubles, strategies, summary, seed };
    match format {
        Format::Text => {
            screen::lines(&keeper.rows, &reached.sightings, &arguments.findings).into_iter().for_each(say);
            say(line(&summary));
        }
        Format::Json => lines::print_summary(&summary, seed),
        Format::Junit => {
            let report = junit::report(&told);
            say(report.map_err(|error| Failure::trouble(error, "shortcopy hunt --json"))?);
        }
        Format::Sarif => say_json(&sarif::report(&told)),
    }
    if let Some(next) = keeper.next(&summary) {
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

fn hunt(arguments: &Arguments, witnessed: Vec<Expectation>) -> Result<Hunt, Failure> {
    let field = Field {
        tested: tested_or_all(&arguments.strategy)?,
        filesystems: arguments.fs.clone(),
        forms: arguments.form.clone(),
        profile: arguments.profile,
        seed: arguments.seed.unwrap_or_else(|| fastrand::u64(..)),
        coverage: arguments.coverage,
        mends: mends(&arguments.mend)?,
        against: arguments.against.as_deref().map(tested).transpose()?,
        witnessed,
    };
    let field = field.narrowed();
    if field.tested.is_empty() {
        return Err(Failure::words("none of these strategies runs there", "shortcopy list filesystems"));
    }
    if let Some(it) = field.tested.iter().find(|it| it.runs_alone())
        && arguments.jobs.is_some_and(|jobs| jobs > 1)
    {
        let why = format!("{} keeps something in statics, so a hunt has one thread", it.id());
        return Err(Failure::words(why, "shortcopy hunt --jobs 1"));
    }
    let unlimited = arguments.time.is_none() && arguments.cases.is_none();
    let time = if unlimited { Some(Duration::from_secs(60)) } else { arguments.time };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    Ok(Hunt {
        field,
        limits: Limits { cases: arguments.cases, time, findings: arguments.max_findings },
        jobs: arguments.jobs.map_or(cores, usize::from),
    })
}
