//! What can go wrong with a mount, and what to do next.

use std::io;
use std::path::PathBuf;

/// Why there is no mount, or why it did not go away.
#[derive(Debug, thiserror::Error)]
pub enum MountError {
    /// The kernel does not let this process do it.
    #[error("{what} is not permitted here ({source}): run it as root (CAP_SYS_ADMIN), or in a virtual machine")]
    NotPermitted {
        /// What was tried.
        what: String,
        /// What the kernel said.
        source: io::Error,
    },
    /// No loop device for the image.
    #[error(
        "no loop device is available: {what}: {source}; `modprobe loop`, give a container /dev/loop-control and /dev/loop*, \
         or take a filesystem without a disk (tmpfs, ramfs, overlay)"
    )]
    NoLoopDevice {
        /// What was tried.
        what: String,
        /// What the kernel said.
        source: io::Error,
    },
    /// The program that makes the filesystem is not there.
    #[error("{tool} is not installed: `apt-get install {package}`")]
    ToolMissing {
        /// The program.
        tool: &'static str,
        /// The Debian package that has it.
        package: &'static str,
    },
    /// The kernel does not know the filesystem.
    #[error("this kernel has no {filesystem}: `modprobe {filesystem}`, or take another of /proc/filesystems")]
    NoFilesystem {
        /// The kernel's name of it.
        filesystem: &'static str,
    },
    /// The program that makes the filesystem failed.
    #[error("`{command}` failed ({status}): {stderr}; check the options and the size in the request")]
    Mkfs {
        /// The whole command.
        command: String,
        /// How it ended.
        status: String,
        /// What it said.
        stderr: String,
    },
    /// The kernel refused the mount.
    #[error("mounting {filesystem} with the options `{options}` failed: {source}; the last lines of `dmesg` say why")]
    Mount {
        /// The kernel's name of the filesystem.
        filesystem: String,
        /// The options it was given.
        options: String,
        /// What the kernel said.
        source: io::Error,
    },
    /// The kernel mounted something other than the request.
    #[error(
        "asked for {wanted}, the kernel mounted {got}: it takes the two for one filesystem; unmount the original first \
         (btrfs before Linux 6.7 cannot mount a clone beside it)"
    )]
    OtherDevice {
        /// The device that was asked for.
        wanted: String,
        /// What the kernel says is mounted.
        got: String,
    },
    /// The image, the mount point or another file of ours could not be made or used.
    #[error("{what}: {source}; check the free space and the permissions there")]
    File {
        /// What was done to which file.
        what: String,
        /// What the kernel said.
        source: io::Error,
    },
    /// The filesystem's server has to mount it.
    #[error("a {word} filesystem is mounted by its server: hand the mount over with `Mounted::adopt`")]
    ByCaller {
        /// The word of the kind.
        word: &'static str,
    },
    /// The mount did not go away.
    #[error("unmounting {path} failed: {source}; close what is open below it and try again")]
    Unmount {
        /// Where it is mounted.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
}

impl MountError {
    /// What this machine lacks, in a word, if it cannot do this at all; a test that needs it should be skipped. `None`
    /// if something failed that should work.
    #[must_use]
    pub fn lacks(&self) -> Option<&'static str> {
        match self {
            Self::NotPermitted { .. } => Some("root"),
            Self::NoLoopDevice { .. } => Some("loop"),
            Self::ToolMissing { tool, .. } => Some(tool.strip_prefix("mkfs.").unwrap_or(tool)),
            Self::NoFilesystem { filesystem } => Some(filesystem),
            _ => None,
        }
    }

    /// An error about a file of ours.
    pub(crate) fn file(what: impl Into<String>, source: impl Into<io::Error>) -> Self {
        Self::File { what: what.into(), source: source.into() }
    }
}
