//! Each defect, seen in the bytes, in each form of mount that can show it.

use crate::fixture::{self, Fixture, PAGE, mapped, pattern};
use host::fuse::{Defect, Defects, Options};
use host::marker::{Marker, WORD};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileExt;

/// Both forms of a mount: without and with a writeback cache.
const FORMS: [bool; 2] = [false, true];

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
    fixture::evict(file);
    fixture::content(file)
}

fn markers(content: &[u8]) -> Vec<Marker> {
    content.chunks_exact(WORD).filter_map(|it| Marker::read(it.try_into().expect("eight bytes"))).collect()
}

/// Writes the same few bytes of a longer file over and over, which is what many defects wait for.
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
            fixture::evict(&file);
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
            file.metadata().expect("a size").len() == PAGE as u64
        });
    });
}

#[test]
fn short_write() {
    each(Defect::ShortWrite, |fixture, writeback_cache| {
        let old = pattern(100, 1024);
        let file = fixture.file("a", &[]);
        file.write_all_at(&old, 0).expect("in parts");
        soon(Defect::ShortWrite, |turn| {
            let data = pattern(turn, 1024);
            let written = file.write_at(&data, 0).expect("a write");
            if writeback_cache {
                let seen = evicted(&file);
                written == 1024 && seen[..512] == data[..512] && seen[512..] != data[512..]
            } else {
                written == 512
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
            fixture::evict(&file);
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
    let source = include_str!("defects.rs");
    for defect in Defect::ALL {
        let test = format!("fn {}()", defect.word().replace('-', "_"));
        assert!(source.contains(&test), "{defect} has no test of its own");
    }
}
