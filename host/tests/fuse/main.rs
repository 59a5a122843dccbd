//! The FUSE filesystem: without defects it is a plain file's equal, and each defect can be seen in the bytes.

mod defects;
mod fixture;
#[path = "../common/needs.rs"]
mod needs;

use fixture::{Fixture, PAGE, mapped, pattern};
use host::fuse::{Error, Options, Session};
use rustix::fs::FallocateFlags;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Command, Stdio};

const FORMS: [bool; 2] = [false, true];

/// What happens to a file in one step.
#[derive(Clone, Copy, Debug)]
enum Step {
    Write { offset: u64, length: usize },
    Append { length: usize },
    Truncate { size: u64 },
    Punch { offset: u64, length: u64 },
    Allocate { offset: u64, length: u64 },
    Sync,
    Reopen,
    Empty,
}

impl Step {
    fn any(random: &mut fastrand::Rng) -> Self {
        const SPAN: u64 = 8 * PAGE as u64;
        let (offset, length) = (random.u64(..SPAN), random.u64(1..3 * PAGE as u64));
        match random.u32(..20) {
            0..9 => Self::Write { offset, length: length as usize },
            9..11 => Self::Append { length: (length / 4 + 1) as usize },
            11..14 => Self::Truncate { size: offset },
            14..16 => Self::Punch { offset, length },
            16 => Self::Allocate { offset, length },
            17 => Self::Sync,
            18 => Self::Reopen,
            _ => Self::Empty,
        }
    }

    fn take(self, file: &mut File, path: &Path, number: u64) {
        let data = |length| pattern(number, length);
        match self {
            Self::Write { offset, length } => file.write_all_at(&data(length), offset).expect("a write"),
            Self::Append { length } => {
                let mut file = OpenOptions::new().append(true).open(path).expect("it is there");
                file.write_all(&data(length)).expect("an append");
            }
            Self::Truncate { size } => file.set_len(size).expect("a truncate"),
            Self::Punch { offset, length } => {
                let mode = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
                rustix::fs::fallocate(file, mode, offset, length).expect("a hole");
            }
            Self::Allocate { offset, length } => {
                rustix::fs::fallocate(file, FallocateFlags::empty(), offset, length).expect("space");
            }
            Self::Sync => file.sync_all().expect("a sync"),
            Self::Reopen => *file = OpenOptions::new().read(true).write(true).open(path).expect("it is there"),
            Self::Empty => {
                let mut options = OpenOptions::new();
                *file = options.read(true).write(true).truncate(true).open(path).expect("it is there");
            }
        }
    }
}

#[test]
fn without_defects_it_is_a_plain_files_equal() {
    for writeback_cache in FORMS {
        let Some(fixture) = Fixture::with(Options { writeback_cache, ..Options::default() }) else { return };
        let plain = tempfile::tempdir().expect("a directory");
        for seed in 0..12 {
            let mut random = fastrand::Rng::with_seed(seed);
            let paths = [fixture.path("a"), plain.path().join("a")];
            let mut files = paths.clone().map(|path| File::create_new(path).expect("a new file"));
            for number in 0..120 {
                let step = Step::any(&mut random);
                for (file, path) in files.iter_mut().zip(&paths) {
                    step.take(file, path, number);
                }
                // Whoever looks at each step keeps everything cached, and what is wrong below the cache hidden.
                let evicted = random.bool();
                if evicted {
                    fixture::evict(&files[0]);
                }
                if random.u32(..3) == 0 {
                    let [ours, plain] = [0, 1].map(|it| fixture::content(&files[it]));
                    let place = ours.iter().zip(&plain).position(|(one, other)| one != other);
                    let told =
                        format!("seed {seed}, step {number}, {step:?}, evicted {evicted}, cache {writeback_cache}");
                    assert_eq!((ours.len(), place), (plain.len(), None), "{told}");
                    assert_eq!(files[0].metadata().expect("a size").len(), plain.len() as u64, "{told}");
                }
            }
            for path in paths {
                fs::remove_file(path).expect("it is there");
            }
        }
    }
}

#[test]
fn names_come_move_and_go() {
    let Some(fixture) = Fixture::with(Options::default()) else { return };
    let names = || {
        let entries = fs::read_dir(fixture.directory()).expect("a directory");
        let mut names: Vec<_> = entries.map(|it| it.expect("an entry").file_name().into_string()).collect();
        names.sort();
        names.into_iter().map(|it| it.expect("plain")).collect::<Vec<_>>()
    };
    for name in ["a", "b", "c"] {
        fs::write(fixture.path(name), name).expect("a file");
    }
    let open = File::open(fixture.path("b")).expect("it is there");
    fs::rename(fixture.path("a"), fixture.path("b")).expect("both are there");
    fs::remove_file(fixture.path("c")).expect("it is there");
    assert_eq!(names(), ["b"]);
    assert_eq!(fs::read(fixture.path("b")).expect("it is there"), b"a");
    assert_eq!(fixture::content(&open), b"b", "a file without a name lives while it is open");
    let many: Vec<String> = (0..500).map(|it| format!("a-rather-long-name-of-a-file-{it:04}")).collect();
    for name in &many {
        File::create(fixture.path(name)).expect("a file");
    }
    assert_eq!(names()[..500], many);
    let room = rustix::fs::statfs(fixture.directory()).expect("it is mounted");
    assert!(room.f_bfree < room.f_blocks && room.f_bsize == PAGE as i64);
}

#[test]
fn a_mapping_sees_writes_and_stores_reach_the_file() {
    for writeback_cache in FORMS {
        let Some(fixture) = Fixture::with(Options { writeback_cache, ..Options::default() }) else { return };
        let (path, mut right) = (fixture.path("a"), pattern(1, 2 * PAGE));
        let file = fixture.file("a", &right);
        assert_eq!(mapped(&path, 2, None), right);
        file.write_all_at(&pattern(2, 100), 50).expect("a write");
        right[50..150].copy_from_slice(&pattern(2, 100));
        right[PAGE..PAGE + 3].copy_from_slice(b"new");
        assert_eq!(mapped(&path, 2, Some((PAGE, "new"))), right);
        file.sync_all().expect("a sync");
        fixture::evict(&file);
        assert_eq!(fixture::content(&file), right);
        file.set_len(PAGE as u64 + 2).expect("a truncate");
        fixture::evict(&file);
        right[PAGE + 2..].fill(0);
        assert_eq!(mapped(&path, 2, None), right);
    }
}

/// No test of its own: what others start to look at a mapping.
#[test]
fn a_process_that_maps() {
    fixture::map_if_asked();
}

#[test]
fn nothing_stays_mounted_although_a_file_is_open() {
    let Some(fixture) = Fixture::with(Options { writeback_cache: true, ..Options::default() }) else { return };
    let file = fixture.file("a", b"dirty");
    let directory = fixture.unmount();
    assert!(fs::read_dir(directory.path()).expect("an empty directory").next().is_none());
    assert!(
        file.write_all_at(b"late", 0).and_then(|()| file.sync_all()).is_err(),
        "nobody waits for a server that is gone"
    );
}

const SERVE: &str = "SHORTCOPY_TEST_SERVES";

/// No test of its own: what the next one starts, and kills.
#[test]
fn a_server_that_will_be_killed() {
    let Some(directory) = std::env::var_os(SERVE) else { return };
    let _session = Session::mount(Path::new(&directory), Options::default()).expect("it can be mounted");
    println!("mounted");
    loop {
        std::thread::park();
    }
}

#[test]
fn what_a_killed_server_leaves_is_dead_and_makes_room() {
    let Some(fixture) = Fixture::with(Options::default()) else { return };
    let directory = fixture.unmount();
    let mut command = Command::new(std::env::current_exe().expect("this very program"));
    command.args(["--exact", "a_server_that_will_be_killed", "--nocapture"]).env(SERVE, directory.path());
    let mut server = command.stdout(Stdio::piped()).spawn().expect("it runs");
    let mut lines = BufReader::new(server.stdout.take().expect("it was piped")).lines();
    assert!(lines.any(|line| line.expect("text").ends_with("mounted")));
    let file = File::create(directory.path().join("a")).expect("it is served");
    server.kill().and_then(|()| server.wait()).expect("it was running");
    let refused = file.write_all_at(b"late", 0).expect_err("there is no server");
    assert_eq!(refused.raw_os_error(), Some(libc::ENOTCONN));
    drop(file);
    let session = Session::mount(directory.path(), Options::default()).expect("the dead mount makes room");
    assert!(fs::read_dir(session.directory()).expect("a new one").next().is_none());
    drop(session);
    fs::remove_dir(directory.path()).expect("nothing is mounted there any more");
}

#[test]
fn what_cannot_be_mounted_says_where() {
    let Some(_) = Fixture::with(Options::default()) else { return };
    let error = Session::mount(Path::new("/nowhere/at/all"), Options::default()).expect_err("it is not there");
    assert!(matches!(error, Error::Mount { .. }) && error.to_string().contains("/nowhere/at/all"), "{error}");
}
