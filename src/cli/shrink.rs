//! `shortcopy shrink`: makes a case as small as it goes.

use super::EXIT_CODES;
use super::failure::{Ending, Failure};
use super::output::{counted, say, say_json};
use super::select::{one_tested, profiles, read_mended_case};
use crate::hunt::{caught, write_whole};
use crate::judge::{Judge, Signature};
use crate::reduce::reduce;
use crate::witness::is_met_by;
use case::Case;
use clap::Args;
use oracle::Profile;
use serde_json::json;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  shortcopy shrink my.case                           the small case on standard output
  shortcopy shrink my.case -o small.case             into a file
  shortcopy shrink my.case --strategy baseline       what it shows under this strategy

A smaller case counts only if it shows the same: strategy, filesystem, class, rule, persistence and cycle.";

/// Makes a case as small as it goes, with its schedule, and writes down what it shows.
#[derive(Args, Debug)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct Arguments {
    /// The case file
    #[arg(value_name = "CASE")]
    case: PathBuf,
    /// The strategy [default: the first that the case expects something of, else the first that fits]
    #[arg(long, value_name = "STRATEGY")]
    strategy: Option<String>,
    /// Mend this defect too; `all` means each; repeatable
    #[arg(long, value_name = "DEFECT")]
    mend: Vec<String>,
    /// What is promised to readers
    #[arg(long, value_parser = profiles(), default_value = "linux")]
    profile: Profile,
    /// Write the case to this file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Shrinks the case.
pub fn main(arguments: &Arguments) -> Result<Ending, Failure> {
    let selected = read_mended_case(&arguments.case, &arguments.mend)?;
    let (path, case) = (selected.path.display(), &selected.case);
    let tested = one_tested(&selected, arguments.strategy.as_deref())?;
    let mut judge = Judge::new(arguments.profile);
    let verdicts = judge.replay(case, tested).verdicts;
    let shown: Vec<Signature> = verdicts.iter().map(|it| Signature::of(case, tested, it)).collect();
    // What the case is there for, if it says so; else the worst that it shows.
    let expected = case.expectations.iter().find_map(|it| shown.iter().find(|signature| is_met_by(it, signature)));
    let Some(wanted) = expected.or(shown.first()) else {
        let words =
            format!("{path} shows nothing under {}: there is nothing to keep while it gets smaller", tested.id());
        return Err(Failure::words(words, format!("shortcopy run {path} --strategy all")));
    };
    let reduced = caught(|| reduce(&mut judge, case, tested, wanted, &mut |_| {}));
    let small = match reduced {
        Ok(Ok(small)) => small,
        Ok(Err(why)) => return Err(Failure::trouble(why, format!("shortcopy run {path}"))),
        Err(panic) => return Err(Failure::trouble(panic, format!("shortcopy run {path}"))),
    };
    write(arguments, case, &small, wanted)
}

fn write(arguments: &Arguments, case: &Case, small: &Case, wanted: &Signature) -> Result<Ending, Failure> {
    if let Some(path) = &arguments.output {
        let (name, input) = (path.display(), arguments.case.display());
        write_whole(path, small).map_err(|error| {
            Failure::system(error, format!("cannot write {name}"), format!("shortcopy shrink {input}"))
        })?;
    }
    let operations = |case: &Case| case.tasks.iter().map(|task| task.operations.len()).sum::<usize>();
    if arguments.json {
        say_json(&json!({
            "case": arguments.case,
            "output": arguments.output,
            "shows": wanted,
            "operations": operations(small),
            "minimal": small.minimal,
            "text": small.print(),
        }));
    } else {
        if arguments.output.is_none() {
            say(small.print().trim_end());
        }
        let small = counted(operations(small), "operation", "operations");
        eprintln!("{wanted}: {small}, {} before", operations(case));
    }
    Ok(Ending::AsExpected)
}
