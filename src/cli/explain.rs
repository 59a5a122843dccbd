//! `shortcopy explain`: one run of one case, step by step.

use super::EXIT_CODES;
use super::failure::{Ending, Failure};
use super::output::{say, say_json, terminal_width};
use super::select::{one_tested, profiles, read_mended_case};
use crate::explain::{explain, page, render};
use crate::judge::{Judge, Signature};
use crate::whole;
use crate::witness::{Comparison, compare};
use clap::Args;
use oracle::Profile;
use serde_json::json;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  shortcopy explain my.case                          under the strategy that it is about
  shortcopy explain my.case --strategy temp-page     under another
  shortcopy explain my.case --mend all               with every defect mended
  shortcopy explain my.case --html run.html          as a web page, to attach to a message

One column a task; one row a step. PL(a:0) is the lock of page 0 of file a, IM(a) the i_mutex of \
the file, MS(0) the mmap_sem of address space 0, as in the thread that the strategies come from.";

/// Columns of text where there is no terminal to ask.
const USUAL_WIDTH: u16 = 160;

/// Explains a run: who did what at which step, and what was wrong with it.
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
    /// Write a web page instead
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Explains the case.
pub fn main(arguments: &Arguments) -> Result<Ending, Failure> {
    let selected = read_mended_case(&arguments.case, &arguments.mend)?;
    let tested = one_tested(&selected, arguments.strategy.as_deref())?;
    let mut judge = Judge::recording(arguments.profile);
    let judgement = judge.replay(&selected.case, tested);
    let found: Vec<Signature> = judgement.verdicts.iter().map(|it| Signature::of(&selected.case, tested, it)).collect();
    let explanation = explain(&selected.case, tested, judgement);
    if let Some(path) = &arguments.html {
        let title = format!("{} under {}", selected.path.display(), tested.id());
        let name = path.display();
        whole::write(path, page(&explanation, &title).as_bytes()).map_err(|error| {
            Failure::system(
                error,
                format!("cannot write {name}"),
                format!("shortcopy explain {}", selected.path.display()),
            )
        })?;
    }
    if arguments.json {
        say_json(&json!({"path": selected.path, "html": arguments.html, "explanation": explanation}));
    } else if let Some(path) = &arguments.html {
        say(path.display());
    } else {
        say(render(&explanation, terminal_width().unwrap_or(USUAL_WIDTH)).trim_end());
    }
    Ok(match compare(&selected.case.expectations, tested.id(), &found) {
        Comparison::AsExpected => Ending::AsExpected,
        Comparison::Unexpected => Ending::Finding,
        Comparison::Unmet => Ending::Unmet,
    })
}
