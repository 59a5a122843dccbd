//! Crashes for real, and the control that they show what they should: stale blocks where a filesystem promises nothing
//! else.

#[path = "common/needs.rs"]
mod needs;

use host::crash::{AfterCrash, CrashError, FileAfter, Found, Way, clone_and_look, look_at_image, shut_down_and_look};
use host::marker::{Marker, WORD};
use host::mount::{Kind, MountError, Mounted, Request, enter_private_namespace};
use std::fs::{self, File};
use std::os::unix::fs::FileExt;

/// Files of one round of the control.
const FILES: [&str; 4] = ["a", "b", "c", "d"];
/// Bytes of each.
const SIZE: usize = 64 << 10;
/// The byte that they are filled with.
const PATTERN: u8 = 0x5a;
/// Rounds of the control, each with a filesystem and a crash of its own.
const ROUNDS: usize = 3;
/// An old file, on the disk since long before the crash.
const OLD: &str = "old";

/// Mounts in a namespace of the calling thread, or skips the test.
fn mounted(request: &Request) -> Option<Mounted> {
    needs::or_skip(enter_private_namespace().and_then(|()| request.mount()), MountError::lacks)
}

/// Writes the files, and has the journal take their sizes and blocks to the disk: that of the filesystem is one, so
/// `fsync` of another file does.
fn write_and_commit(mounted: &Mounted) {
    let other = File::create(mounted.path().join("other")).expect("a file");
    other.sync_all().expect("the folder's entry is on the disk");
    for name in FILES {
        fs::write(mounted.path().join(name), [PATTERN; SIZE]).expect("it can be written");
    }
    other.write_all_at(b"commit", 0).expect("it can be written");
    other.sync_all().expect("the journal is on the disk");
}

/// Has one crash.
fn crash(way: Way, mounted: Mounted, names: &[&str]) -> AfterCrash {
    match way {
        Way::Clone => clone_and_look(&mounted, names).expect("a clone"),
        Way::Shutdown => shut_down_and_look(mounted, names).expect("a shutdown").1,
    }
}

/// How many of a file's words are markers of the disk.
fn stale_words(file: &FileAfter) -> usize {
    let words = file.content().unwrap_or_default().chunks_exact(WORD).map(|word| word.try_into().expect("eight bytes"));
    words.filter(|word| matches!(Marker::read(*word), Some(Marker::Disk { .. }))).count()
}

/// Stale words of all files after all crashes, and the bytes of files that there were; `None` if it cannot be done
/// here.
fn control(options: &str, way: Way) -> Option<(usize, usize)> {
    let (mut stale, mut bytes) = (0, 0);
    for _ in 0..ROUNDS {
        let mounted = mounted(&Request::new(Kind::Ext4).with_mount_options(options))?;
        write_and_commit(&mounted);
        for file in crash(way, mounted, &FILES).files {
            stale += stale_words(&file);
            bytes += file.content().unwrap_or_default().len();
        }
    }
    println!("ext4 {options}, {}: {stale} stale words in {bytes} bytes", way.word());
    Some((stale, bytes))
}

#[test]
fn data_writeback_shows_stale_blocks() {
    for way in Way::ALL {
        let Some((stale, _)) = control("data=writeback,nodelalloc", way) else { return };
        assert!(stale > 0, "{}: no stale block, though the mode allows for them", way.word());
    }
}

#[test]
fn data_ordered_shows_none() {
    for way in Way::ALL {
        let Some((stale, bytes)) = control("data=ordered,nodelalloc", way) else { return };
        assert_eq!(bytes, ROUNDS * FILES.len() * SIZE, "{}: the files were committed", way.word());
        assert_eq!(stale, 0, "{}: stale blocks, though the mode promises none", way.word());
    }
}

#[test]
fn what_was_synced_is_there_after_each_crash_of_each_kind() {
    for (kind, way) in Kind::ALL.into_iter().flat_map(|kind| Way::ALL.map(|way| (kind, way))) {
        if !way.fits(kind) {
            continue;
        }
        let Some(mounted) = mounted(&Request::new(kind)) else { continue };
        fs::write(mounted.path().join(OLD), [PATTERN; SIZE]).expect("it can be written");
        rustix::fs::syncfs(File::open(mounted.path()).expect("the root")).expect("it is on the disk");
        fs::write(mounted.path().join("new"), [PATTERN; SIZE]).expect("it can be written");
        let after = crash(way, mounted, &[OLD, "new", "never"]);
        let (crashing, looking, one) = (after.crashing, after.looking, after.one_moment);
        println!("{} {}: crash {crashing:?}, look {looking:?}, one moment: {one}", kind.word(), way.word());
        assert_eq!(after.files[0].content(), Some(&[PATTERN; SIZE][..]), "{} {}", kind.word(), way.word());
        assert_eq!(after.files[2], FileAfter { name: "never".into(), found: Found::Absent });
    }
}

#[test]
fn a_filesystem_goes_on_after_a_clone_and_after_a_shutdown() {
    let Some(mounted) = mounted(&Request::new(Kind::Ext4).with_mount_options("noatime")) else { return };
    clone_and_look(&mounted, &[]).expect("a clone");
    fs::write(mounted.path().join("file"), b"after the clone").expect("it can be written");
    let (mounted, _) = shut_down_and_look(mounted, &[]).expect("a shutdown");
    assert!(mounted.describe().contains("noatime"), "{}", mounted.describe());
    fs::write(mounted.path().join("file"), b"after the shutdown").expect("it can be written");
    mounted.unmount().expect("it can be unmounted");
}

#[test]
fn an_image_of_somebody_else_is_looked_at() {
    let folder = tempfile::tempdir().expect("a folder");
    let image = folder.path().join("disk");
    File::create(&image).and_then(|file| file.set_len(64 << 20)).expect("an image");
    let request = Request { image: Some(image.clone()), ..Request::new(Kind::Ext4) };
    let Some(mounted) = mounted(&request) else { return };
    fs::write(mounted.path().join(OLD), b"old").expect("it can be written");
    mounted.unmount().expect("it can be unmounted");
    let files = look_at_image(&image, Kind::Ext4, &[OLD]).expect("it is a filesystem");
    assert_eq!(files[0].content(), Some(&b"old"[..]));
}

#[test]
fn a_store_that_shares_blocks_makes_a_clone_of_them() {
    let store = Request { size: 512 << 20, filled: false, ..Request::new(Kind::Xfs) };
    let Some(store) = mounted(&store) else { return };
    let request = Request { folder: store.path().to_owned(), ..Request::new(Kind::Ext4) };
    let Some(mounted) = mounted(&request.with_mount_options("data=writeback,nodelalloc")) else { return };
    write_and_commit(&mounted);
    let after = clone_and_look(&mounted, &FILES).expect("a clone");
    println!("ext4 on xfs: crash {:?}, look {:?}", after.crashing, after.looking);
    assert!(after.files.iter().all(|file| stale_words(file) > 0), "the clone has what the original's disk has not");
    mounted.unmount().expect("it can be unmounted");
}

#[test]
fn what_cannot_crash_says_so() {
    let Some(mounted) = mounted(&Request::new(Kind::Tmpfs)) else { return };
    assert!(matches!(clone_and_look(&mounted, &[]), Err(CrashError::NoDisk { word: "tmpfs", .. })));
    assert!(matches!(shut_down_and_look(mounted, &[]), Err(CrashError::NoDisk { .. })));
    assert!(!Way::Shutdown.fits(Kind::Btrfs) && Way::Clone.fits(Kind::Btrfs));
}
