//! The folder in which fetched kernels are kept, each in a folder by its version.

use crate::{Kernel, Wanted};
use std::fs;
use std::path::{Path, PathBuf};

/// Where fetched kernels are.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// That of the user: `$XDG_CACHE_HOME/shortcopy/kernels`, or the same in `~/.cache`; `None` if neither is known.
    #[must_use]
    pub fn of_user() -> Option<Self> {
        let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|it| it.is_absolute());
        let folder = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|it| it.join(".cache")))?;
        Some(Self::in_folder(folder.join("shortcopy").join("kernels")))
    }

    /// One in this folder.
    #[must_use]
    pub fn in_folder(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where it is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The kernels in it, in order of their versions. What is none, such as what is still being unpacked, is left out.
    #[must_use]
    pub fn kernels(&self) -> Vec<Kernel> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let is_kernel =
            |it: &fs::DirEntry| it.file_name().to_string_lossy().starts_with(|it: char| it.is_ascii_digit());
        let mut kernels: Vec<Kernel> = entries.filter(is_kernel).filter_map(|it| Kernel::at(&it.path()).ok()).collect();
        kernels.sort_by(|one, other| one.version.cmp(&other.version));
        kernels
    }

    /// Of those in it what is wanted, in order of the versions.
    #[must_use]
    pub fn find(&self, wanted: &Wanted) -> Vec<Kernel> {
        let kernels = self.kernels();
        let versions: Vec<_> = kernels.iter().map(|it| it.version.clone()).collect();
        let meant = wanted.of(&versions);
        kernels.into_iter().filter(|it| meant.contains(&it.version)).collect()
    }
}
