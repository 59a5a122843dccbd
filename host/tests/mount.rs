//! Each kind of filesystem is mounted for real, and goes away again, also when nobody has the time to unmount it.

#[path = "common/needs.rs"]
mod needs;

use host::marker::{Marker, WORD};
use host::mount::{Kind, MountError, Mounted, Request, enter_private_namespace};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::FileExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Tells this program that it is the child of a test of its own.
const CHILD: &str = "SHORTCOPY_TEST_MOUNTS_AND_WAITS";

/// Mounts in a namespace of the calling thread, which is the test's own, or skips the test.
fn mounted(request: &Request) -> Option<Mounted> {
    needs::or_skip(enter_private_namespace().and_then(|()| request.mount()), MountError::lacks)
}

fn loop_devices() -> String {
    let output = Command::new("losetup").arg("-a").output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
}

/// The image under a loop device, if there is one.
fn backing_file(device: &str) -> Option<String> {
    fs::read_to_string(format!("/sys/block/{}/loop/backing_file", device.trim_start_matches("/dev/"))).ok()
}

/// Waits for something that the kernel does soon, but no longer than is bearable.
fn wait_until(is_so: impl Fn() -> bool) {
    let give_up = Instant::now() + Duration::from_secs(20);
    while !is_so() && Instant::now() < give_up {
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Writes a file, reads it and unmounts.
fn a_file_is_written_and_read(mounted: Mounted) {
    let path = mounted.path().join("file");
    fs::write(&path, b"what was written").expect("it can be written");
    assert_eq!(fs::read(&path).expect("it can be read"), b"what was written");
    let folder = mounted.path().to_owned();
    mounted.unmount().expect("it can be unmounted");
    assert!(!folder.exists(), "the mount point is still there");
}

#[test]
fn each_kind_is_mounted_with_all_defaults() {
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Fuse) {
        let began = Instant::now();
        let Some(mounted) = mounted(&Request::new(kind)) else { continue };
        println!("{} in {:?}: {}", kind.word(), began.elapsed(), mounted.describe());
        assert_eq!(mounted.kind(), kind);
        assert_eq!(mounted.image().is_some(), kind.disk().is_some());
        assert!(mounted.describe().contains(&format!(" - {} ", kind.about().filesystem)), "{}", mounted.describe());
        a_file_is_written_and_read(mounted);
    }
}

#[test]
fn each_block_size_of_a_kind_can_be_asked_for() {
    for kind in Kind::ALL {
        for size in kind.disk().map_or(&[][..], |disk| disk.block_sizes) {
            let Some(mounted) = mounted(&Request::new(kind).with_block_size(*size)) else { continue };
            let got = rustix::fs::statvfs(mounted.path()).expect("it can be asked").f_bsize;
            assert_eq!(got, u64::from(*size), "{}", kind.word());
            a_file_is_written_and_read(mounted);
        }
    }
}

#[test]
fn options_come_after_the_defaults() {
    let request = Request::new(Kind::Ext4).with_mount_options("noatime,data=writeback,nodelalloc");
    let Some(mounted) = mounted(&request) else { return };
    for word in ["noatime", "data=writeback", "nodelalloc"] {
        assert!(mounted.describe().contains(word), "no {word} in {}", mounted.describe());
    }
}

#[test]
fn what_no_filesystem_wrote_still_says_its_sector() {
    for kind in [Kind::Ext4, Kind::Ext2, Kind::Xfs, Kind::Btrfs] {
        let Some(mounted) = mounted(&Request::new(kind)) else { continue };
        let file = mounted.image().expect("it has a disk").file();
        let sectors = u32::try_from(file.metadata().expect("it is there").len() / 512).expect("a small disk");
        let says_its_sector = |sector: &u32| {
            let mut word = [0; WORD];
            file.read_exact_at(&mut word, u64::from(*sector) * 512).expect("it can be read");
            Marker::read(word) == Some(Marker::Disk { sector: *sector })
        };
        let still = (0..sectors).filter(says_its_sector).count();
        println!("{}: {still} of {sectors} sectors say their number", kind.word());
        assert!(still > sectors as usize / 2, "{}: only {still} of {sectors}", kind.word());
    }
}

#[test]
fn what_fails_says_what_to_do() {
    let mut request = Request::new(Kind::Ext4);
    request.mkfs_options.push("--no-such-option".to_owned());
    // With what is right instead it can be mounted.
    if mounted(&Request::new(Kind::Ext4)).is_none() {
        return;
    }
    match request.mount() {
        Err(MountError::Mkfs { stderr, command, .. }) => {
            assert!(stderr.contains("no-such-option") || stderr.contains("invalid option"), "{stderr}");
            assert!(command.contains("mkfs.ext4"), "{command}");
        }
        other => panic!("{other:?}"),
    }
    let refused = Request::new(Kind::Tmpfs).with_mount_options("no_such_option").mount();
    assert!(
        matches!(&refused, Err(MountError::Mount { options, .. }) if options.contains("no_such_option")),
        "{refused:?}"
    );
    assert!(matches!(Request::new(Kind::Fuse).mount(), Err(MountError::ByCaller { word: "fuse" })));
}

#[test]
fn what_somebody_else_mounted_is_unmounted_their_way() {
    let Some(inner) = mounted(&Request::new(Kind::Tmpfs)) else { return };
    let path = inner.path().to_owned();
    let unmount = move || inner.unmount().map_err(std::io::Error::other);
    let adopted = Mounted::adopt(Kind::Fuse, &path, Box::new(unmount)).expect("it is mounted");
    assert!(adopted.describe().contains(" - tmpfs "));
    a_file_is_written_and_read(adopted);
}

#[test]
fn a_namespace_within_another_keeps_nothing_alive() {
    let Some(mounted) = mounted(&Request::new(Kind::Ext4)) else { return };
    let device = mounted.image().expect("it has a disk").device().display().to_string();
    let image = backing_file(&device).expect("it is there");
    let (ready, is_ready) = mpsc::channel();
    let (done, is_done) = mpsc::channel::<()>();
    let other = std::thread::spawn(move || {
        enter_private_namespace().expect("it could before");
        ready.send(()).expect("somebody waits");
        let _ = is_done.recv();
    });
    is_ready.recv().expect("it is in a namespace of its own");
    mounted.unmount().expect("it can be unmounted");
    wait_until(|| backing_file(&device).as_ref() != Some(&image));
    assert_ne!(backing_file(&device), Some(image), "{device} is still attached");
    drop(done);
    other.join().expect("it does not panic");
}

/// Not a test but the child of the next: it mounts everything, says so, and waits to be killed.
#[test]
fn child_that_mounts_and_waits() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    enter_private_namespace().expect("the parent could");
    let kinds = [Kind::Ext4, Kind::Overlay];
    let all: Vec<Mounted> = kinds.map(|kind| Request::new(kind).mount().expect("the parent could")).into();
    let device = all[0].image().expect("it has a disk").device().display().to_string();
    println!("\nMOUNTED {device} {} {}", all[0].path().display(), all[1].path().display());
    loop {
        std::thread::park();
    }
}

#[test]
fn a_process_that_is_killed_leaves_nothing() {
    // In a thread of its own: the child is to come from a namespace where everybody would see what it leaves.
    let possible = || mounted(&Request::new(Kind::Ext4)).is_some();
    if !std::thread::spawn(possible).join().expect("it does not panic") {
        return;
    }
    let program = std::env::current_exe().expect("this program has a path");
    let mut child = Command::new(program)
        .args(["--exact", "child_that_mounts_and_waits", "--nocapture"])
        .env(CHILD, "1")
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program can be started again");
    let output = BufReader::new(child.stdout.take().expect("it is piped"));
    let line = output.lines().map_while(Result::ok).find(|line| line.starts_with("MOUNTED "));
    let line = line.expect("the child mounts");
    let words: Vec<&str> = line.split(' ').skip(1).collect();
    let (device, paths) = (words[0], &words[1..]);
    let image = backing_file(device).expect("the child has a loop device");
    assert!(loop_devices().contains(device), "{device} is not there while the child lives");
    child.kill().expect("it is ours");
    assert_eq!(child.wait().expect("it is ours").signal(), Some(9));

    // A test beside this one may have taken the same number since, with an image of its own.
    let is_left = || backing_file(device).as_ref() == Some(&image) && loop_devices().contains(device);
    wait_until(|| !is_left());
    let mounts = fs::read_to_string("/proc/mounts").expect("it can be read");
    for path in paths {
        assert!(!mounts.contains(path), "{path} is still mounted:\n{mounts}");
        assert!(!std::path::Path::new(path).exists(), "{path} is still there");
    }
    assert!(!is_left(), "{device} is still attached: {}", loop_devices());
}

#[test]
fn what_is_in_use_says_so_and_goes_away_with_its_last_user() {
    let Some(mounted) = mounted(&Request::new(Kind::Ext4)) else { return };
    let device = mounted.image().expect("it has a disk").device().display().to_string();
    let image = backing_file(&device).expect("it is there");
    let user = fs::File::create(mounted.path().join("file")).expect("a file");
    let refused = mounted.unmount();
    assert!(matches!(refused, Err(MountError::Unmount { .. })), "{refused:?}");
    assert_eq!(backing_file(&device), Some(image.clone()));
    drop(user);
    wait_until(|| backing_file(&device).as_ref() != Some(&image));
    assert_ne!(backing_file(&device), Some(image), "{device} is still attached");
}
