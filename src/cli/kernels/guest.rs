//! `shortcopy kernels-guest`: process 1 of a virtual machine.

use crate::cli::failure::{Ending, Failure};
use clap::Args;
use kernels::guest;

/// The name of the command, which is all that process 1 is called with.
pub const COMMAND: &str = "kernels-guest";
/// Where this program is in a guest.
pub const PROGRAM: &str = "/init";

/// It takes none: the job is in a file of the guest.
#[derive(Args, Debug)]
pub struct GuestArguments {
    /// A kernel hands on what it does not know itself
    #[arg(hide = true)]
    others: Vec<String>,
}

/// Does the job of a guest, and ends the machine; anywhere else it refuses.
pub fn work_in_guest(_: &GuestArguments) -> Result<Ending, Failure> {
    if !guest::is_process_one() {
        let why = format!("`{COMMAND}` ends the machine that it runs on: it is for the guests of `shortcopy kernels`");
        return Err(Failure::words(why, "shortcopy kernels --help"));
    }
    guest::main().map_err(|error| Failure::system(error, "cannot end this machine", "shortcopy kernels --help"))?;
    Ok(Ending::AsExpected)
}
