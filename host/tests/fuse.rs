//! The FUSE filesystem: without defects it is a plain file's equal, and each defect can be seen in the bytes.

mod fuse_fixture;

use fuse_fixture::{Fixture, PAGE, mapped, pattern};
use host::fuse::{Defect, Defects, Error, Options, Session};
use host::marker::{Marker, WORD};
use rustix::fs::FallocateFlags;
use shortcopy_host as host;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
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
                    fuse_fixture::evict(&files[0]);
                }
                if random.u32(..3) == 0 {
                    let [ours, plain] = [0, 1].map(|it| fuse_fixture::content(&files[it]));
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
    assert_eq!(fuse_fixture::content(&open), b"b", "a file without a name lives while it is open");
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
        fuse_fixture::evict(&file);
        assert_eq!(fuse_fixture::content(&file), right);
        file.set_len(PAGE as u64 + 2).expect("a truncate");
        fuse_fixture::evict(&file);
        right[PAGE + 2..].fill(0);
        assert_eq!(mapped(&path, 2, None), right);
    }
}

/// No test of its own: what others start to look at a mapping.
#[test]
fn a_process_that_maps() {
    fuse_fixture::map_if_asked();
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

mod defects {
    //! Each defect, seen in the bytes, in each form of mount that can show it.
    use super::*;

    fn each(defect: Defect, test: impl Fn(&Fixture, bool)) {
        for writeback_cache in FORMS {
            if defect.classes(writeback_cache).is_empty() {
                continue;
            }
            let options = Options { writeback_cache, defects: Defects::from(defect) };
            let Some(fixture) = Fixture::with(options) else { return };
            test(&fixture, writeback_cache);
        }
    }

    /// Repeats what gives a defect a chance until it shows.
    fn soon(defect: Defect, mut shows: impl FnMut(u64) -> bool) {
        assert!((1..=8).any(&mut shows), "{defect} was not seen");
    }

    /// What is read below the cache.
    fn evicted(file: &File) -> Vec<u8> {
        file.sync_all().expect("a sync");
        fuse_fixture::evict(file);
        fuse_fixture::content(file)
    }

    fn markers(content: &[u8]) -> Vec<Marker> {
        content.chunks_exact(WORD).filter_map(|it| Marker::read(it.try_into().expect("eight bytes"))).collect()
    }

    /// Writes a page-long file over and over with a write of a few bytes, which is what many defects wait for.
    fn writes_show(defect: Defect, offset: u64, length: usize, wrong: impl Fn(&[u8], &[u8]) -> bool) {
        each(defect, |fixture, _| {
            let mut right = pattern(100, 4 * PAGE);
            let file = fixture.file("a", &right);
            soon(defect, |turn| {
                let data = pattern(turn, length);
                let Ok(written) = file.write_at(&data, offset) else { return false };
                right[offset as usize..][..written].copy_from_slice(&data[..written]);
                let seen = evicted(&file);
                seen.len() == right.len() && wrong(&seen, &right)
            });
        });
    }

    #[test]
    fn forgets_to_zero() {
        each(Defect::ForgetsToZero, |fixture, _| {
            let file = fixture.file("a", &pattern(1, 100));
            soon(Defect::ForgetsToZero, |turn| {
                file.set_len(100).and_then(|()| file.set_len(3 * PAGE as u64 + turn)).expect("truncates");
                markers(&evicted(&file)).iter().any(|it| matches!(it, Marker::Memory { .. }))
            });
            let file = fixture.file("b", &[]);
            soon(Defect::ForgetsToZero, |turn| {
                file.write_all_at(&[1], 3 * PAGE as u64 * turn).expect("a write past the end");
                markers(&evicted(&file)).iter().any(|it| matches!(it, Marker::Memory { .. }))
            });
        });
    }

    #[test]
    fn serves_stale_blocks() {
        each(Defect::ServesStaleBlocks, |fixture, _| {
            let file = fixture.file("a", &[]);
            file.set_len(4 * PAGE as u64).expect("a truncate");
            let seen = evicted(&file);
            assert_eq!(markers(&seen[PAGE..2 * PAGE]).len(), PAGE / WORD);
            assert!(seen[..PAGE].iter().chain(&seen[2 * PAGE..]).all(|it| *it == 0));
        });
    }

    #[test]
    fn serves_other_file() {
        each(Defect::ServesOtherFile, |fixture, _| {
            let (mine, yours) = (pattern(1, 2 * PAGE), pattern(2, 2 * PAGE));
            let files = [fixture.file("a", &mine), fixture.file("b", &yours)];
            evicted(&files[1]);
            soon(Defect::ServesOtherFile, |_| {
                let seen = evicted(&files[0]);
                seen.chunks(PAGE).zip(yours.chunks(PAGE)).any(|(seen, foreign)| seen == foreign)
            });
        });
    }

    #[test]
    fn misplaces_write() {
        let length = 100;
        writes_show(Defect::MisplacesWrite, PAGE as u64, length, |seen, right| {
            // With a writeback cache the whole page goes.
            seen[2 * PAGE..][..length] == right[PAGE..][..length] && seen[PAGE..][..length] != right[PAGE..][..length]
        });
    }

    #[test]
    fn stores_uncounted() {
        writes_show(Defect::StoresUncounted, 100, 200, |seen, right| seen[200..300] != right[200..300]);
    }

    #[test]
    fn pollutes_end() {
        each(Defect::PollutesEnd, |fixture, _| {
            soon(Defect::PollutesEnd, |turn| {
                let (name, data) = (turn.to_string(), pattern(turn, PAGE));
                let file = fixture.file(&name, &data);
                evicted(&file);
                file.set_len(1000).expect("a truncate");
                assert_eq!(evicted(&file), data[..1000]);
                fuse_fixture::evict(&file);
                mapped(&fixture.path(&name), 1, None)[1000..] == data[1000..]
            });
        });
    }

    #[test]
    fn keeps_truncated_tail() {
        each(Defect::KeepsTruncatedTail, |fixture, _| {
            soon(Defect::KeepsTruncatedTail, |turn| {
                let data = pattern(turn, PAGE);
                let file = fixture.file(&turn.to_string(), &data);
                evicted(&file);
                file.set_len(1000).and_then(|()| file.set_len(PAGE as u64)).expect("truncates");
                evicted(&file) == data
            });
        });
    }

    #[test]
    fn tears_page() {
        each(Defect::TearsPage, |fixture, _| {
            let mut new = pattern(100, PAGE);
            let file = fixture.file("a", &new);
            evicted(&file);
            soon(Defect::TearsPage, |turn| {
                let old = std::mem::replace(&mut new, pattern(turn, PAGE));
                file.write_all_at(&new, 0).expect("a write");
                let seen = evicted(&file);
                seen[..PAGE / 2] == new[..PAGE / 2] && seen[PAGE / 2..] == old[PAGE / 2..] && evicted(&file) == new
            });
        });
    }

    #[test]
    fn loses_write_after_short_copy() {
        each(Defect::LosesWriteAfterShortCopy, |fixture, _| {
            let file = fixture.file("a", &pattern(100, PAGE - 1));
            soon(Defect::LosesWriteAfterShortCopy, |turn| {
                let (old, new) = (evicted(&file), pattern(turn, 100));
                file.write_all_at(&new, 0).expect("a write");
                evicted(&file) == old
            });
        });
    }

    #[test]
    fn clears_tail_of_write() {
        each(Defect::ClearsTailOfWrite, |fixture, _| {
            let file = fixture.file("a", &[]);
            soon(Defect::ClearsTailOfWrite, |turn| {
                let data = pattern(turn, PAGE + 100);
                file.write_all_at(&data, 0).expect("a write");
                let seen = evicted(&file);
                seen[..PAGE] == data[..PAGE] && seen[PAGE..] == [0; 100]
            });
        });
    }

    #[test]
    fn publishes_size_early() {
        each(Defect::PublishesSizeEarly, |fixture, _| {
            let file = fixture.file("a", &[]);
            soon(Defect::PublishesSizeEarly, |turn| {
                file.write_all_at(&pattern(turn, 100), turn * 100).expect("a write");
                file.metadata().expect("a size").size() == PAGE as u64
            });
        });
    }

    #[test]
    fn short_write() {
        each(Defect::ShortWrite, |fixture, writeback_cache| {
            let old = pattern(100, 1000);
            let file = fixture.file("a", &[]);
            let Ok(()) = file.write_all_at(&old, 0) else { panic!("it can be written in parts") };
            soon(Defect::ShortWrite, |turn| {
                let data = pattern(turn, 1000);
                let written = file.write_at(&data, 0).expect("a write");
                if writeback_cache {
                    let seen = evicted(&file);
                    written == 1000 && seen[..500] == data[..500] && seen[500..] != data[500..]
                } else {
                    written == 500
                }
            });
        });
    }

    #[test]
    fn short_read() {
        each(Defect::ShortRead, |fixture, writeback_cache| {
            let data = pattern(1, 2 * PAGE);
            let file = fixture.file("a", &data);
            soon(Defect::ShortRead, |_| {
                file.sync_all().expect("a sync");
                fuse_fixture::evict(&file);
                let mut buffer = vec![0; 2 * PAGE];
                let read = file.read_at(&mut buffer, 0).expect("a read");
                if writeback_cache { read == 2 * PAGE && buffer != data } else { read < 2 * PAGE }
            });
        });
    }

    #[test]
    fn appends_overlap() {
        each(Defect::AppendsOverlap, |fixture, _| {
            fixture.file("a", &[]);
            let mut appender = OpenOptions::new().append(true).open(fixture.path("a")).expect("it is there");
            let mut length = 0;
            soon(Defect::AppendsOverlap, |turn| {
                appender.write_all(&pattern(turn, 100)).expect("an append");
                length += 100;
                let told = appender.metadata().expect("a size").len();
                appender.write_all(&pattern(turn + 50, 100)).expect("an append");
                length += 100;
                appender.metadata().expect("a size");
                told < length - 100 && appender.metadata().expect("a size").len() < length
            });
        });
    }

    #[test]
    fn garbles_byte() {
        each(Defect::GarblesByte, |fixture, _| {
            let file = fixture.file("a", &[]);
            soon(Defect::GarblesByte, |turn| {
                file.write_all_at(&pattern(turn, 100), 0).expect("a write");
                evicted(&file)[99] == u8::MAX
            });
        });
    }

    #[test]
    fn none_of_them_is_untested() {
        let source = include_str!("fuse.rs");
        for defect in Defect::ALL {
            let test = format!("fn {}()", defect.word().replace('-', "_"));
            assert!(source.contains(&test), "{defect} has no test of its own");
        }
    }
}
