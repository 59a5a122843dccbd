//! `shortcopy completions`: what a shell has to know to complete the command line.

use super::failure::{Ending, Failure};
use super::output::say;
use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

const EXAMPLES: &str = "\
Examples:
  shortcopy completions bash > ~/.local/share/bash-completion/completions/shortcopy
  shortcopy completions zsh > ~/.zfunc/_shortcopy       with ~/.zfunc in fpath
  shortcopy completions fish > ~/.config/fish/completions/shortcopy.fish";

/// Prints a script that lets a shell complete commands, flags and their values.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// For which shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script.
pub fn main(arguments: &Arguments) -> Result<Ending, Failure> {
    let mut script = Vec::new();
    generate(arguments.shell, &mut super::Arguments::command(), "shortcopy", &mut script);
    say(String::from_utf8_lossy(&script).trim_end());
    Ok(Ending::AsExpected)
}
