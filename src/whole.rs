//! Files that are there whole or not at all: written beside their place first, and then renamed.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::{Builder, NamedTempFile};

/// What the name of a file that is not finished begins with; the number of the process that writes it comes next.
const PREFIX: &str = ".unfinished-";

/// Nobody writes a file for so long: where nobody can say whether a process is alive, its unfinished file is left that
/// long.
const LONGEST: Duration = Duration::from_secs(3600);

/// Writes a file so that nobody ever sees half of it, whatever happens in between. A device or a pipe is written to as
/// it is.
///
/// # Errors
/// If it cannot be written; then there is no file, or the one that was there before.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|it| !it.is_file() && !it.is_dir()) {
        let mut device = fs::OpenOptions::new().write(true).open(path)?;
        return device.write_all(bytes).and_then(|()| device.flush());
    }
    // A link stays one.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = folder_of(&path);
    fs::create_dir_all(folder)?;
    let mut file = unfinished(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// The folder of a file.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file in this folder that goes away again unless it is persisted.
///
/// # Errors
/// If it cannot be made.
pub(crate) fn unfinished(folder: &Path) -> io::Result<NamedTempFile> {
    let prefix = format!("{PREFIX}{}-", std::process::id());
    let mut builder = Builder::new();
    builder.prefix(&prefix);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Temporary files are private to their owner unless told otherwise; these are not.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// Removes what processes that are gone, killed or without power, left unfinished below a folder.
pub fn remove_left_over(folder: &Path) {
    remove_unfinished(folder, |path| match writer(path) {
        // What has this process's number is another's that had it before: this one calls this before it writes.
        Some(process) if process == std::process::id() => true,
        Some(process) if Path::new("/proc/self").exists() => !Path::new(&format!("/proc/{process}")).exists(),
        _ => fs::metadata(path).and_then(|it| it.modified()).is_ok_and(|it| it.elapsed().is_ok_and(|it| it > LONGEST)),
    });
}

/// Removes what this process has not finished below a folder, for when it ends without waiting for its threads.
pub fn remove_own(folder: &Path) {
    remove_unfinished(folder, |path| writer(path) == Some(std::process::id()));
}

fn remove_unfinished(folder: &Path, is_to_go: impl Fn(&Path) -> bool) {
    let files = walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok).filter(|it| it.file_type().is_file());
    let unfinished: Vec<PathBuf> = files
        .filter(|it| it.file_name().to_string_lossy().starts_with(PREFIX))
        .map(walkdir::DirEntry::into_path)
        .collect();
    for path in unfinished.iter().filter(|it| is_to_go(it)) {
        // What is not there any more, or cannot be removed, is in nobody's way.
        let _ = fs::remove_file(path);
    }
}

/// The process that writes an unfinished file; none if its name does not say.
fn writer(path: &Path) -> Option<u32> {
    let name = path.file_name()?.to_str()?.strip_prefix(PREFIX)?;
    name.split_once('-')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_written_leaves_what_was_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a/b");
        write(&path, b"before").expect("it can be written");
        assert_eq!(fs::read(&path).expect("it is there"), b"before");
        assert!(write(&path.join("c"), b"after").is_err(), "a file is no folder");
        assert_eq!(fs::read_dir(folder.path().join("a")).expect("a folder").count(), 1);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_device_stays_one_and_a_full_one_says_so() {
        use std::os::unix::fs::FileTypeExt;
        assert!(write(Path::new("/dev/full"), b"it").is_err());
        write(Path::new("/dev/null"), b"it").expect("it takes everything");
        assert!(fs::metadata("/dev/null").expect("it is there").file_type().is_char_device());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn only_what_nobody_writes_any_more_is_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut gone = std::process::Command::new("true").spawn().expect("a process");
        gone.wait().expect("an end");
        let names = [gone.id(), std::os::unix::process::parent_id()].map(|it| format!("{PREFIX}{it}-x"));
        for name in &names {
            fs::write(folder.path().join(name), "half").expect("a file");
        }
        remove_left_over(folder.path());
        assert!(!folder.path().join(&names[0]).exists());
        assert!(folder.path().join(&names[1]).exists(), "its process is alive");
        let own = unfinished(folder.path()).expect("a file");
        remove_own(folder.path());
        assert!(!own.path().exists());
    }
}
