//! `shortcopy man`: the manual pages, from what the command line says of itself.

use super::failure::{Ending, Failure};
use super::output::say;
use clap::{Args, Command};
use clap_mangen::{Man, generate_to};
use std::fs;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  shortcopy man | man -l -                              the page of the program
  shortcopy man --dir ~/.local/share/man/man1           a page for it and for each command, where `man` finds them";

/// Prints the manual page, or writes one for each command.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Write a page for the program and one for each command to this folder instead
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Prints or writes the pages of a command line.
pub fn main(arguments: &Arguments, command: Command) -> Result<Ending, Failure> {
    match &arguments.dir {
        Some(folder) => write(command, folder),
        None => print(command),
    }
}

fn print(command: Command) -> Result<Ending, Failure> {
    let mut page = Vec::new();
    let rendered = Man::new(command).render(&mut page);
    rendered.map_err(|error| Failure::trouble(error, "shortcopy --help"))?;
    say(String::from_utf8_lossy(&page).trim_end());
    Ok(Ending::AsExpected)
}

fn write(command: Command, folder: &Path) -> Result<Ending, Failure> {
    let name = command.get_name().to_owned();
    let written = fs::create_dir_all(folder).and_then(|()| generate_to(command, folder));
    let about = || format!("cannot write below {}", folder.display());
    written.map_err(|error| Failure::system(error, about(), "shortcopy man --help"))?;
    say(format_args!("{}: {name}.1 and one page for each command", folder.display()));
    Ok(Ending::AsExpected)
}
