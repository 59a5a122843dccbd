//! `shortcopy adopt`: takes findings into the gallery of witnesses.

use super::EXIT_CODES;
use super::failure::{Ending, Failure};
use super::output::{say, say_json};
use super::program;
use super::select::{case_paths, read_case, strategies_for, strategies_or_all, witness_failure};
use crate::embargo::Embargo;
use crate::gallery::{Company, Fate, Gathering, Niche, search, spread};
use crate::hunt::{caught, write_whole};
use crate::matrix::Matrix;
use crate::searched::Searched;
use clap::Args;
use machine::{Defect, Machine, Strategy};
use serde_json::json;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  shortcopy adopt findings                           everything that a hunt found
  shortcopy adopt findings --strategy all            the same under all strategies that fit
  shortcopy adopt my.case --corpus my-corpus/witness one case, into another corpus
  shortcopy adopt --search 100000                    looks for what has no witness, or no plain one

There is one witness for each defect, in each place that the registry knows to have it: the smallest case, if \
possible one that needs no fault and shows nothing else. Where there is one already, the better of the two stays. \
What is found where the registry does not know it is no witness: it is new, and `--new FOLDER` keeps it.

What embargo.json beside the folder of witnesses holds back is not adopted: it is there on a real kernel too.";

/// Takes findings into the gallery of witnesses: by cause, shrunk, with what they show and the story of it.
#[derive(Args, Debug)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct Arguments {
    /// Case files, or folders of them
    #[arg(value_name = "CASE", required_unless_present = "search")]
    cases: Vec<PathBuf>,
    /// Under this strategy, if a case fits it; `all` means each; repeatable [default: those that a case expects
    /// something of]
    #[arg(long, value_name = "STRATEGY")]
    strategy: Vec<String>,
    /// The folder of witnesses
    #[arg(long, value_name = "FOLDER", default_value = "corpus/witness")]
    corpus: PathBuf,
    /// Afterwards search for what has no plain witness yet: so many runs for each defect and strategy
    #[arg(long, value_name = "RUNS")]
    search: Option<u64>,
    /// Of this defect only; repeatable [default: all]
    #[arg(long, value_name = "DEFECT", requires = "search")]
    defect: Vec<String>,
    /// Where the randomness of the search comes from
    #[arg(long, value_name = "NUMBER", default_value_t = 1, requires = "search")]
    seed: u64,
    /// Keep what is not known in this folder
    #[arg(long, value_name = "FOLDER")]
    new: Option<PathBuf>,
    /// One JSON object for each witness that is looked at
    #[arg(long)]
    json: bool,
}

/// What became of all that was looked at.
#[derive(Default)]
struct Counts {
    adopted: u32,
    known: u32,
    held_back: u32,
    new: u32,
    failure: Option<Failure>,
}

/// Adopts the cases.
pub fn main(arguments: &Arguments) -> Result<Ending, Failure> {
    let embargoes = Embargo::load(arguments.corpus.parent().unwrap_or(&arguments.corpus));
    let embargoes = embargoes.map_err(|error| witness_failure(error.into()))?;
    let defects = super::select::mends(&arguments.defect)?;
    let mut gathering = Gathering::new(&arguments.corpus, embargoes);
    let mut counts = Counts::default();
    let mut paths = Vec::new();
    for path in &arguments.cases {
        paths.extend(case_paths(path)?);
    }
    for path in &paths {
        look_at(path, arguments, &mut gathering)?;
    }
    settle(&mut gathering, arguments.json, &mut counts);
    for defect in Defect::ALL.iter().filter(|it| defects.is_empty() || defects.contains(**it)) {
        if let Some(runs) = arguments.search {
            spread(&mut gathering, *defect);
            settle(&mut gathering, arguments.json, &mut counts);
            for company in [Company::Alone, Company::Others] {
                search(&mut gathering, *defect, company, runs, arguments.seed);
                settle(&mut gathering, arguments.json, &mut counts);
            }
        }
    }
    settle_claims(&mut gathering, arguments, &mut counts)?;
    let unexplained = gathering.unexplained;
    tell_unknown(&mut gathering, arguments, &mut counts)?;
    if let Some(failure) = counts.failure {
        return Err(failure);
    }
    let Counts { adopted, known, held_back, new, .. } = counts;
    eprintln!("{adopted} adopted, {known} not better, {held_back} held back, {new} new, {unexplained} unexplained");
    Ok(if new > 0 || unexplained > 0 { Ending::Finding } else { Ending::AsExpected })
}

/// Looks at a case under the strategies that were asked for.
fn look_at(path: &Path, arguments: &Arguments, gathering: &mut Gathering) -> Result<(), Failure> {
    let selected = read_case(path)?;
    let fits = |it: &&'static Strategy| Machine::refusal(&selected.case, it).is_none();
    let strategies: Vec<&'static Strategy> = if arguments.strategy.is_empty() {
        strategies_for(&selected, &[])?
    } else {
        strategies_or_all(&arguments.strategy)?.into_iter().filter(fits).collect()
    };
    for strategy in strategies {
        let before = gathering.unexplained;
        let looked = caught(|| gathering.look_at(&selected.case, strategy).len());
        let path = path.display();
        if gathering.unexplained > before {
            let id = strategy.id;
            let next = program::typed(&format!("shortcopy explain --strategy {id} {path}"));
            eprintln!(
                "new: {path} under {id}: it stays with every defect mended, so the oracle or the machine may be wrong \
                 rather than {id}; look first: {next}"
            );
        }
        looked.map_err(|panic| Failure::trouble(format!("{path}: {panic}"), format!("shortcopy run {path}")))?;
    }
    Ok(())
}

fn settle(gathering: &mut Gathering, json: bool, counts: &mut Counts) {
    gathering.settle(&mut |niche, path, fate| {
        let word = match fate {
            Fate::Adopted => "adopted",
            Fate::Known => "known",
            Fate::HeldBack => "held back",
            Fate::Irreducible(_) => "irreducible",
            Fate::Unwritten(_) => "not written",
        };
        counts.adopted += u32::from(matches!(fate, Fate::Adopted));
        counts.known += u32::from(matches!(fate, Fate::Known));
        counts.held_back += u32::from(matches!(fate, Fate::HeldBack));
        let shown = path.display();
        match fate {
            Fate::Irreducible(why) => eprintln!("{shown}: a candidate is left out: {why}"),
            Fate::Unwritten(error) => {
                let failure = Failure::words(format!("cannot write {shown}: {error}"), "shortcopy adopt --help");
                counts.failure.get_or_insert(failure);
            }
            Fate::Adopted if !json => say(shown),
            Fate::Adopted | Fate::Known | Fate::HeldBack => {}
        }
        if json {
            say_json(&json!({
                "defect": niche.defect.id(), "fs": niche.filesystem.word(), "form": niche.form.word(),
                "strategy": niche.strategy, "fate": word, "witness": path,
            }));
        }
    });
}

/// What shows for a claim of the thread, or against it, and no witness does.
fn settle_claims(gathering: &mut Gathering, arguments: &Arguments, counts: &mut Counts) -> Result<(), Failure> {
    let corpus = arguments.corpus.parent().unwrap_or(&arguments.corpus);
    let matrix = Matrix::load(corpus, Searched::default()).map_err(witness_failure)?;
    let has_a_witness = |strategy: &Strategy, evidence| matrix.showing(strategy, evidence).is_some();
    let adopted = gathering.settle_claims(&has_a_witness);
    let about = format!("cannot write below {}", arguments.corpus.display());
    for path in adopted.map_err(|error| Failure::system(error, about, "shortcopy adopt --help"))? {
        counts.adopted += 1;
        if !arguments.json {
            say(path.display());
        }
    }
    Ok(())
}

/// What was found where the registry does not know it.
fn tell_unknown(gathering: &mut Gathering, arguments: &Arguments, counts: &mut Counts) -> Result<(), Failure> {
    for (niche, case) in gathering.unknown() {
        counts.new += 1;
        let Niche { defect, filesystem, form, strategy } = niche;
        let path = arguments.new.as_ref().map(|it| it.join(niche.path()));
        if let Some(path) = &path {
            let about = format!("cannot write {}", path.display());
            write_whole(path, &case).map_err(|error| Failure::system(error, about, "shortcopy adopt --help"))?;
        }
        let place = format!("{} {}", filesystem.word(), form.word());
        eprintln!("new: {defect} under {} on {place}: the registry does not know it there", strategy.unwrap_or("all"));
    }
    Ok(())
}
