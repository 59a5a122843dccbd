//! Where `shortcopy host` runs its cases: a directory that is there, or a filesystem of its own.

use super::Arguments;
use crate::cli::failure::Failure;
use crate::cli::place;
use host::fuse;
use host::mount::{Kind, MountError, Mounted};
use oracle::Profile;
use std::path::PathBuf;

/// The place, what it is, and what it promises.
pub(super) struct TestBed {
    pub mounted: Option<Mounted>,
    pub directory: PathBuf,
    pub filesystem: String,
    pub mount: String,
    pub profile: Profile,
}

pub(super) fn mount_failure(error: MountError) -> Failure {
    place::mount_failure(error, "shortcopy host")
}

/// Goes to the directory, or makes and mounts the filesystem.
pub(super) fn test_bed(arguments: &Arguments) -> Result<TestBed, Failure> {
    let Some(kind) = arguments.place.fs else {
        let directory = arguments.place.directory("shortcopy host")?;
        let mount = host::mount::mount_of(&directory);
        let filesystem = host::mount::filesystem_of(&mount).unwrap_or("unknown").to_owned();
        let profile = Kind::from_word(&filesystem).map_or(Profile::Linux, Kind::profile);
        return Ok(TestBed { mounted: None, directory, filesystem, mount, profile });
    };
    let served = kind == Kind::Fuse;
    if !served && (arguments.writeback_cache || !arguments.defect.is_empty()) {
        return Err(Failure::words("--defect and --writeback-cache are for --fs fuse", "shortcopy host --fs fuse"));
    }
    let mounted = if served {
        serve(arguments)?
    } else {
        arguments.place.options.request(kind).mount().map_err(mount_failure)?
    };
    let mut mount = mounted.describe().to_owned();
    if served {
        mount.push_str(if arguments.writeback_cache { " writeback-cache" } else { "" });
        // Whoever reads of a finding shall not take it for the kernel's.
        mount.extend(arguments.defect.iter().map(|it| format!(" defect={it}")));
    }
    Ok(TestBed {
        directory: mounted.path().to_owned(),
        filesystem: kind.word().to_owned(),
        mount,
        profile: kind.profile(),
        mounted: Some(mounted),
    })
}

/// Mounts the filesystem that threads of this process serve.
fn serve(arguments: &Arguments) -> Result<Mounted, Failure> {
    let defects = arguments.defect.iter().copied().collect();
    fuse::mount(fuse::Options { writeback_cache: arguments.writeback_cache, defects }).map_err(mount_failure)
}
