//! Measures that all is silent with every defect mended: each strategy on each form, from each seed, so many cases or
//! so long.
//!
//! What was measured stands in a log, and is not measured again; what showed something is kept as a case that
//! `shortcopy why` can tell about. Time is time on the processor.

#[path = "measure/log.rs"]
mod log;
#[path = "measure/thread_time.rs"]
mod thread_time;

use anyhow::{Context, Result};
use case::{Case, Expectation, Filesystem, Form};
use clap::Parser;
use machine::{DefectSet, Strategy};
use oracle::{Checker, Profile};
use serde_json::{Value, json};
use shortcopy::hunt::{Field, Pool, Search, Seen, Sighting, write_whole};
use shortcopy::judge::Signature;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use thread_time::ThreadTime;

/// Measures that all is silent with every defect mended.
#[derive(Parser)]
struct Arguments {
    /// At most so many cases for each strategy, form and seed
    #[arg(long, default_value = "2000000")]
    cases: u64,
    /// At most so long for each
    #[arg(long, default_value = "60s")]
    time: humantime::Duration,
    /// The seed; repeatable
    #[arg(long, default_values = ["1", "2"])]
    seed: Vec<u64>,
    /// Only this strategy; repeatable
    #[arg(long, value_name = "ID")]
    strategy: Vec<String>,
    /// What is promised
    #[arg(long, default_value = "linux", value_parser = profile)]
    profile: Profile,
    /// How many threads
    #[arg(long, default_value = "2")]
    jobs: usize,
    /// Where the log and the cases are
    #[arg(long, value_name = "DIR", default_value = "target/mended")]
    folder: PathBuf,
}

/// A profile by its name.
fn profile(word: &str) -> Result<Profile, String> {
    word.parse().map_err(|()| format!("there is no profile `{word}`"))
}

/// One line of the log, to be measured.
#[derive(Clone, Copy)]
struct Pair {
    strategy: &'static Strategy,
    filesystem: Filesystem,
    form: Form,
    seed: u64,
}

/// What a pair showed first under a signature, and how often it did.
struct Shown {
    case: Case,
    times: u64,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let log = arguments.folder.join("log.jsonl");
    fs::create_dir_all(&arguments.folder)?;
    let done = measured(&log)?;
    let asked = |it: &Pair| arguments.strategy.is_empty() || arguments.strategy.iter().any(|id| id == it.strategy.id);
    let pairs: Vec<Pair> = pairs(&arguments.seed).filter(|it| asked(it) && !done.contains(&it.name())).collect();
    let file = Mutex::new(fs::OpenOptions::new().create(true).append(true).open(&log)?);
    let next = AtomicUsize::new(0);
    let one_by_one = || -> Result<()> {
        while let Some(pair) = pairs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let line = hunt(pair, &arguments)?;
            println!("{line}");
            writeln!(file.lock().unwrap_or_else(PoisonError::into_inner), "{line}")?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..arguments.jobs).map(|_| scope.spawn(one_by_one)).collect();
        workers.into_iter().try_for_each(|it| it.join().map_err(|_| anyhow::anyhow!("a worker panicked"))?)
    })?;
    summarise(&log)
}

/// All there are; one seed after the other, so that what is cut short has been everywhere.
fn pairs(seeds: &[u64]) -> impl Iterator<Item = Pair> {
    seeds.iter().flat_map(|seed| {
        strategies::ALL.iter().flat_map(|strategy| {
            strategy.runs_on().map(|(filesystem, form)| Pair { strategy, filesystem, form, seed: *seed })
        })
    })
}

impl Pair {
    fn name(&self) -> String {
        format!("{}-{}-{}-{}", self.strategy.id, self.filesystem.word(), self.form.word(), self.seed)
    }
}

/// Hunts here, and keeps what shows.
fn hunt(pair: &Pair, arguments: &Arguments) -> Result<Value> {
    let field = Field {
        tested: vec![pair.strategy.into()],
        filesystems: vec![pair.filesystem],
        forms: vec![pair.form],
        profile: arguments.profile,
        ..Field::everything(pair.seed)
    };
    let mut search = Search::new(&field);
    search.mend(DefectSet::ALL);
    let start = ThreadTime::start();
    let is_over = |cases| cases >= arguments.cases || start.elapsed() >= *arguments.time;
    let mut shown: BTreeMap<String, Shown> = BTreeMap::new();
    let mut linux = (arguments.profile != Profile::Linux).then(Checker::new);
    let (mut cases, mut number) = (0, 0);
    while !is_over(cases) {
        let visitor = &mut |sighting: Option<Sighting<'_>>| {
            sighting.into_iter().filter(|it| !is_only_a_quirk(&mut linux, it)).for_each(|it| note(&mut shown, it));
            ControlFlow::Continue(())
        };
        cases += search.batch(number, arguments.cases - cases, &Pool::default(), visitor).cases;
        number += 1;
    }
    for (signature, it) in &shown {
        let name = format!("{}-{}.case", pair.name(), signature.replace(|c: char| !c.is_ascii_alphanumeric(), "_"));
        write_whole(&arguments.folder.join(name), &it.case)?;
    }
    let seconds = start.elapsed().as_secs_f64();
    let shown: BTreeMap<&String, u64> = shown.iter().map(|(signature, it)| (signature, it.times)).collect();
    Ok(json!({"pair": pair.name(), "cases": cases, "seconds": seconds, "shown": shown}))
}

/// Under another profile than `linux`, the machine, which is one, shows what Linux does not promise. Then `linux` has
/// counted it as a quirk.
fn is_only_a_quirk(linux: &mut Option<Checker>, sighting: &Sighting<'_>) -> bool {
    let (Some(linux), Seen::Verdicts(judgement)) = (linux, &sighting.seen) else { return false };
    linux.check(judgement.run.history, Profile::Linux).is_empty() && !linux.quirks().is_empty()
}

/// Counts what a run showed, and keeps its case as it ran if it is the first.
fn note(shown: &mut BTreeMap<String, Shown>, Sighting { case, tested, seen, .. }: Sighting<'_>) {
    let mended = Case { form: tested.form_for(case), mended: vec!["all".to_owned()], ..case.clone() };
    let mut add = |name, case| shown.entry(name).or_insert(Shown { case, times: 0 }).times += 1;
    match seen {
        Seen::Verdicts(judgement) => {
            for verdict in judgement.verdicts {
                let finding = Some((verdict.class.to_string(), None));
                let expectations = vec![Expectation { strategy: tested.id().to_owned(), finding }];
                let schedule = judgement.run.schedule.to_vec();
                let name = Signature::of(case, tested, verdict).to_string();
                add(name, Case { schedule, expectations, ..mended.clone() });
            }
        }
        Seen::Panic { message, schedule } => add(message, Case { schedule: schedule.to_vec(), ..mended }),
    }
}

/// The pairs of the log.
fn measured(log: &Path) -> Result<BTreeSet<String>> {
    log::lines(log)?.iter().map(|it| Ok(it["pair"].as_str().context("a line without a pair")?.to_owned())).collect()
}

/// How much was measured, and where it was not silent.
fn summarise(log: &Path) -> Result<()> {
    let lines = log::lines(log)?;
    let is_silent = |it: &&Value| it["shown"].as_object().is_none_or(serde_json::Map::is_empty);
    let cases: u64 = lines.iter().filter_map(|it| it["cases"].as_u64()).sum();
    let (silent, shown): (Vec<&Value>, Vec<&Value>) = lines.iter().partition(is_silent);
    println!("{cases} cases in {} pairs: {} silent", lines.len(), silent.len());
    for it in shown {
        println!("  {}: {}", it["pair"].as_str().unwrap_or_default(), it["shown"]);
    }
    Ok(())
}
