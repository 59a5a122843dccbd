//! `shortcopy corpus`: collections of cases, on their way to a fuzzing engine and back.

use super::EXIT_CODES;
use super::failure::{Ending, Failure};
use super::interrupt::stop_on_interrupt;
use super::output::{counted, say, say_json};
use super::progress::Steps;
use super::select::look_for_corpus;
use crate::corpus::{
    Chosen, Entry, Fate, Progress, SET_ASIDE, descriptive_name, dictionary, entries, migrate, minimise, pack, unpack,
};
use crate::hunt::write_whole;
use crate::whole;
use case::{Case, repair};
use clap::{Args, Subcommand};
use serde_json::json;
use std::collections::BTreeSet;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

const EXAMPLES: &str = "\
Examples:
  shortcopy corpus pack corpus/seed --to strategies_seed_corpus.zip   seeds for an engine
  shortcopy corpus take fuzz/corpus/strategies --to corpus/seed       what an engine found worth keeping
  shortcopy corpus minimise fuzz/corpus/strategies --to smaller       the same with fewer and smaller cases
  shortcopy corpus unpack --to corpus                                 the witnesses that this program was built with
  shortcopy corpus migrate corpus --check                             what is not of this version of the format";

/// Packs cases for a fuzzing engine, takes an engine's corpus back, minimises and migrates.
#[derive(Args, Debug)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Makes a flat archive of cases, each once, as engines want their seeds
    #[command(after_help = EXIT_CODES)]
    Pack {
        #[command(flatten)]
        from: From,
        /// The archive to write
        #[arg(long, value_name = "FILE.zip")]
        to: PathBuf,
    },
    /// Takes an engine's inputs back as named, small text: those that make something happen which the cases of
    /// `--corpus` do not
    #[command(after_help = EXIT_CODES)]
    Take {
        #[command(flatten)]
        from: From,
        /// The folder for what is taken
        #[arg(long, value_name = "FOLDER")]
        to: PathBuf,
        /// The cases that are there already
        #[arg(long, value_name = "FOLDER", default_value = "corpus")]
        corpus: PathBuf,
    },
    /// Chooses the fewest and smallest cases that together make everything happen, and makes them smaller
    #[command(after_help = EXIT_CODES)]
    Minimise {
        #[command(flatten)]
        from: From,
        /// The folder for what is chosen
        #[arg(long, value_name = "FOLDER")]
        to: PathBuf,
    },
    /// Writes the cases and lists that this program was built with, for whoever has no checkout
    Unpack {
        /// The folder to write them below
        #[arg(long, value_name = "FOLDER")]
        to: PathBuf,
    },
    /// Writes down the words of cases as a dictionary for an engine
    #[command(after_help = EXIT_CODES)]
    Dictionary {
        #[command(flatten)]
        from: From,
        /// The dictionary to write
        #[arg(long, value_name = "FILE.dict")]
        to: PathBuf,
    },
    /// Rewrites cases of another version of the format, or damaged ones, and reports which were kept, repaired and lost
    #[command(after_help = EXIT_CODES)]
    Migrate {
        #[command(flatten)]
        from: From,
        /// Only report
        #[arg(long)]
        check: bool,
    },
}

#[derive(Args, Debug)]
struct From {
    /// Files, or folders of them, with any extension or none
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// JSON objects instead of words
    #[arg(long)]
    json: bool,
}

/// Does what is asked for.
pub fn main(arguments: &Arguments) -> Result<Ending, Failure> {
    match &arguments.action {
        Action::Pack { from, to } => pack_into(from, to),
        Action::Dictionary { from, to } => write_dictionary(from, to),
        Action::Unpack { to } => unpack_into(to),
        Action::Take { from, to, corpus } => choose(from, to, Some(corpus)),
        Action::Minimise { from, to } => choose(from, to, None),
        Action::Migrate { from, check } => migrate_in_place(from, *check),
    }
}

fn read(paths: &[PathBuf]) -> Result<Vec<Entry>, Failure> {
    let read = entries(paths).map_err(|(path, error)| {
        Failure::system(error, format!("cannot read {}", path.display()), "shortcopy corpus --help")
    })?;
    if read.is_empty() {
        let paths: Vec<String> = paths.iter().map(|it| it.display().to_string()).collect();
        return Err(Failure::words(format!("there is no input below {}", paths.join(", ")), "shortcopy hunt"));
    }
    Ok(read)
}

fn pack_into(from: &From, to: &Path) -> Result<Ending, Failure> {
    let read = read(&from.paths)?;
    let packed = pack(&read, to).map_err(|error| {
        Failure::system(std::io::Error::other(error), format!("cannot write {}", to.display()), "df -h .")
    })?;
    if from.json {
        say_json(&json!({ "archive": to, "read": read.len(), "packed": packed }));
    } else {
        let inputs = counted(read.len(), "input", "inputs");
        say(format!("{}: {packed} of {inputs}, each once", to.display()));
    }
    Ok(Ending::AsExpected)
}

fn unpack_into(to: &Path) -> Result<Ending, Failure> {
    if fs::read_dir(to).is_ok_and(|mut it| it.next().is_some()) {
        let why = format!("{} is there already, and what is in it stays as it is", to.display());
        return Err(Failure::words(why, "shortcopy corpus unpack --to another-folder"));
    }
    let written = unpack(to);
    let about = || format!("cannot write below {}", to.display());
    let files = written.map_err(|error| Failure::system(error, about(), "df -h . && shortcopy corpus --help"))?;
    say(format!("{}: {files} files", to.display()));
    Ok(Ending::AsExpected)
}

fn write_dictionary(from: &From, to: &Path) -> Result<Ending, Failure> {
    let words = dictionary(&read(&from.paths)?);
    whole::write(to, words.as_bytes())
        .map_err(|error| Failure::system(error, format!("cannot write {}", to.display()), "df -h ."))?;
    let count = words.lines().count();
    if from.json {
        say_json(&json!({ "dictionary": to, "words": count }));
    } else {
        say(format!("{}: {}", to.display(), counted(count, "word", "words")));
    }
    Ok(Ending::AsExpected)
}

/// Takes or minimises: the difference is in what counts as there already.
fn choose(from: &From, to: &Path, corpus: Option<&Path>) -> Result<Ending, Failure> {
    let decode = |read: Vec<Entry>| -> Vec<Case> { read.iter().map(|it| repair::decode(&it.bytes).case).collect() };
    let mut cases = decode(read(&from.paths)?);
    let read = cases.len();
    let mut seen = BTreeSet::new();
    cases.retain(|it| seen.insert(it.print()));
    let base = match corpus {
        Some(corpus) => {
            // What is taken to a collection that is not there yet begins it.
            if corpus != to {
                look_for_corpus(corpus)?;
            }
            if corpus.is_dir() { decode(self::read(&[corpus.to_owned()])?) } else { Vec::new() }
        }
        None => Vec::new(),
    };
    let interrupted = stop_on_interrupt(Some(to.to_owned()))?;
    let mut steps = Steps::new("cases");
    let (mut chosen, mut failure) = (0, None);
    minimise(&cases, &base, &mut |progress| {
        match progress {
            Progress::Looked { done, total } => steps.show(done, total),
            Progress::Chose(it) => {
                chosen += 1;
                failure = steps.suspend(|| keep(&it, to, from.json)).err();
            }
        }
        let goes_on = failure.is_none() && !interrupted.load(Ordering::Relaxed);
        if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    steps.finish();
    if let Some(failure) = failure {
        return Err(failure);
    }
    let stopped = if interrupted.load(Ordering::Relaxed) { "; interrupted, so there may be more" } else { "" };
    let inputs = counted(read, "input", "inputs");
    eprintln!("{chosen} of {inputs}, {} of them different{stopped}", cases.len());
    Ok(Ending::AsExpected)
}

fn keep(Chosen { case, adds, .. }: &Chosen, to: &Path, json: bool) -> Result<(), Failure> {
    let place = to.join(descriptive_name(case));
    write_whole(&place, case).map_err(|error| {
        Failure::system(error, format!("cannot write {}", place.display()), "df -h . && shortcopy corpus --help")
    })?;
    if json {
        say_json(&json!({ "case": place, "adds": adds }));
    } else {
        say(format!("{}: adds {adds}", place.display()));
    }
    Ok(())
}

fn migrate_in_place(from: &From, check: bool) -> Result<Ending, Failure> {
    let (mut kept, mut repaired, mut lost) = (0, 0, 0);
    for Entry { path, bytes } in read(&from.paths)? {
        let (word, repairs) = match migrate(&bytes) {
            Fate::Kept => {
                kept += 1;
                ("kept", 0)
            }
            Fate::Repaired { case, repairs } => {
                repaired += 1;
                if !check {
                    rescue(&path, &bytes, &case)?;
                }
                ("repaired", repairs)
            }
            Fate::Lost => {
                lost += 1;
                ("lost", 0)
            }
        };
        if from.json {
            say_json(&json!({ "case": path, "fate": word, "repairs": repairs }));
        } else if word != "kept" {
            let times =
                if repairs > 0 { format!(" in {}", counted(repairs, "place", "places")) } else { String::new() };
            say(format!("{}: {word}{times}", path.display()));
        }
    }
    let next = if check { "; nothing was written" } else { "" };
    eprintln!("{kept} kept, {repaired} repaired, {lost} lost{next}");
    Ok(if lost > 0 || check && repaired > 0 { Ending::Unmet } else { Ending::AsExpected })
}

/// Writes the repaired case, and what was there before beside it: nothing is lost.
fn rescue(path: &Path, bytes: &[u8], case: &Case) -> Result<(), Failure> {
    let mut before = path.as_os_str().to_owned();
    before.push(format!(".{SET_ASIDE}"));
    let before = PathBuf::from(before);
    let failure = |error, path: &Path| Failure::system(error, format!("cannot write {}", path.display()), "df -h .");
    fs::write(&before, bytes).map_err(|error| failure(error, &before))?;
    write_whole(path, case).map_err(|error| failure(error, path))
}
