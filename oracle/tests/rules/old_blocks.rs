//! Q4, where what a block showed before it was cut off may come back: the filesystem gave it to the same place again,
//! before its new data.

use crate::fixture::{A, M, breaks, join, silent, sized};
use oracle::builder::{HistoryBuilder, content, written};
use oracle::{BlockCensus, Call, Class, FileId, Outcome, Rule, Way};

fn fsync(b: &mut HistoryBuilder, file: FileId, when: (u32, u32)) {
    b.done(Call::Fsync { file }, when);
}

fn punch(b: &mut HistoryBuilder, offset: u32, length: u32) {
    b.done(Call::Punch { file: A, offset, length }, (5, 6));
}

/// Two pages in blocks of 16, written over and synchronised. After `change` and a crash, some cells are what they had
/// been before all that.
fn old_cells(change: &dyn Fn(&mut HistoryBuilder), (start, end): (u32, u32)) -> HistoryBuilder {
    let mut b = sized(128);
    b.file(64);
    let w = b.write(A, 0, &[(M, 0, 128)], (1, 2), Outcome::Done(128));
    fsync(&mut b, A, (3, 4));
    change(&mut b);
    b.history().unordered = true;
    let mapped = (0..8).map(|block| (A, block, block)).collect();
    b.history().blocks = Some(BlockCensus { block: 16, mapped, free: vec![], total: 8 });
    b.call(Call::Crash, (30, None), None);
    let middle = content(A, start, end - start);
    b.rest_by(A, Way::Crash, 128, &join(&[written(w, M, 0, start), middle, written(w, M, end, 128 - end)]));
    b
}

#[test]
fn q4_a_block_that_was_cut_off_may_show_what_it_showed() {
    silent(old_cells(&|b| punch(b, 32, 32), (32, 48)));
    silent(old_cells(&|b| punch(b, 32, 32), (48, 64)));
    silent(old_cells(&|b| punch(b, 20, 40), (32, 48)));
    let cut = |b: &mut HistoryBuilder| {
        b.truncate(A, 64, (5, 6));
        b.truncate(A, 128, (7, 8));
    };
    silent(old_cells(&cut, (64, 80)));
}

#[test]
fn q4_a_block_that_was_cut_in_part_stays_where_it_is() {
    breaks(old_cells(&|b| punch(b, 20, 40), (20, 24)), Rule::S9, Class::LostWrite);
    breaks(old_cells(&|b| punch(b, 33, 31), (40, 44)), Rule::S9, Class::LostWrite);
}

#[test]
fn q4_a_block_that_was_not_cut_off_stays_where_it_is() {
    let writes = |b: &mut HistoryBuilder, offset: u32| {
        b.write(A, offset, &[(M, 0, 16)], (7, 8), Outcome::Done(16));
    };
    breaks(old_cells(&|b| writes(b, 32), (32, 48)), Rule::S9, Class::LostWrite);
    let beside = |b: &mut HistoryBuilder| {
        punch(b, 32, 32);
        writes(b, 112);
    };
    breaks(old_cells(&beside, (64, 80)), Rule::S9, Class::LostWrite);
    breaks(old_cells(&beside, (16, 32)), Rule::S9, Class::LostWrite);
}

#[test]
fn q4_what_was_cut_off_for_good_does_not_come_back() {
    let synced = |file: FileId| {
        move |b: &mut HistoryBuilder| {
            punch(b, 32, 32);
            fsync(b, file, (7, 8));
            b.write(A, 0, &[(M, 0, 8)], (9, 10), Outcome::Done(8));
        }
    };
    breaks(old_cells(&synced(A), (32, 48)), Rule::S9, Class::LostWrite);
    silent(old_cells(&synced(FileId(1)), (32, 48)));
}
