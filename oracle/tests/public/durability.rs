//! What does not stay: stores that nobody writes out, dirty pages that are thrown away.

use crate::fixture::{A, M, silent, start, told};
use oracle::builder::{HistoryBuilder, content, stored, written, zeroes};
use oracle::{Call, Cell, Class, Errno, FaultKind, OperationId, Outcome, Rule, Way};

/// The file as the page cache has it, and as it is when that has been emptied.
fn evicted(b: &mut HistoryBuilder, cached: &[Cell], found: &[Cell]) {
    b.rest_by(A, Way::Read, cached.len() as u32, cached);
    b.rest_by(A, Way::Evicted, found.len() as u32, found);
}

/// generic/029 of xfstests: the page is still mapped for writing when the file is cut and grows again, so that nobody
/// hears of the next store, and no block is allocated for it past the old end. The store is in the page, and not on the
/// disk.
#[test]
fn a_store_after_a_truncate_in_its_page_is_not_written_out() {
    let stores = |lost: bool| {
        let mut b = start(0, 2);
        let map = b.mapping(A, 0, 2, true);
        b.truncate(A, 80, (1, 2));
        let w = b.write(A, 0, &[(M, 0, 80)], (3, 4), Outcome::Done(80));
        b.store(map, 32, 48, (5, 6));
        b.truncate(A, 32, (7, 8));
        b.truncate(A, 80, (9, 10));
        let s = b.store(map, 32, 48, (11, 12));
        let right = [written(w, M, 0, 32), stored(s, 32, 48)].concat();
        let wrong = [written(w, M, 0, 32), zeroes(48)].concat();
        evicted(&mut b, &right, if lost { &wrong } else { &right });
        b
    };
    told(stores(true), Rule::R1, Class::Zero);
    silent(stores(false));
}

/// The first store of the same comes back from the disk, behind where the file was cut.
#[test]
fn a_store_before_the_truncate_comes_back() {
    let mut b = start(80, 1);
    let map = b.mapping(A, 0, 2, true);
    let s = b.store(map, 32, 48, (1, 2));
    b.truncate(A, 32, (3, 4));
    b.truncate(A, 80, (5, 6));
    let right = [content(A, 0, 32), zeroes(48)].concat();
    let wrong = [content(A, 0, 32), stored(s, 32, 16), zeroes(32)].concat();
    let mut twin = b.clone();
    evicted(&mut b, &right, &wrong);
    told(b, Rule::S6, Class::Resurrected);
    evicted(&mut twin, &right, &right);
    silent(twin);
}

/// generic/030 of xfstests: the file grows, is stored to, is cut again inside a block and grows once more; the last
/// store is lost from the next block on.
#[test]
fn a_store_past_an_old_end_is_lost_from_the_next_block_on() {
    let stores = |kept: u32| {
        let mut b = start(0, 4);
        let map = b.mapping(A, 0, 4, true);
        b.truncate(A, 200, (1, 2));
        let w = b.write(A, 0, &[(M, 0, 200)], (3, 4), Outcome::Done(200));
        b.truncate(A, 248, (5, 6));
        b.store(map, 200, 48, (7, 8));
        b.truncate(A, 200, (9, 10));
        let s = b.store(map, 184, 16, (11, 12));
        b.truncate(A, 248, (13, 14));
        let t = b.store(map, 200, 48, (15, 16));
        let front = [written(w, M, 0, 184), stored(s, 184, 16)].concat();
        let right = [front.clone(), stored(t, 200, 48)].concat();
        let found = [front, stored(t, 200, kept), zeroes(48 - kept)].concat();
        evicted(&mut b, &right, &found);
        b
    };
    told(stores(8), Rule::R1, Class::Zero);
    silent(stores(48));
}

/// generic/567 of xfstests: a hole is punched from the middle of one page to the middle of another; those two stay
/// mapped for writing, and what is stored there next is not written out.
#[test]
fn stores_at_the_ends_of_a_hole_are_lost() {
    let stores = |lost: bool| {
        let mut b = start(0, 3);
        let map = b.mapping(A, 0, 3, true);
        let w = b.write(A, 0, &[(M, 0, 192)], (1, 2), Outcome::Done(192));
        b.store(map, 32, 128, (3, 4));
        b.done(Call::Punch { file: A, offset: 32, length: 128 }, (5, 6));
        let s = b.store(map, 32, 128, (7, 8));
        let with = |ends: fn(OperationId, u32) -> Vec<Cell>| {
            let hole = [ends(s, 32), stored(s, 64, 64), ends(s, 128)].concat();
            [written(w, M, 0, 32), hole, written(w, M, 160, 32)].concat()
        };
        let right = with(|s, at| stored(s, at, 32));
        let wrong = with(|_, _| zeroes(32));
        evicted(&mut b, &right, if lost { &wrong } else { &right });
        b
    };
    told(stores(true), Rule::R1, Class::Zero);
    silent(stores(false));
}

/// The Linux Test Project, mmap-corruption01: pages are written out while they are stored to through a mapping, and
/// taken for clean when they are dropped.
#[test]
fn stores_during_writeback_are_lost() {
    let stores = |lost: bool| {
        let mut b = start(192, 1);
        let map = b.mapping(A, 0, 3, true);
        let r = b.store(map, 0, 48, (1, 2));
        b.done(Call::Other, (3, 8));
        let s = b.store(map, 48, 48, (5, 6));
        let t = b.store(map, 96, 96, (7, 8));
        b.done(Call::Other, (9, 10));
        let second = if lost { content(A, 48, 48) } else { stored(s, 48, 48) };
        let found = [stored(r, 0, 48), second, stored(t, 96, 96)].concat();
        b.load(map, 0, (11, 12), &found);
        b.rest(A, &found);
        b
    };
    told(stores(true), Rule::R1, Class::LostWrite);
    silent(stores(false));
}

/// XFS, mended by Linux f43dc4dc3eff: a write fails in a page that is dirty and has no blocks yet, and to undo it the
/// page is thrown away, with what an earlier write has put there.
#[test]
fn a_failed_write_throws_a_dirty_page_away() {
    let failed = |lost: bool| {
        let mut b = start(128, 1);
        let u = b.write(A, 0, &[(M, 0, 16)], (1, 2), Outcome::Done(16));
        let w = b.write(A, 40, &[(M, 16, 40)], (3, 4), Outcome::Failed(Errno::ENOSPC));
        b.fault(w, FaultKind::NoSpace);
        let right = [written(u, M, 0, 16), content(A, 16, 112)].concat();
        let wrong = [zeroes(64), content(A, 64, 64)].concat();
        b.rest(A, if lost { &wrong } else { &right });
        b
    };
    told(failed(true), Rule::R1, Class::Zero);
    silent(failed(false));
}
