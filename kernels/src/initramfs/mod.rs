//! The archives from which a guest starts: one of programs, the same for all guests of a run; one of a kernel's
//! modules; one of a job and its files. The kernel unpacks one after the other.

mod archive;
mod programs;
mod strip;

pub use archive::Archive;
pub use programs::{Programs, ProgramsError};

use crate::job;
use crate::{Job, Module};

/// Where modules are in the guest.
const MODULES: &str = "/modules";

/// The archive of a kernel's modules, and their paths in the order in which they are loaded.
#[must_use]
pub fn of_modules(modules: &[Module]) -> (Vec<u8>, Vec<String>) {
    let mut archive = Archive::default();
    let paths: Vec<String> = modules.iter().map(|it| format!("{MODULES}/{}.ko", it.name)).collect();
    for (module, path) in modules.iter().zip(&paths) {
        archive.file(path, 0o644, &module.content);
    }
    (archive.finish(), paths)
}

/// The archive of a job, with the files that its commands name.
#[must_use]
pub fn of_job(job: &Job, files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut archive = Archive::default();
    // A job has strings only.
    archive.file(job::PATH, 0o644, serde_json::to_string(job).unwrap_or_default().as_bytes());
    for (path, content) in files {
        archive.file(path, 0o644, content);
    }
    archive.finish()
}
