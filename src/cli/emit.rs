//! `shortcopy emit`: a case as a program of its own.

use super::EXIT_CODES;
use super::failure::{Ending, Failure};
use super::output::{say, say_json};
use super::select::{one_strategy, read_case};
use crate::emit::{c_program, rust_test};
use crate::whole;
use clap::{Args, ValueEnum};
use serde_json::json;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  shortcopy emit my.case --as c -o my.c                    a program to attach to a bug report
  gcc -pthread my.c -o my && ./my /mnt                     and how it is run
  shortcopy emit my.case --as rust                         a test that depends on the library
  shortcopy emit my.case --as rust --strategy temp-page    the same under another strategy";

/// Writes a case as a program of its own: in C for a real kernel, or as a Rust test.
#[derive(Args, Debug)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub struct Arguments {
    /// The case file
    #[arg(value_name = "CASE")]
    case: PathBuf,
    /// What to write: a C program for Linux, with no library but libc; or a Rust test that depends on the library
    #[arg(long = "as", value_enum, value_name = "LANGUAGE")]
    language: Language,
    /// The strategy of a Rust test [default: the first that the case expects something of, else the first that fits]
    #[arg(long, value_name = "STRATEGY")]
    strategy: Option<String>,
    /// Write to this file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// What a case is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Language {
    C,
    Rust,
}

/// Writes the program.
pub fn main(arguments: &Arguments) -> Result<Ending, Failure> {
    let selected = read_case(&arguments.case)?;
    let (path, stem) = (selected.path.display(), selected.path.file_stem().unwrap_or_default().to_string_lossy());
    let (text, strategy) = match (arguments.language, arguments.strategy.as_deref()) {
        (Language::C, Some(_)) => {
            let words = "a C program runs under the write path of its kernel, and not under a strategy";
            return Err(Failure::words(words, format!("shortcopy emit {path} --as c")));
        }
        (Language::C, None) => (c_program(&selected.case, &stem), None),
        (Language::Rust, strategy) => {
            let strategy = one_strategy(&selected, strategy)?;
            (rust_test(&selected.case, &stem, strategy), Some(strategy.id))
        }
    };
    if let Some(output) = &arguments.output {
        whole::write(output, text.as_bytes()).map_err(|error| {
            let about = format!("cannot write {}", output.display());
            Failure::system(error, about, format!("df -h {}", output.display()))
        })?;
    }
    if arguments.json {
        let language = arguments.language.to_possible_value().map(|it| it.get_name().to_owned());
        say_json(&json!({
            "case": selected.path,
            "language": language,
            "strategy": strategy,
            "output": arguments.output,
            "text": text,
        }));
    } else if arguments.output.is_none() {
        say(text.trim_end());
    }
    Ok(Ending::AsExpected)
}
