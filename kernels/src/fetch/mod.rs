//! Kernels from Debian's archive, through this machine's own apt: its sources, keys and proxies, but a state of our
//! own, so that nothing of the machine's changes and root is not needed. apt checks the signatures.

mod apt;
mod packages;
mod sources;
mod unpack;

pub use packages::Available;

use crate::{Cache, Kernel, KernelError, Version};
use apt::Apt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// For how long the lists of packages are good.
const FRESH: Duration = Duration::from_secs(24 * 3600);
/// How the folders begin in which packages are unpacked.
const UNFINISHED: &str = ".unpacking-";

/// Why a kernel cannot be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// This machine has no apt.
    #[error("there is no apt here, and so nothing to fetch kernels with")]
    NoApt,
    /// apt knows nobody who has Debian's packages.
    #[error("apt has no source of Debian's packages here: no `deb` line or .sources entry with one of its suites")]
    NoSource,
    /// apt refuses.
    #[error("apt-get {what} failed: {message}")]
    Apt {
        /// What it was to do.
        what: &'static str,
        /// What it says.
        message: String,
    },
    /// There is no room left.
    #[error("the disk is full: there is no room for {what} in {folder}; nothing half-made is left")]
    Full {
        /// For what.
        what: String,
        /// Where.
        folder: PathBuf,
    },
    /// A file cannot be written or read.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A package is not what it should be.
    #[error("{package} cannot be unpacked: {source}")]
    Package {
        /// Which.
        package: String,
        /// Why.
        source: io::Error,
    },
    /// What was unpacked is no kernel.
    #[error("the packages of {version} have no kernel: {source}")]
    NoKernel {
        /// Of which version.
        version: Version,
        /// Why.
        source: KernelError,
    },
}

impl FetchError {
    fn file(path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::full("it", path),
            _ => Self::File { path: path.to_owned(), source },
        }
    }

    fn full(what: &str, folder: &Path) -> Self {
        Self::Full { what: what.to_owned(), folder: folder.to_owned() }
    }
}

/// Debian's archive, and the cache that kernels are put into.
#[derive(Debug)]
pub struct Archive {
    cache: Cache,
    apt: Apt,
    available: Vec<Available>,
    /// What apt could not get of the lists, if that was not all.
    pub warning: Option<String>,
}

impl Archive {
    /// Opens it. The lists of packages are fetched if they are older than a day, or if `anew`.
    ///
    /// # Errors
    /// If this machine has no apt, or no source of Debian's packages, or none can be reached.
    pub fn open(cache: Cache, anew: bool) -> Result<Self, FetchError> {
        let state = cache.folder().with_file_name("apt");
        let apt = Apt::in_folder(&state)?;
        let warning = if anew || !apt.lists_are_younger_than(FRESH) { apt.update()? } else { None };
        let available = apt.available()?;
        Ok(Self { cache, apt, available, warning })
    }

    /// What can be fetched, in order of the versions.
    #[must_use]
    pub fn available(&self) -> &[Available] {
        &self.available
    }

    /// The kernel, from the cache if it is there, else from the archive.
    ///
    /// # Errors
    /// If it cannot be fetched or unpacked. Then nothing of it stays.
    pub fn fetch(&self, available: &Available) -> Result<Kernel, FetchError> {
        let folder = self.cache.folder().join(available.version.as_str());
        if let Ok(kernel) = Kernel::at(&folder) {
            return Ok(kernel);
        }
        let cache = self.cache.folder();
        fs::create_dir_all(cache).map_err(FetchError::file(cache))?;
        remove_forgotten(cache);
        let new =
            |prefix: &str| tempfile::Builder::new().prefix(prefix).tempdir_in(cache).map_err(FetchError::file(cache));
        let (packages, unpacked) = (new(UNFINISHED)?, new(UNFINISHED)?);
        let full = || FetchError::full(available.version.as_str(), cache);
        let downloaded = self.apt.download(&available.packages, packages.path());
        for path in downloaded.map_err(|it| if matches!(it, FetchError::Full { .. }) { full() } else { it })? {
            unpack::unpack(&path, unpacked.path()).map_err(|source| match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => full(),
                _ => FetchError::Package { package: path.display().to_string(), source },
            })?;
        }
        let no_kernel = |source| FetchError::NoKernel { version: available.version.clone(), source };
        Kernel::at(unpacked.path()).map_err(no_kernel)?;
        match fs::rename(unpacked.path(), &folder) {
            // Its name is another's now: it shall not be removed under the old one.
            Ok(()) => drop(unpacked.keep()),
            // Somebody else was faster.
            Err(_) if folder.exists() => {}
            Err(error) => return Err(FetchError::file(&folder)(error)),
        }
        Kernel::at(&folder).map_err(no_kernel)
    }
}

/// Removes what a process left behind that was killed while it unpacked.
fn remove_forgotten(cache: &Path) {
    for entry in fs::read_dir(cache).into_iter().flatten().flatten() {
        let modified = entry.metadata().and_then(|it| it.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
        let is_old = modified.elapsed().is_ok_and(|it| it > FRESH);
        if is_old && entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
