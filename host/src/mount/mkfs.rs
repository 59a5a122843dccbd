//! Makes a filesystem on a device, with the filesystem's own mkfs program.

use super::{Disk, MountError};
use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

/// Makes a filesystem on a device.
pub fn make(disk: &Disk, options: &[String], device: &Path) -> Result<(), MountError> {
    let mut command = Command::new(disk.tool);
    command.args(disk.mkfs_options).args(options).arg(device);
    command.env("PATH", path_with_system_programs()).stdin(Stdio::null());
    let output = command.output().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => MountError::ToolMissing { tool: disk.tool, package: disk.package },
        _ => MountError::file(format!("starting {}", disk.tool), error),
    })?;
    if output.status.success() {
        return Ok(());
    }
    let words = std::iter::once(command.get_program()).chain(command.get_args()).map(|word| word.to_string_lossy());
    Err(MountError::Mkfs {
        command: words.collect::<Vec<_>>().join(" "),
        status: output.status.to_string(),
        stderr: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    })
}

/// The search path with the folders of system programs, which Debian leaves out of an ordinary user's path.
fn path_with_system_programs() -> OsString {
    let mut path = std::env::var_os("PATH").unwrap_or_default();
    path.push(":/usr/sbin:/sbin");
    path
}
