//! Where cases run on the kernel: a directory that is there, or a filesystem made for them.

use super::failure::Failure;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use host::mount::{Kind, Making, MountError, Request, enter_private_namespace};
use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

/// What the command line says of it: one of the two.
#[derive(Args, Debug)]
#[group(required = true, multiple = false, args = ["dir", "fs"])]
pub struct Place {
    /// In this directory, wherever it is mounted
    #[arg(long, value_name = "DIR")]
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
    /// Goes where mounts are the process's own, if there will be any. Threads that are there already would stay where
    /// they are.
    pub fn enter(&self, command: &str) -> Result<(), Failure> {
        let Some(kind) = self.fs else { return Ok(()) };
        self.options.fit(kind).map_err(|it| Failure::words(it, format!("{command} --help")))?;
        enter_private_namespace().map_err(|it| mount_failure(it, command))
    }

    /// The same as part of a command to type.
    pub fn line(&self) -> String {
        let dir = self.dir.iter().map(|it| format!("--dir={}", quoted(&it.to_string_lossy())));
        let fs = self.fs.iter().map(|it| format!("--fs={}", it.word()));
        let options = self.options.pairs().map(|(flag, it)| format!("{flag}={}", quoted(&it.to_string_lossy())));
        dir.chain(fs).chain(options).collect::<Vec<String>>().join(" ")
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
    /// Whether the filesystem has a use for all that was given: what would do nothing shall not look as if it did.
    fn fit(&self, kind: Kind) -> Result<(), String> {
        let has_disk = kind.disk().is_some();
        let is_mounted_here = !matches!(kind.about().making, Making::ByCaller);
        let options = [
            ("--mkfs-options", self.mkfs_options.is_some(), has_disk),
            ("--images", self.images.is_some(), has_disk),
            ("--mount-options", self.mount_options.is_some(), is_mounted_here),
        ];
        let unused = options.iter().find(|(_, given, used)| *given && !used);
        unused.map_or(Ok(()), |(word, ..)| Err(format!("{word} does nothing on {}", kind.word())))
    }

    /// A filesystem to be made with these.
    pub fn request(&self, kind: Kind) -> Request {
        let mkfs_options = self.mkfs_options.iter().flat_map(|it| it.split_whitespace()).map(Into::into).collect();
        let plain = Request::new(kind);
        let folder = self.images.clone().unwrap_or(plain.folder);
        Request { mkfs_options, mount_options: self.mount_options.clone(), folder, ..plain }
    }

    /// The same as words of a command line.
    pub fn words(&self) -> Vec<OsString> {
        let joined = |(flag, value): (&str, &OsStr)| {
            let mut word = OsString::from(flag);
            word.push("=");
            word.push(value);
            word
        };
        self.pairs().map(joined).collect()
    }

    /// What was given.
    fn pairs(&self) -> impl Iterator<Item = (&'static str, &OsStr)> {
        let pairs = [
            ("--mkfs-options", self.mkfs_options.as_deref().map(OsStr::new)),
            ("--mount-options", self.mount_options.as_deref().map(OsStr::new)),
            ("--images", self.images.as_deref().map(Path::as_os_str)),
        ];
        pairs.into_iter().filter_map(|(flag, value)| Some((flag, value?)))
    }
}

/// A word as a shell takes it; what no shell can take, a NUL, cannot have come from one.
pub fn quoted(word: &str) -> Cow<'_, str> {
    shlex::try_quote(word).unwrap_or(Cow::Borrowed(word))
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        place: Place,
    }

    fn parsed(words: &[&str]) -> Place {
        Line::try_parse_from([&["host"], words].concat()).expect("it parses").place
    }

    #[test]
    fn a_line_says_all_that_was_given_and_parses_to_the_same() {
        let words =
            ["--fs=ext4", "--mkfs-options=-b 1024", "--mount-options=data=writeback,it's", "--images=/a folder"];
        let line = parsed(&words).line();
        let split = shlex::split(&line).expect("a shell takes it");
        assert_eq!(split, words);
        let split: Vec<&str> = split.iter().map(String::as_str).collect();
        assert_eq!(parsed(&split).line(), line);
        assert_eq!(parsed(&["--dir", "/a folder"]).line(), "--dir='/a folder'");
    }

    #[test]
    fn what_does_nothing_is_refused() {
        let refused = |words: &[&str]| {
            let place = parsed(words);
            place.options.fit(place.fs.expect("a filesystem")).is_err()
        };
        assert!(refused(&["--fs=tmpfs", "--images=."]));
        assert!(refused(&["--fs=overlay", "--mkfs-options=-q"]));
        assert!(refused(&["--fs=fuse", "--mount-options=ro"]));
        assert!(!refused(&["--fs=tmpfs", "--mount-options=huge=always"]));
        assert!(!refused(&["--fs=ext2", "--images=.", "--mkfs-options=-q", "--mount-options=noatime"]));
        assert!(!refused(&["--fs=fuse"]));
    }
}
