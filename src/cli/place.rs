//! Where cases run on the kernel: a directory that is there, or a filesystem made for them.

use super::failure::Failure;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use host::mount::{Kind, MountError, Request, enter_private_namespace};
use std::fs;
use std::path::PathBuf;

/// What the command line says of it.
#[derive(Args, Debug)]
pub struct Place {
    /// In this directory, wherever it is mounted
    #[arg(long, value_name = "DIR", conflicts_with = "fs", required_unless_present = "fs")]
    dir: Option<PathBuf>,
    /// On a filesystem of this kind, made for it; needs root
    #[arg(long, value_parser = kinds())]
    pub fs: Option<Kind>,
    #[command(flatten)]
    pub options: Options,
}

/// How a filesystem is made and mounted.
#[derive(Args, Debug)]
pub struct Options {
    /// More options for mkfs
    #[arg(long, value_name = "OPTIONS", allow_hyphen_values = true, requires = "fs")]
    pub mkfs_options: Option<String>,
    /// More options for mount
    #[arg(long, value_name = "OPTIONS", requires = "fs")]
    pub mount_options: Option<String>,
}

impl Place {
    /// Goes where mounts are the process's own, if there will be any. Threads that are there already would stay where they are.
    pub fn enter(&self, command: &str) -> Result<(), Failure> {
        if self.fs.is_none() {
            return Ok(());
        }
        enter_private_namespace().map_err(|it| mount_failure(it, command))
    }

    /// The directory, if it is not to be made; by its whole path.
    pub fn directory(&self, command: &str) -> Result<PathBuf, Failure> {
        let Some(directory) = &self.dir else {
            return Err(Failure::words("neither --dir nor --fs says where", format!("{command} --help")));
        };
        let about = format!("cannot use {}", directory.display());
        fs::canonicalize(directory).map_err(|it| Failure::system(it, about, format!("{command} --help")))
    }
}

/// A filesystem to be made, with options as they are written on the command line.
pub fn request(kind: Kind, mkfs_options: Option<&str>, mount_options: Option<&str>) -> Request {
    let mkfs_options = mkfs_options.iter().flat_map(|it| it.split_whitespace()).map(Into::into).collect();
    Request { mkfs_options, mount_options: mount_options.map(Into::into), ..Request::new(kind) }
}

impl Options {
    /// A filesystem to be made with these.
    pub fn request(&self, kind: Kind) -> Request {
        request(kind, self.mkfs_options.as_deref(), self.mount_options.as_deref())
    }
}

/// What can be done if a filesystem cannot be had: without one.
pub fn mount_failure(error: MountError, command: &str) -> Failure {
    Failure::words(error, format!("{command} --dir ."))
}

/// The kinds, by their words.
pub fn kinds() -> impl TypedValueParser<Value = Kind> {
    let words = Kind::ALL.iter().map(|it| it.word());
    PossibleValuesParser::new(words).try_map(|word| Kind::from_word(&word).ok_or("no filesystem of this name"))
}
