//! `shortcopy run`: replays cases, and compares what they show with what they expect.

use super::EXIT_CODES;
use super::failure::{Ending, Failure, print_next};
use super::output::{counted, not_answered, say, say_json};
use super::select::{Selected, case_paths, profiles, read_mended_case, tested_for};
use crate::judge::{Judge, Judgement, Signature};
use crate::report;
use crate::under_test::UnderTest;
use crate::witness::{Comparison, compare, of_strategy};
use anstyle::AnsiColor;
use case::Case;
use clap::Args;
use oracle::{Notation, Persistence, Profile, Quirk, QuirkSeen};
use serde_json::json;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  shortcopy run corpus                               every case below a folder
  shortcopy run my.case --strategy all               one case under every strategy that fits
  shortcopy run my.case --mend all                   with every defect mended: it should be silent
  shortcopy run my.case --strategy baseline --json   for a machine to read";

/// Replays cases: their schedule, their strategies, and whether they show what they expect.
#[derive(Args, Debug)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct Arguments {
    /// Case files; a folder means every *.case below it
    #[arg(required = true, value_name = "CASE")]
    cases: Vec<PathBuf>,
    /// Run under this strategy instead of those that the case expects something of; `all` means each that fits;
    /// repeatable
    #[arg(long, value_name = "STRATEGY")]
    strategy: Vec<String>,
    /// Mend this defect too; `all` means each; repeatable
    #[arg(long, value_name = "DEFECT")]
    mend: Vec<String>,
    /// What is promised to readers
    #[arg(long, value_parser = profiles(), default_value = "linux")]
    profile: Profile,
    /// One JSON object a line: one for each case and strategy
    #[arg(long)]
    json: bool,
}

/// Runs the cases; a case that cannot be read does not keep the others from running.
pub fn main(arguments: &Arguments) -> Result<Ending, Failure> {
    let mut judge = Judge::new(arguments.profile);
    let mut ending = Ending::AsExpected;
    // Of one case it is told where; of many only how often.
    let is_one = matches!(&arguments.cases[..], [one] if !one.is_dir());
    let mut tally = Tally { tells_quirks: is_one, ..Tally::default() };
    for path in &arguments.cases {
        let paths = match case_paths(path) {
            Ok(paths) => paths,
            Err(failure) => {
                ending = ending.max(failure.print());
                continue;
            }
        };
        for path in paths {
            let one = read_mended_case(&path, &arguments.mend)
                .and_then(|case| run_case(&mut judge, &case, arguments, &mut tally));
            ending = ending.max(one.unwrap_or_else(|failure| failure.print()));
        }
    }
    if !arguments.json && tally.runs > 1 {
        say(format_args!("{}, {} as expected", counted(tally.runs, "run", "runs"), tally.as_expected));
        let counted = |quirk: &Quirk| (*quirk, judge.exercised().quirk(*quirk));
        let quirks = Quirk::ALL.iter().map(counted).filter(|(_, times)| *times > 0);
        let quirks: Vec<String> = quirks.map(|(quirk, times)| format!("{} {times}", quirk.as_str())).collect();
        if !quirks.is_empty() && !tally.tells_quirks {
            say(format_args!("forgiven: {}", quirks.join(", ")));
        }
    }
    let unanswered = judge.exercised().unanswered();
    if unanswered > 0 {
        eprintln!("{}", not_answered(unanswered));
    }
    if let Some(next) = tally.next {
        print_next(&next);
    }
    Ok(ending)
}

#[derive(Default)]
struct Tally {
    runs: u32,
    as_expected: u32,
    /// Whether it is told of each run where quirks were seen.
    tells_quirks: bool,
    /// What to type about the first run that was not as expected.
    next: Option<String>,
}

fn run_case(
    judge: &mut Judge,
    selected: &Selected,
    arguments: &Arguments,
    tally: &mut Tally,
) -> Result<Ending, Failure> {
    let Selected { path, case } = selected;
    let mut ending = Ending::AsExpected;
    for tested in tested_for(selected, &arguments.strategy)? {
        let judgement = judge.replay(case, tested);
        let found: Vec<Signature> = judgement.verdicts.iter().map(|it| Signature::of(case, tested, it)).collect();
        let comparison = compare(&case.expectations, tested.id(), &found);
        if arguments.json {
            print_line(selected, tested, &found, comparison, judge.quirks());
        } else {
            print_text(selected, tested, judgement, comparison);
            if tally.tells_quirks {
                print_quirks(case, judge.quirks());
            }
        }
        tally.runs += 1;
        tally.as_expected += u32::from(comparison == Comparison::AsExpected);
        if comparison != Comparison::AsExpected {
            let next = || format!("shortcopy explain {} --strategy {}", path.display(), tested.id());
            tally.next.get_or_insert_with(next);
        }
        ending = ending.max(match comparison {
            Comparison::AsExpected => Ending::AsExpected,
            Comparison::Unexpected => Ending::Finding,
            Comparison::Unmet => Ending::Unmet,
        });
    }
    Ok(ending)
}

fn print_line(
    selected: &Selected,
    tested: UnderTest,
    found: &[Signature],
    comparison: Comparison,
    quirks: &[QuirkSeen],
) {
    let findings: Vec<_> = found
        .iter()
        .map(|it| {
            json!({
                "class": it.class.as_str(),
                "persistence": it.persistence.map(Persistence::as_str),
                "rule": it.rule.as_str(),
                "cycle": it.cycle.map(Notation::as_str),
            })
        })
        .collect();
    say_json(&json!({
        "case": selected.path,
        "strategy": tested.id(),
        "fs": tested.strategy().map(|_| selected.case.filesystem.word()),
        "form": tested.form_for(&selected.case).map(case::Form::word),
        "expected": comparison == Comparison::AsExpected,
        "findings": findings,
        "quirks": quirks.iter().map(|it| quirk_object(&selected.case, it)).collect::<Vec<_>>(),
    }));
}

/// A quirk as an object: which, where, and who saw it.
fn quirk_object(case: &Case, it: &QuirkSeen) -> serde_json::Value {
    json!({
        "quirk": it.quirk.as_str(),
        "file": it.file.map(|file| case.files[file.index()].name.to_string()),
        "start": it.start,
        "end": it.end,
        "operation": it.operation.map(|it| it.0),
    })
}

/// What was forgiven, a line each kind: it tells why a case is silent.
fn print_quirks(case: &Case, quirks: &[QuirkSeen]) {
    for quirk in Quirk::ALL {
        let mut places: Vec<String> = Vec::new();
        for it in quirks.iter().filter(|it| it.quirk == *quirk) {
            let file = it.file.map_or("memory", |file| case.files[file.index()].name.as_str());
            let by = it.operation.map_or_else(|| "at rest".to_owned(), |it| format!("by #{}", it.0));
            places.push(format!("{file} {}..{} {by}", it.start, it.end));
        }
        places.dedup();
        if !places.is_empty() {
            say(format_args!("  forgiven: {} in {}", quirk.as_str(), places.join(", ")));
        }
    }
}

fn print_text(selected: &Selected, tested: UnderTest, judgement: Judgement<'_>, comparison: Comparison) {
    let Selected { path, case } = selected;
    let (words, color) = match comparison {
        Comparison::AsExpected => ("as expected", AnsiColor::Green),
        Comparison::Unexpected => ("not expected", AnsiColor::Red),
        Comparison::Unmet => ("expectation not met", AnsiColor::Red),
    };
    let (style, what) = (color.on_default(), what_was_found(judgement));
    say(format_args!("{}: {}: {what}: {style}{words}{style:#}", path.display(), tested.id()));
    if comparison == Comparison::Unmet {
        print_expectations(case, tested);
    }
    if comparison != Comparison::AsExpected {
        for verdict in judgement.verdicts {
            let bold = AnsiColor::Red.on_default().bold();
            say(format_args!("  {bold}{}{bold:#}", report::headline(verdict)));
            for line in report::details(case, judgement.run.history, verdict).lines() {
                say(format_args!("    {line}"));
            }
        }
    }
}

fn what_was_found(judgement: Judgement<'_>) -> String {
    let accepted = judgement.accepted.iter().map(|it| report::headline(it) + " (accepted)");
    let all: Vec<String> = judgement.verdicts.iter().map(report::headline).chain(accepted).collect();
    if all.is_empty() { "silent".to_owned() } else { all.join(", ") }
}

fn print_expectations(case: &Case, tested: UnderTest) {
    for it in of_strategy(&case.expectations, tested.id()) {
        let finding = match &it.finding {
            None => "silent".to_owned(),
            Some((class, None)) => class.clone(),
            Some((class, Some(detail))) => format!("{class} {detail}"),
        };
        say(format_args!("  expected: {finding}"));
    }
}
