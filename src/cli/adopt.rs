//! `shortcopy adopt`: takes findings into the gallery of witnesses.

use super::EXIT_CODES;
use super::failure::{Ending, Failure};
use super::output::{say, say_json};
use super::select::{Selected, case_paths, read_case, strategies_for, witness_failure};
use clap::Args;
use oracle::Profile;
use serde_json::json;
use shortcopy::embargo::Embargo;
use shortcopy::gallery::Exhibit;
use shortcopy::hunt::{caught, write_whole};
use shortcopy::judge::Judge;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  shortcopy adopt findings                           everything that a hunt found
  shortcopy adopt my.case --corpus my-corpus/witness one case, into another corpus

A witness is the smallest known case for its strategy, filesystem, class and detail. Where there is one already, the
smaller of the two stays. What has a witness is known: hunts and fuzz targets do not report it as new any more. So look at
each before you adopt it: `shortcopy explain CASE`.

What embargo.json beside the folder of witnesses holds back is not adopted: it is there on a real kernel too.";

/// Takes findings into the gallery of witnesses: shrunk, with what they show and the story of it.
#[derive(Args, Debug)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct Arguments {
    /// Case files, or folders of them
    #[arg(value_name = "CASE", required = true)]
    cases: Vec<PathBuf>,
    /// The folder of witnesses
    #[arg(long, value_name = "FOLDER", default_value = "corpus/witness")]
    corpus: PathBuf,
    /// One JSON object for each case that is read
    #[arg(long)]
    json: bool,
}

/// What became of a case.
enum Fate {
    /// It shows nothing.
    Silent,
    /// It is a witness now: there was none, or a larger one.
    Adopted(PathBuf),
    /// There is one as small.
    Known(PathBuf),
    /// It may not be published.
    HeldBack,
}

/// Adopts the cases.
pub fn main(arguments: &Arguments) -> Result<Ending, Failure> {
    let mut judge = Judge::new(Profile::Linux);
    let embargoes = Embargo::load(arguments.corpus.parent().unwrap_or(&arguments.corpus));
    let embargoes = embargoes.map_err(|error| witness_failure(error.into()))?;
    let mut paths = Vec::new();
    for path in &arguments.cases {
        paths.extend(case_paths(path)?);
    }
    let (mut adopted, mut known, mut held_back) = (0, 0, 0);
    for path in paths {
        let selected = read_case(&path)?;
        for strategy in strategies_for(&selected, &[])? {
            let fate = adopt(&selected, strategy, &arguments.corpus, &embargoes, &mut judge)?;
            let (word, witness) = match &fate {
                Fate::Silent => ("silent", None),
                Fate::Adopted(witness) => ("adopted", Some(witness)),
                Fate::Known(witness) => ("known", Some(witness)),
                Fate::HeldBack => ("held back", None),
            };
            adopted += u32::from(matches!(fate, Fate::Adopted(_)));
            known += u32::from(matches!(fate, Fate::Known(_)));
            held_back += u32::from(matches!(fate, Fate::HeldBack));
            if arguments.json {
                say_json(&json!({ "case": path, "strategy": strategy.id, "fate": word, "witness": witness }));
            } else if let Fate::Adopted(witness) = &fate {
                say(witness.display());
            }
        }
    }
    let held_back = if held_back == 0 { String::new() } else { format!(", {held_back} held back") };
    eprintln!("{adopted} adopted, {known} known already{held_back}");
    Ok(Ending::AsExpected)
}

fn adopt(
    selected: &Selected,
    strategy: &'static machine::Strategy,
    corpus: &Path,
    embargoes: &[Embargo],
    judge: &mut Judge,
) -> Result<Fate, Failure> {
    let path = selected.path.display();
    let trouble =
        |why: &dyn std::fmt::Display| Failure::trouble(format!("{path}: {why}"), format!("shortcopy run {path}"));
    let exhibit = match caught(|| Exhibit::of(&selected.case, strategy, judge)) {
        Ok(Ok(exhibit)) => exhibit,
        Ok(Err(why)) => return Err(trouble(&why)),
        Err(panic) => return Err(trouble(&panic)),
    };
    let Some(exhibit) = exhibit else { return Ok(Fate::Silent) };
    if embargoes.iter().any(|it| it.covers(&exhibit.signature) || it.is_shown_by(&exhibit.case)) {
        return Ok(Fate::HeldBack);
    }
    let place = corpus.join(exhibit.place());
    if place.exists() && !exhibit.is_less_than(&read_case(&place)?.case) {
        return Ok(Fate::Known(place));
    }
    let written = write_whole(&place, &exhibit.case);
    let about = format!("cannot write {}", place.display());
    written
        .map(|()| Fate::Adopted(place))
        .map_err(|error| Failure::system(error, about, format!("shortcopy adopt {path}")))
}
