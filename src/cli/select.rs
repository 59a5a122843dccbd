//! What the arguments select: strategies and subjects by name, cases by path.

use super::failure::Failure;
use super::output::counted;
use super::program;
use crate::cause::mend_too;
use crate::reading;
use crate::searched::SearchedError;
use crate::under_test::{self, UnderTest, own_subject};
use crate::witness::{REAL_KERNEL, WitnessError, case_files, is_for};
use case::{Case, Filesystem, Form, Vocabulary, repair};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use machine::defect::mended_in;
use machine::{Defect, DefectSet, Strategy};
use oracle::{Class, Notation, Persistence, Profile};
use std::path::{Path, PathBuf};

/// Where a corpus is unless somebody names another.
pub const USUAL_CORPUS: &str = "corpus";

/// A case and where it came from.
#[derive(Debug)]
pub struct Selected {
    /// As it was typed, or found below what was typed.
    pub path: PathBuf,
    /// What is in it.
    pub case: Case,
}

/// The values of `--profile`.
pub fn profiles() -> impl TypedValueParser<Value = Profile> {
    let words = Profile::ALL.iter().map(|it| it.as_str());
    PossibleValuesParser::new(words).map(|word| word.parse().unwrap_or(Profile::Linux))
}

/// The values of `--fs`: what the machine has.
pub fn filesystems() -> impl TypedValueParser<Value = Filesystem> {
    let words = machine::BUILT.iter().map(|(it, _)| it.word());
    PossibleValuesParser::new(words).map(|word| Filesystem::from_word(word.as_bytes()).unwrap_or_default())
}

/// The values of `--form`.
pub fn forms() -> impl TypedValueParser<Value = Form> {
    let words = Form::ALL.iter().map(|it| it.word());
    PossibleValuesParser::new(words)
        .map(|word| Form::ALL.into_iter().find(|it| it.word() == word).unwrap_or(Form::ALL[0]))
}

/// What can be run and has this name.
pub fn tested(id: &str) -> Result<UnderTest, Failure> {
    under_test::find(id).ok_or_else(|| match own_subject() {
        Some(own) => Failure::words(format!("this program runs {}, and no `{id}`", own.name), program::help()),
        None => {
            let meant = did_you_mean(id, under_test::all().map(UnderTest::id));
            Failure::words(format!("there is no strategy `{id}`{meant}"), "shortcopy list strategies")
        }
    })
}

/// The defects of these names, `all` being all of them.
pub fn mends(names: &[String]) -> Result<DefectSet, Failure> {
    let mut set = DefectSet::NONE;
    for name in names {
        if name == Case::ALL_MENDED {
            set = DefectSet::ALL;
        } else {
            set.insert(Defect::find(name).ok_or_else(|| no_defect(name))?);
        }
    }
    Ok(set)
}

fn no_defect(name: &str) -> Failure {
    let ids = Defect::ALL.iter().map(|it| it.id()).chain([Case::ALL_MENDED]);
    let meant = did_you_mean(name, ids);
    Failure::words(format!("there is no defect `{name}`{meant}"), "shortcopy list defects")
}

/// `; did you mean this?` of the nearest of these names, if one is near.
fn did_you_mean<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> String {
    let near = names.map(|it| (strsim::damerau_levenshtein(name, it), it));
    let near = near.filter(|(distance, _)| *distance <= 1 + name.len() / 3).min();
    near.map_or_else(String::new, |(_, near)| format!("; did you mean `{near}`?"))
}

/// What has these names, `all` being all that can be run; without names, all.
pub fn tested_or_all(ids: &[String]) -> Result<Vec<UnderTest>, Failure> {
    if ids.is_empty() || ids.iter().any(|it| it == "all") {
        return Ok(under_test::all().collect());
    }
    ids.iter().map(|id| tested(id)).collect()
}

/// The same for a command that is about strategies.
pub fn strategies_or_all(ids: &[String]) -> Result<Vec<&'static Strategy>, Failure> {
    Ok(tested_or_all(ids)?.into_iter().filter_map(UnderTest::strategy).collect())
}

/// What runs a case: what was asked for, else what the case says something about, else all that can run it.
pub fn tested_for(selected: &Selected, ids: &[String]) -> Result<Vec<UnderTest>, Failure> {
    let Selected { path, case } = selected;
    let named: Vec<&str> = match ids {
        [] => case.expectations.iter().map(|it| it.strategy.as_str()).filter(|it| *it != REAL_KERNEL).collect(),
        ids => ids.iter().map(String::as_str).collect(),
    };
    let chosen: Vec<UnderTest> = if named.is_empty() || named.contains(&"all") {
        under_test::all().filter(|it| it.refusal(case).is_none()).collect()
    } else {
        let mut chosen: Vec<UnderTest> = Vec::new();
        for id in named {
            let it = tested(id)?;
            if let Some(why) = it.refusal(case) {
                let why = format!("{} cannot run under {id}: {why}", path.display());
                return Err(Failure::words(why, what_can_be_run()));
            }
            if !chosen.contains(&it) {
                chosen.push(it);
            }
        }
        chosen
    };
    if chosen.is_empty() {
        let why = under_test::all().find_map(|it| it.refusal(case)).unwrap_or_default();
        let nobody = own_subject().map_or_else(|| "no strategy can".to_owned(), |it| format!("{} cannot", it.name));
        return Err(Failure::words(format!("{nobody} run {}: {why}", path.display()), what_can_be_run()));
    }
    Ok(chosen)
}

/// The command that tells what cases can be run.
fn what_can_be_run() -> String {
    if own_subject().is_some() { program::help() } else { "shortcopy list filesystems".to_owned() }
}

/// The same for a command that is about strategies.
pub fn strategies_for(selected: &Selected, ids: &[String]) -> Result<Vec<&'static Strategy>, Failure> {
    Ok(tested_for(selected, ids)?.into_iter().filter_map(UnderTest::strategy).collect())
}

/// What a command about a single run is about: what was asked for, else the first that the case expects something of,
/// else the first that can run it.
pub fn one_tested(selected: &Selected, id: Option<&str>) -> Result<UnderTest, Failure> {
    let ids: Vec<String> = id.map(str::to_owned).into_iter().collect();
    let expects = |it: &&UnderTest| {
        selected.case.expectations.iter().any(|expected| expected.finding.is_some() && is_for(expected, it.id()))
    };
    let all = tested_for(selected, &ids)?;
    all.iter().find(expects).or(all.first()).copied().ok_or_else(no_strategy)
}

/// The same for a command that is about strategies.
pub fn one_strategy(selected: &Selected, id: Option<&str>) -> Result<&'static Strategy, Failure> {
    one_tested(selected, id)?.strategy().ok_or_else(no_strategy)
}

fn no_strategy() -> Failure {
    Failure::words("no strategy", "shortcopy list strategies")
}

/// The paths of the cases that are meant: a folder means all cases below it.
pub fn case_paths(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let files = case_files(path).map_err(witness_failure)?;
    if files.is_empty() {
        return Err(Failure::words(format!("there is no *.case below {}", path.display()), "shortcopy hunt"));
    }
    Ok(files)
}

/// The names that a case can have in it.
fn vocabulary() -> Vocabulary<'static> {
    let cycles = [Notation::SamePage, Notation::Crosswise, Notation::MmapSem, Notation::Other];
    let persistences = Persistence::ALL.iter().map(|it| it.as_str());
    Vocabulary {
        strategies: under_test::all().map(UnderTest::id).chain([REAL_KERNEL]).collect(),
        classes: Class::ALL.iter().map(|it| it.as_str()).collect(),
        details: persistences.chain(cycles.map(Notation::as_str)).collect(),
        defects: Defect::ALL.iter().map(|it| it.id()).collect(),
    }
}

/// Whether there is a corpus where one is looked for. Where nobody named it, it is only said that there is none.
pub fn look_for_corpus(corpus: &Path) -> Result<(), Failure> {
    if corpus.is_dir() {
        return Ok(());
    }
    if corpus == Path::new(USUAL_CORPUS) {
        eprintln!(
            "there is no folder `{USUAL_CORPUS}` here: nothing is known but what is built in; --corpus names another"
        );
        return Ok(());
    }
    Err(Failure::words(format!("there is no folder {} for --corpus", corpus.display()), program::help()))
}

/// Reads a case: a `.case` file strictly, since people write them; any other file is an engine's input, and a case
/// whatever is in it, the same that a fuzz target makes of it.
pub fn read_case(path: &Path) -> Result<Selected, Failure> {
    let name = path.display().to_string();
    let system = |error| Failure::system(error, format!("cannot read {name}"), program::help());
    let case = if path.extension().is_some_and(|it| it == "case") {
        let text = reading::read_text(path).map_err(system)?;
        Case::parse_known(&name, &text, &vocabulary())
            .map_err(|error| Failure::usage(error, format!("$EDITOR {name} && shortcopy run {name}")))?
    } else {
        let decoded = repair::decode(&reading::read(path).map_err(system)?);
        if decoded.repaired > 0 {
            eprintln!("{name}: an engine's input, repaired in {}", counted(decoded.repaired, "place", "places"));
        }
        decoded.case
    };
    if let Err(name) = mended_in(&case) {
        // A fuzzing engine made it up.
        return Err(Failure::words(
            format!("{}: there is no defect `{name}` to mend", path.display()),
            "shortcopy list defects",
        ));
    }
    Ok(Selected { path: path.to_owned(), case })
}

/// The same, with these defects mended too.
pub fn read_mended_case(path: &Path, names: &[String]) -> Result<Selected, Failure> {
    let defects = mends(names)?;
    let mut selected = read_case(path)?;
    mend_too(&mut selected.case, defects);
    Ok(selected)
}

/// The corpus that is meant: the one given, else `./corpus` if it has witnesses; without, what the program was built
/// with.
pub fn corpus(given: Option<&Path>) -> Result<Option<PathBuf>, Failure> {
    match given {
        Some(folder) if !folder.is_dir() => {
            let why = format!("there is no folder {}", folder.display());
            Err(Failure::words(why, format!("shortcopy corpus unpack --to {}", quoted(folder))))
        }
        Some(folder) => Ok(Some(folder.to_owned())),
        None => Ok(Some(PathBuf::from("corpus")).filter(|it| it.join("witness").is_dir())),
    }
}

fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    shlex::try_quote(&path).map_or_else(|_| path.clone(), Into::into)
}

/// What to say when a record of searches cannot be read.
pub fn searched_failure(error: &SearchedError) -> Failure {
    let path = match error {
        SearchedError::Read { path, .. } | SearchedError::Parse { path, .. } => path.display(),
    };
    Failure::words(error, format!("shortcopy hunt --record {path}"))
}

/// What to say when cases below a folder cannot be read.
pub fn witness_failure(error: WitnessError) -> Failure {
    match error {
        WitnessError::Read { path, source } => {
            Failure::system(source, format!("cannot read {}", path.display()), program::help())
        }
        WitnessError::Embargo(error) => Failure::words(error, "$EDITOR corpus/embargo.json"),
        WitnessError::Parse(error) => Failure::usage(*error, "shortcopy run corpus/witness"),
    }
}
