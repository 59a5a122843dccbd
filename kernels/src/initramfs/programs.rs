//! The archive of programs: one of our own as `/init`, others such as `mkfs.ext4`, and the libraries that they need.

use super::archive::Archive;
use super::strip::without_debug_sections;
use lddtree::DependencyAnalyzer;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where programs are looked for besides `PATH`, which seldom has the folders of root on an ordinary user's.
const FOLDERS: [&str; 4] = ["/usr/sbin", "/sbin", "/usr/bin", "/bin"];
/// The loader's list of where libraries are, and what decides how mkfs.ext4 makes a filesystem.
const FILES: [&str; 2] = ["/etc/ld.so.cache", "/etc/mke2fs.conf"];

/// Why a program cannot be put into a guest.
#[derive(Debug, thiserror::Error)]
pub enum ProgramsError {
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What it needs cannot be found out.
    #[error("cannot find the libraries of {path}: {source}")]
    Libraries {
        /// Which.
        path: PathBuf,
        /// Why.
        source: lddtree::Error,
    },
    /// A library is not there.
    #[error("{path} needs {library}, which is not here")]
    NoLibrary {
        /// Of which program.
        path: PathBuf,
        /// Which.
        library: String,
    },
}

/// The programs of a guest.
#[derive(Clone, Debug)]
pub struct Programs {
    /// The archive.
    pub archive: Vec<u8>,
    /// Those that are not on this machine.
    pub missing: Vec<String>,
}

impl Programs {
    /// An archive with this program as process 1, and others by their names.
    ///
    /// # Errors
    /// If one that is there cannot be read, or a library of it.
    pub fn new(init: &Path, others: &[&str]) -> Result<Self, ProgramsError> {
        let mut archive = Archive::default();
        for folder in ["/dev", "/proc", "/sys", "/tmp", "/run", "/etc"] {
            archive.folder(folder);
        }
        archive.file("/init", 0o755, &without_debug_sections(read(init)?));
        add_libraries(&mut archive, init)?;
        let mut missing = Vec::new();
        for name in others {
            let Some(path) = find(name) else {
                missing.push((*name).to_owned());
                continue;
            };
            archive.file(&format!("/usr/sbin/{name}"), 0o755, &read(&path)?);
            add_libraries(&mut archive, &path)?;
        }
        for path in FILES {
            if let Ok(content) = fs::read(path) {
                archive.file(path, 0o644, &content);
            }
        }
        Ok(Self { archive: archive.finish(), missing })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ProgramsError> {
    fs::read(path).map_err(|source| ProgramsError::Read { path: path.to_owned(), source })
}

/// Where a program is.
fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(FOLDERS.iter().map(PathBuf::from));
    folders.map(|it| it.join(name)).find(|it| it.is_file())
}

/// Adds the interpreter and the libraries of a program, each under the path by which the loader finds it.
fn add_libraries(archive: &mut Archive, program: &Path) -> Result<(), ProgramsError> {
    let tree = DependencyAnalyzer::default()
        .analyze(program)
        .map_err(|source| ProgramsError::Libraries { path: program.to_owned(), source })?;
    for library in tree.libraries.values() {
        let Some(real) = &library.realpath else {
            return Err(ProgramsError::NoLibrary { path: program.to_owned(), library: library.name.clone() });
        };
        let path = library.path.display().to_string();
        if !archive.has(&path) {
            archive.file(&path, 0o755, &read(real)?);
        }
    }
    let interpreter = tree.interpreter.filter(|it| !archive.has(it));
    interpreter.map_or(Ok(()), |it| {
        archive.file(&it, 0o755, &read(Path::new(&it))?);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_brings_its_interpreter_and_libraries() {
        let this = std::env::current_exe().expect("a program");
        let programs = Programs::new(&this, &["true", "no-such-program"]).expect("an archive");
        assert_eq!(programs.missing, ["no-such-program"]);
        let names = String::from_utf8_lossy(&programs.archive).into_owned();
        assert!(names.contains("usr/sbin/true") && names.contains("libc.so"));
    }
}
