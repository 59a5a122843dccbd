//! Where cases run on the kernel: a directory that is there, or a filesystem made for them.

use super::failure::Failure;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use host::mount::{Kind, MountError, Request, enter_private_namespace};
use std::ffi::{OsStr, OsString};
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
    /// Where the image of a filesystem is put [default: memory if there is room, else the temporary files]
    #[arg(long, value_name = "DIR", requires = "fs")]
    pub images: Option<PathBuf>,
}

impl Place {
    /// Goes where mounts are the process's own, if there will be any. Threads that are there already would stay where they are.
    pub fn enter(&self, command: &str) -> Result<(), Failure> {
        if self.fs.is_none() {
            return Ok(());
        }
        enter_private_namespace().map_err(|it| mount_failure(it, command))
    }

    /// The same as part of a command to type.
    pub fn line(&self) -> String {
        let dir = self.dir.iter().map(|it| format!("--dir={}", it.display()));
        let fs = self.fs.iter().map(|it| format!("--fs={}", it.word()));
        let options = self.options.words().into_iter().map(|it| it.to_string_lossy().into_owned());
        quoted(dir.chain(fs).chain(options))
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

impl Options {
    /// A filesystem to be made with these.
    pub fn request(&self, kind: Kind) -> Request {
        let mkfs_options = self.mkfs_options.iter().flat_map(|it| it.split_whitespace()).map(Into::into).collect();
        let plain = Request::new(kind);
        let folder = self.images.clone().unwrap_or(plain.folder);
        Request { mkfs_options, mount_options: self.mount_options.clone(), folder, ..plain }
    }

    /// The same as words of a command line.
    pub fn words(&self) -> Vec<OsString> {
        let word = |flag: &str, value: &OsStr| {
            let mut word = OsString::from(flag);
            word.push(value);
            word
        };
        let mkfs = self.mkfs_options.iter().map(|it| word("--mkfs-options=", it.as_ref()));
        let mount = self.mount_options.iter().map(|it| word("--mount-options=", it.as_ref()));
        mkfs.chain(mount).chain(self.images.iter().map(|it| word("--images=", it.as_ref()))).collect()
    }
}

/// Words as a shell takes them; what no shell can take, a NUL, cannot have come from one.
pub fn quoted(words: impl Iterator<Item = String>) -> String {
    let quote = |word: String| shlex::try_quote(&word).map_or_else(|_| word.clone(), Into::into);
    words.map(quote).collect::<Vec<String>>().join(" ")
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
