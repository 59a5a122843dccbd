//! `shortcopy why`: the cause of what a case shows.

use super::EXIT_CODES;
use super::failure::{Ending, Failure, print_next};
use super::output::{say, say_json};
use super::select::{Selected, one_strategy, profiles, read_mended_case};
use crate::cause::{Cause, Inquiry, Need, Parting, is_known_finding, needs, parting};
use crate::explain::Told;
use crate::judge::{Judge, Signature};
use crate::report;
use anstyle::AnsiColor;
use case::Case;
use clap::Args;
use machine::defect::Record;
use machine::{Defect, DefectSet, Strategy};
use oracle::{Profile, Verdict};
use serde_json::json;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  shortcopy why my.case                              the cause of each finding
  shortcopy why my.case --strategy temp-page         under another strategy
  shortcopy why my.case --mend DEFECT                with this mended: what is left, and why
  shortcopy why my.case --json                       for a machine to read

The case is run with every defect mended, under its own schedule and a portfolio of others. What \
stays is unexplained. What goes has as its cause the smallest sets of defects without which it does \
not come.";

/// Tells the cause of each finding of a case: the defects without which it does not come.
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
    /// One JSON object a line: one for each finding
    #[arg(long)]
    json: bool,
}

/// A finding and all that is told of it.
struct Reason {
    signature: Signature,
    sentence: String,
    cause: Cause,
    new: bool,
    needs: Vec<Need>,
    /// Where the posted run and the one without the first alternative part.
    parting: Option<Parting>,
    /// Of what is unexplained, whether it stays under the case's own schedule.
    stays_here: bool,
}

/// Tells why.
pub fn main(arguments: &Arguments) -> Result<Ending, Failure> {
    let selected = read_mended_case(&arguments.case, &arguments.mend)?;
    let strategy = one_strategy(&selected, arguments.strategy.as_deref())?;
    let told = told(&selected.case, strategy, arguments.profile);
    if arguments.json {
        told.iter().for_each(|it| print_line(&selected, it));
    } else {
        let case = &selected.case;
        let form = strategy.form_for(case).map_or("", case::Form::word);
        let path = selected.path.display();
        say(format_args!("{path} under {} on {} {form}", strategy.id, case.filesystem.word()));
        if told.is_empty() {
            say("Nothing is wrong with this run.");
        }
        told.iter().for_each(print_text);
        if !told.is_empty() {
            print_next(&format!("shortcopy explain {path} --strategy {}", strategy.id));
        }
    }
    Ok(if told.iter().any(|it| it.new) { Ending::Finding } else { Ending::AsExpected })
}

fn told(case: &Case, strategy: &'static Strategy, profile: Profile) -> Vec<Reason> {
    let verdicts: Vec<Verdict> = Judge::new(profile).replay(case, strategy).verdicts.to_vec();
    let mut inquiry = Inquiry::new(profile);
    let mut told: Vec<Reason> = Vec::new();
    for verdict in &verdicts {
        let signature = Signature::of(case, strategy, verdict);
        if told.iter().any(|it| it.signature == signature) {
            continue;
        }
        let cause = inquiry.cause(case, strategy, &signature);
        told.push(Reason {
            signature,
            sentence: report::sentence(case, verdict).trim_end().replace('\n', " "),
            new: !is_known_finding(&cause, &signature),
            needs: needs(case),
            parting: cause.sets().first().and_then(|it| parting(case, strategy, *it)),
            stays_here: inquiry.stays_here(case, strategy, &signature).is_some(),
            cause,
        });
    }
    told
}

fn print_line(Selected { path, .. }: &Selected, it: &Reason) {
    say_json(&json!({
        "case": path,
        "strategy": it.signature.strategy,
        "finding": it.signature,
        "cause": it.cause,
        "new": it.new,
        "needs": it.needs,
        "parts_at_step": it.parting.as_ref().map(|it| it.step),
    }));
}

fn print_text(it: &Reason) {
    let (style, word) =
        if it.new { (AnsiColor::Red.on_default(), "new") } else { (AnsiColor::Yellow.on_default(), "known") };
    say(format_args!("\n{}: {style}{word}{style:#}", it.signature));
    say(format_args!("  {}", it.sentence));
    if it.cause.is_unexplained() {
        let how = if it.stays_here { "" } else { ", under another schedule" };
        say(format_args!("  unexplained: it stays with every defect mended{how}"));
    }
    for (number, set) in it.cause.sets().iter().enumerate() {
        print_alternative(*set, number > 0);
    }
    if let Some(Parting { step, posted, mended }) = &it.parting {
        say(format_args!("  at step {step} the posted run and the mended one part:"));
        say(format_args!("    posted: {}", in_words(posted.as_ref())));
        say(format_args!("    mended: {}", in_words(mended.as_ref())));
    }
    let needs: Vec<&str> = it.needs.iter().map(|it| it.as_str()).collect();
    say(format_args!("  needs: {}", if needs.is_empty() { "nothing".to_owned() } else { needs.join(", ") }));
}

fn print_alternative(set: DefectSet, is_another: bool) {
    for (number, defect) in set.iter().enumerate() {
        let word = match (number, is_another) {
            (0, false) => "cause",
            (0, true) => "or",
            _ => "with",
        };
        print_defect(word, defect);
    }
}

fn print_defect(word: &str, defect: Defect) {
    let Record { id, what, mend, place, by, named, since, until, .. } = defect.record();
    let style = AnsiColor::Cyan.on_default();
    say(format_args!("  {word}: {style}{id}{style:#}"));
    say(format_args!("    {what}"));
    say(format_args!("    place: {place}"));
    say(format_args!("    by: {by}"));
    say(format_args!("    named first: {named}"));
    say(format_args!("    since: {since}; until: {until}"));
    say(format_args!("    mend: {mend}"));
}

fn in_words(told: Option<&Told>) -> String {
    told.map_or_else(|| "nothing more".to_owned(), |it| format!("step {}, {} {}", it.step, it.runner, it.what))
}
