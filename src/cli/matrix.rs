//! `shortcopy matrix`: strategies and defects, from the witnesses.

use super::EXIT_CODES;
use super::failure::{Ending, Failure};
use super::output::{counted, say, say_json, terminal_width};
use super::select::{corpus, filesystems, mends, searched_failure, strategies_or_all, witness_failure};
use crate::embargo::Embargo;
use crate::gallery::{Curator, Niche, Rank};
use crate::hunt::caught;
use crate::judge::Judge;
use crate::matrix::{Matrix, WIDTH, Witness, of_filesystems, of_strategies};
use crate::searched::Searched;
use crate::witness::{Comparison, compare};
use case::Filesystem;
use clap::Args;
use machine::{DefectSet, Strategy};
use oracle::Profile;
use serde_json::json;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  shortcopy matrix                                    strategies x defects, filesystems x defects
  shortcopy matrix --strategy temp-page --fs block    one strategy on one filesystem
  shortcopy matrix --check                            replays every witness, and asks for its cause
  shortcopy matrix --json                             one object for each defect in each place

docs/defects.md and docs/filesystem-defects.md say what each defect is, docs/strategies/ what each strategy does.";

/// Shows what is known of each strategy and filesystem: the defects, and whether there is a witness of them.
#[derive(Args, Debug)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct Arguments {
    /// This strategy, and no filesystem's defects; repeatable [default: all]
    #[arg(long, value_name = "STRATEGY")]
    strategy: Vec<String>,
    /// On this filesystem only; repeatable [default: all that a strategy runs on]
    #[arg(long, value_parser = filesystems())]
    fs: Vec<Filesystem>,
    /// Of this defect only, with --json or --check; repeatable [default: all]
    #[arg(long, value_name = "DEFECT")]
    defect: Vec<String>,
    /// Replay every witness, and ask for its cause
    #[arg(long)]
    check: bool,
    /// Where the witnesses and the record of searches are [default: ./corpus if there is one, else what this program
    /// was built with]
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,
    /// One JSON object a line: each defect in each place that is known to have it
    #[arg(long)]
    json: bool,
}

/// What was asked for.
struct Asked {
    strategies: Vec<&'static Strategy>,
    filesystems: Vec<Filesystem>,
    defects: DefectSet,
    /// Whether the defects that are no strategy's count.
    all: bool,
}

impl Asked {
    fn contains(&self, niche: Niche) -> bool {
        let Niche { defect, filesystem, strategy, .. } = niche;
        (self.filesystems.is_empty() || self.filesystems.contains(&filesystem))
            && (self.defects.is_empty() || self.defects.contains(defect))
            && strategy.map_or(self.all, |id| self.strategies.iter().any(|it| it.id == id))
    }
}

/// Shows the matrix.
pub fn main(arguments: &Arguments) -> Result<Ending, Failure> {
    let asked = Asked {
        strategies: strategies_or_all(&arguments.strategy)?,
        filesystems: arguments.fs.clone(),
        defects: mends(&arguments.defect)?,
        all: arguments.strategy.is_empty(),
    };
    let matrix = match corpus(arguments.corpus.as_deref())? {
        Some(folder) => {
            let searched = Searched::load(&folder.join("searched.json")).map_err(|error| searched_failure(&error))?;
            Matrix::load(&folder, searched).map_err(witness_failure)?
        }
        None => Matrix::built_in().map_err(witness_failure)?,
    };
    if arguments.json {
        print_json(&matrix, &asked);
    } else {
        let width = terminal_width().map_or(WIDTH, |it| usize::from(it).min(WIDTH));
        say(of_strategies(&matrix, &asked.strategies, &asked.filesystems, width).trim_end());
        if asked.all {
            say(format_args!("\n{}", of_filesystems(&matrix, &asked.filesystems, width).trim_end()));
        }
    }
    if arguments.check { check(&matrix, &asked, arguments.json) } else { Ok(Ending::AsExpected) }
}

fn print_json(matrix: &Matrix, asked: &Asked) {
    for niche in Niche::all().into_iter().filter(|it| asked.contains(*it)) {
        let witness = matrix.at(niche);
        say_json(&json!({
            "strategy": niche.strategy.or(witness.map(|it| it.strategy)),
            "fs": niche.filesystem.word(),
            "form": niche.form.word(),
            "defect": niche.defect.id(),
            "symptoms": witness.map(Witness::symptoms).unwrap_or_default(),
            "needs": witness.map(|it| &it.needs[..]).unwrap_or_default(),
            "witness": witness.map(|it| &it.path),
        }));
    }
}

/// Replays the witnesses that were asked for: they show what they say, and for the reason that they say.
fn check(matrix: &Matrix, asked: &Asked, json: bool) -> Result<Ending, Failure> {
    let (mut judge, mut curator) = (Judge::new(Profile::Linux), Curator::new(Vec::<Embargo>::new()));
    let (mut ending, mut total) = (Ending::AsExpected, 0);
    for witness in matrix.witnesses.iter().filter(|it| asked.contains(it.niche())) {
        total += 1;
        let failed = caught(|| trouble_with(witness, &mut judge, &mut curator));
        let failed = failed
            .map_err(|panic| Failure::trouble(panic, format!("shortcopy run {}", witness.path.display())))
            .and_then(|it| it)?;
        if let Some(what) = failed {
            ending = Ending::Unmet;
            eprintln!("{}: {what}", witness.path.display());
        }
    }
    if !json {
        let word = if ending == Ending::AsExpected { "all hold" } else { "not all hold" };
        say(format_args!("\n{} replayed: {word}", counted(total, "witness", "witnesses")));
    }
    Ok(ending)
}

fn trouble_with(witness: &Witness, judge: &mut Judge, curator: &mut Curator) -> Result<Option<&'static str>, Failure> {
    let case = &witness.case;
    for strategy in strategies::ALL.iter().filter(|it| witness.shown.iter().any(|shown| shown.strategy == it.id)) {
        if machine::Machine::refusal(case, strategy).is_some() {
            return Ok(Some("a strategy of which it expects something cannot run it"));
        }
        let found: Vec<_> = judge
            .replay(case, strategy)
            .verdicts
            .iter()
            .map(|it| crate::judge::Signature::of(case, strategy, it))
            .collect();
        if compare(&case.expectations, strategy.id, &found) == Comparison::Unmet {
            return Ok(Some("does not show any more what it says"));
        }
        if strategy.id == witness.strategy {
            let shown = curator.shown(case, strategy);
            if Rank::of(witness.defect, case, &shown).is_none() {
                return Ok(Some("shows what it says for another reason"));
            }
        }
    }
    Ok(None)
}
