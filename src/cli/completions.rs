//! `shortcopy completions`: what a shell has to know to complete the command line.

use super::failure::{Ending, Failure};
use super::output::say;
use clap::{Args, Command};
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

/// Prints the script for a command line.
pub fn main(arguments: &Arguments, mut command: Command) -> Result<Ending, Failure> {
    let (mut script, name) = (Vec::new(), command.get_name().to_owned());
    generate(arguments.shell, &mut command, name, &mut script);
    say(String::from_utf8_lossy(&script).trim_end());
    Ok(Ending::AsExpected)
}
