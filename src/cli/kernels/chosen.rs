//! Which kernels are meant by `--kernel`, and where they are.

use crate::cli::failure::Failure;
use crate::cli::place::quoted;
use kernels::fetch::{Archive, Available, FetchError};
use kernels::{Cache, Kernel, Version, Wanted};
use std::cell::OnceCell;
use std::path::Path;

/// What tells which kernels there are.
const LIST: &str = "shortcopy kernels list";

/// A kernel that is meant.
#[derive(Clone, Debug)]
pub enum Candidate {
    /// It is here.
    Here(Kernel),
    /// It has to be fetched.
    There(Available),
}

impl Candidate {
    /// What it calls itself.
    pub const fn version(&self) -> &Version {
        match self {
            Self::Here(kernel) => &kernel.version,
            Self::There(available) => &available.version,
        }
    }
}

/// The kernels that there are: in the cache, and in Debian's archive, which is opened when it is needed.
#[derive(Debug)]
pub struct Kernels {
    cache: Cache,
    archive: OnceCell<Result<Archive, FetchError>>,
}

impl Kernels {
    /// Those of this user.
    pub fn of_user() -> Result<Self, Failure> {
        let cache = Cache::of_user().ok_or_else(|| {
            Failure::words(
                "neither XDG_CACHE_HOME nor HOME says where kernels are kept",
                "export XDG_CACHE_HOME=/var/tmp",
            )
        })?;
        Ok(Self { cache, archive: OnceCell::new() })
    }

    /// Where fetched ones are.
    pub const fn cache(&self) -> &Cache {
        &self.cache
    }

    /// Debian's archive; its lists are fetched if they are old, or if `anew`.
    pub fn archive(&self, anew: bool) -> Result<&Archive, Failure> {
        let archive = self.archive.get_or_init(|| {
            let archive = Archive::open(self.cache.clone(), anew)?;
            if let Some(warning) = &archive.warning {
                eprintln!("some lists of packages could not be fetched: {warning}");
            }
            Ok(archive)
        });
        archive.as_ref().map_err(fetch_failure)
    }

    /// What `--kernel` means: each kernel once. A range means all that is in it if `whole`, else a choice.
    pub fn meant(&self, words: &[String], whole: bool) -> Result<Vec<Candidate>, Failure> {
        let mut all: Vec<Candidate> = Vec::new();
        for word in words {
            let found = match wanted(word)? {
                None => vec![Candidate::Here(Kernel::at(Path::new(word)).map_err(|it| Failure::words(it, LIST))?)],
                Some(wanted) => self.of_version(&wanted, whole)?,
            };
            for it in found {
                let is_same = |other: &Candidate| other.version() == it.version();
                // One of the user's own can have any version.
                if !self.is_fetched(&it) || !all.iter().any(|other| self.is_fetched(other) && is_same(other)) {
                    all.push(it);
                }
            }
        }
        Ok(all)
    }

    /// Whether it comes from the archive, so that its version says which it is.
    fn is_fetched(&self, candidate: &Candidate) -> bool {
        match candidate {
            Candidate::Here(kernel) => kernel.image.starts_with(self.cache.folder()),
            Candidate::There(_) => true,
        }
    }

    fn of_version(&self, wanted: &Wanted, whole: bool) -> Result<Vec<Candidate>, Failure> {
        let here = self.cache.kernels();
        if matches!(wanted, Wanted::One(_)) {
            let found = self.cache.find(wanted);
            if !found.is_empty() {
                return Ok(found.into_iter().map(Candidate::Here).collect());
            }
        }
        let there = match self.archive(false) {
            Ok(archive) => archive.available(),
            // A range can do with what is here.
            Err(failure) if matches!(wanted, Wanted::Range(..)) && here.iter().any(|it| wanted.means(&it.version)) => {
                failure.print();
                &[]
            }
            Err(failure) => return Err(failure),
        };
        let mut all: Vec<Version> = here.iter().map(|it| it.version.clone()).collect();
        all.extend(there.iter().map(|it| it.version.clone()));
        let mut meant: Vec<Version> =
            if whole { all.into_iter().filter(|it| wanted.means(it)).collect() } else { wanted.of(&all) };
        meant.sort();
        meant.dedup();
        let candidate = |version: &Version| {
            let here = here.iter().find(|it| it.version == *version).cloned().map(Candidate::Here);
            here.or_else(|| there.iter().find(|it| it.version == *version).cloned().map(Candidate::There))
        };
        let found: Vec<Candidate> = meant.iter().filter_map(candidate).collect();
        if found.is_empty() {
            return Err(Failure::words(
                format!("there is no kernel {wanted}, neither here nor in Debian's archive"),
                LIST,
            ));
        }
        Ok(found)
    }

    /// The kernel itself, fetched if it is not here.
    pub fn kernel(&self, candidate: &Candidate) -> Result<Kernel, Failure> {
        match candidate {
            Candidate::Here(kernel) => Ok(kernel.clone()),
            Candidate::There(available) => {
                eprintln!("fetching {}, {} MB", available.version, available.size.div_ceil(1_000_000));
                self.archive(false)?.fetch(available).map_err(|it| fetch_failure(&it))
            }
        }
    }
}

/// The version that a word means; `None` if it is a path.
fn wanted(word: &str) -> Result<Option<Wanted>, Failure> {
    // No version has these.
    if word.contains(['/', ',']) {
        return Ok(None);
    }
    match word.parse() {
        Ok(wanted) => Ok(Some(wanted)),
        Err(_) if Path::new(word).exists() => Ok(None),
        Err(why) if word.starts_with(|it: char| it.is_ascii_digit()) => Err(Failure::words(why, LIST)),
        Err(_) => Err(Failure::words(format!("`{word}` is neither a file nor a version of a kernel"), LIST)),
    }
}

/// What to say if a kernel cannot be fetched, and what can be done.
pub fn fetch_failure(error: &FetchError) -> Failure {
    let next = match error {
        FetchError::NoApt | FetchError::NoSource => "shortcopy kernels my.case --kernel /boot/vmlinuz".to_owned(),
        FetchError::Full { folder, .. } => format!("df -h {}", quoted(&folder.display().to_string())),
        FetchError::File { path, .. } => format!("ls -ld {}", quoted(&path.display().to_string())),
        FetchError::Apt { .. } | FetchError::Package { .. } | FetchError::NoKernel { .. } => {
            "shortcopy kernels list --update".to_owned()
        }
    };
    Failure::words(error, next)
}
