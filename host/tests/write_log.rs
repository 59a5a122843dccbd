//! The log under a real loop device: what ext4 wrote, prefix by prefix.

#[path = "common/needs.rs"]
mod needs;

use host::mount::{Kind, MountError, Request, enter_private_namespace};
use host::write_log::{Base, Change, WriteLog};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const SIZE: u64 = 16 << 20;

/// A log on a directory of its own, or the test is skipped.
fn log(base: Base) -> Option<(tempfile::TempDir, WriteLog)> {
    let directory = tempfile::tempdir().expect("a directory");
    let log = WriteLog::mount(directory.path(), base).map_err(MountError::from);
    Some((directory, needs::or_skip(log, MountError::lacks)?))
}

/// What was recorded, without the times.
fn changes(log: &WriteLog) -> Vec<Change> {
    log.entries().expect("it can be read").into_iter().map(|it| it.change).collect()
}

fn run(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(arguments).output().map_err(|error| format!("{program}: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let failure = || format!("{program} {arguments:?}: {text}{}", String::from_utf8_lossy(&output.stderr));
    if output.status.success() { Ok(text) } else { Err(failure()) }
}

/// A loop device over a file, let go when this is dropped.
struct Loop(String);

impl Loop {
    fn over(path: &Path) -> Result<Self, String> {
        let path = path.to_str().expect("text");
        Ok(Self(run("losetup", &["--find", "--show", path])?.trim().to_owned()))
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        if let Err(error) = run("losetup", &["--detach", &self.0]) {
            eprintln!("{error}");
        }
    }
}

/// Mounts ext4 from a file, and looks at it.
fn with_ext4<T>(image: &Path, look: impl FnOnce(&Path) -> T) -> Result<T, String> {
    let device = Loop::over(image)?;
    let point = tempfile::tempdir().map_err(|error| error.to_string())?;
    mount(&*device.0, point.path(), "ext4", MountFlags::empty(), c"").map_err(|error| error.to_string())?;
    let result = look(point.path());
    unmount(point.path(), UnmountFlags::empty()).map_err(|error| error.to_string())?;
    Ok(result)
}

#[test]
fn what_was_written_is_recorded_in_order_and_every_prefix_can_be_had() {
    let base: Vec<u8> = (0..10_000_u32).map(|it| it as u8).collect();
    let folder = tempfile::tempdir().expect("a directory");
    let file = folder.path().join("base");
    fs::write(&file, &base).expect("a file");
    for base_of_log in [Base::Bytes(base.clone()), Base::File(file)] {
        let Some((_directory, log)) = log(base_of_log) else { return };
        let mut disk = File::options().read(true).write(true).open(log.path()).expect("it is there");
        disk.write_all_at(b"one", 4095).expect("a write");
        disk.sync_all().expect("a flush");
        disk.seek(SeekFrom::Start(9998)).expect("a place");
        assert_eq!(disk.write(b"four").expect("as much as fits"), 2);
        disk.write(b"x").expect_err("a disk does not grow");
        let data = |it: &[u8]| it.into();
        let first = Change::Write { offset: 4095, data: data(b"one") };
        let last = Change::Write { offset: 9998, data: data(b"fo") };
        assert_eq!(changes(&log), [first, Change::Flush, last]);
        let mut right = base.clone();
        for (prefix, write) in [(0, None), (1, Some((4095, &b"one"[..]))), (2, None), (3, Some((9998, &b"fo"[..])))] {
            if let Some((offset, data)) = write {
                right[offset..offset + data.len()].copy_from_slice(data);
            }
            let path = folder.path().join("image");
            log.image_of_prefix(prefix, &path).expect("an image");
            assert_eq!(fs::read(path).expect("it is there"), right, "after {prefix} entries");
        }
        let mut now = Vec::new();
        disk.rewind().and_then(|()| disk.read_to_end(&mut now)).expect("it can be read");
        assert_eq!(now, right);
    }
}

/// Makes ext4 on the log, writes a file and syncs it, then another without. How long the log was after the sync.
fn write_files(log: &WriteLog) -> Result<usize, String> {
    let path = log.path().to_str().expect("text");
    let options = "lazy_itable_init=0,lazy_journal_init=0";
    run("mkfs.ext4", &["-q", "-F", "-b", "1024", "-E", options, path])?;
    with_ext4(log.path(), |root| {
        let mut file = File::create(root.join("synced")).expect("a file");
        file.write_all(&[0x5a; 70_000]).and_then(|()| file.sync_all()).expect("a synced write");
        let synced = changes(log).len();
        fs::write(root.join("other"), [0xa5; 9000]).expect("a file");
        synced
    })
}

#[test]
fn every_prefix_of_what_ext4_wrote_mounts() {
    // In a namespace of its own also what fails below leaves nothing mounted. An ext4 can be had, or nothing of this
    // can.
    let mounted = enter_private_namespace().and_then(|()| Request::new(Kind::Ext4).mount());
    if needs::or_skip(mounted, MountError::lacks).is_none() {
        return;
    }
    let is_missing = |error: &io::Error| (error.kind() == io::ErrorKind::NotFound).then_some("losetup");
    if needs::or_skip(Command::new("losetup").arg("--version").output(), is_missing).is_none() {
        return;
    }
    let Some((_directory, log)) = log(Base::Zeroes(SIZE)) else { return };
    let synced = write_files(&log).expect("ext4 on a log");
    let entries = changes(&log);
    let flushed = entries[..synced].iter().rposition(|it| *it == Change::Flush).expect("a sync flushes");
    assert!(entries.len() > synced, "an unmount writes");

    let folder = tempfile::tempdir().expect("a directory");
    let image: PathBuf = folder.path().join("image");
    let content = |prefix: usize| {
        log.image_of_prefix(prefix, &image).expect("an image");
        let synced = with_ext4(&image, |root| fs::read(root.join("synced")));
        synced.unwrap_or_else(|error| panic!("prefix {prefix} of {}: {error}", entries.len()))
    };
    // Each second one or so, and those beside the flush that matters.
    for prefix in (flushed + 1..=entries.len()).step_by(2).chain([synced, entries.len()]) {
        assert_eq!(content(prefix).expect("it was synced"), [0x5a; 70_000], "prefix {prefix} of {}", entries.len());
    }
    let path = image.to_str().expect("text");
    run("e2fsck", &["-f", "-n", path]).expect("what was unmounted is clean");
    // Before the sync the file may be missing or short, but the disk mounts all the same.
    let made =
        entries[..flushed].iter().rposition(|it| *it == Change::Flush).expect("a journal flushes before it commits");
    for prefix in made..=flushed {
        let seen = content(prefix).unwrap_or_default();
        assert!(seen.iter().all(|it| [0, 0x5a].contains(it)), "prefix {prefix}");
    }
}
