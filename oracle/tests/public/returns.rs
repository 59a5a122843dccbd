//! What calls return: errors without a cause, counts that do not fit, signals where an error belongs.

use crate::fixture::{A, M, silent, silent_in, start, told, told_among, told_in};
use oracle::builder::{HistoryBuilder, content, written, zeroes};
use oracle::{Cell, Class, Errno, OperationId, Outcome, Profile, Rule};

/// A write of two cells, the second of which is on a page that is not there.
fn second_of_two_is_bad(outcome: Outcome, counted: u32) -> HistoryBuilder {
    let mut b = start(3, 1);
    let w = b.write(A, 2, &[(M, 63, 2)], (1, 2), outcome);
    b.stat(A, (3, 4), 3);
    b.rest(A, &[content(A, 0, 3 - counted), written(w, M, 63, counted)].concat());
    b
}

/// Asterinas 711: the second of two bytes is on an unmapped page; the first has to be counted. Where the write has
/// copied it nevertheless, or counts both, that is told.
#[test]
fn the_second_of_two_cells_is_not_there() {
    told(second_of_two_is_bad(Outcome::Failed(Errno::EFAULT), 1), Rule::S5, Class::Overrun);
    told(second_of_two_is_bad(Outcome::Done(0), 0), Rule::S4, Class::Return);
    silent(second_of_two_is_bad(Outcome::Done(1), 1));
}

/// exFAT, and generic/763 of xfstests: a write of nothing fails with `EFAULT`.
#[test]
fn a_write_of_nothing_fails() {
    for segments in [&[][..], &[(M, 0, 0)]] {
        let nothing = |outcome: Outcome| {
            let mut b = start(0, 1);
            b.unreadable(M, 0);
            b.write(A, 0, segments, (1, 2), outcome);
            b.stat(A, (3, 4), 0);
            b.rest(A, &[]);
            b
        };
        told(nothing(Outcome::Failed(Errno::EFAULT)), Rule::S4, Class::Return);
        silent(nothing(Outcome::Done(0)));
    }
}

/// The Linux Test Project, writev06: each of two segments of one byte ends its page, and the next page must not be
/// read. A kernel that looks beyond a segment fails, or stops after the first.
#[test]
fn segments_that_end_where_nothing_may_be_read() {
    let ends = |outcome: Outcome, counted: &dyn Fn(OperationId) -> Vec<Cell>| {
        let mut b = start(0, 5);
        [0, 2, 4].into_iter().for_each(|page| b.unreadable(M, page));
        let w = b.write(A, 0, &[(M, 127, 1), (M, 255, 1)], (1, 2), outcome);
        b.rest(A, &counted(w));
        b
    };
    told(ends(Outcome::Failed(Errno::EFAULT), &|_| Vec::new()), Rule::S4, Class::Return);
    told(ends(Outcome::Done(1), &|w| written(w, M, 127, 1)), Rule::S4, Class::Return);
    silent(ends(Outcome::Done(2), &|w| [written(w, M, 127, 1), written(w, M, 255, 1)].concat()));
}

/// The second of four segments cannot be read; the file begins with 64 cells, the write at 17.
fn second_segment_is_bad(outcome: Outcome, found: &dyn Fn(OperationId) -> Vec<Cell>) -> HistoryBuilder {
    let mut b = start(64, 3);
    b.unreadable(M, 1);
    let w = b.write(A, 17, &[(M, 0, 16), (M, 64, 16), (M, 16, 16), (M, 32, 16)], (1, 2), outcome);
    let found = [content(A, 0, 17), found(w)].concat();
    b.stat(A, (3, 4), found.len() as u32);
    b.rest(A, &found);
    b
}

/// The Linux Test Project, writev07: the second of four segments is bad. Some count what comes after it, some clear
/// what they did not copy, some make the file as long as it would have become.
#[test]
fn the_second_segment_of_four_is_bad() {
    let skipped = second_segment_is_bad(Outcome::Done(48), &|w| {
        [written(w, M, 0, 16), content(A, 33, 16), written(w, M, 16, 16)].concat()
    });
    told_in(skipped, Profile::Linux, &[(Rule::S4, Class::Return), (Rule::R1, Class::LostWrite)]);
    let cleared =
        second_segment_is_bad(Outcome::Done(16), &|w| [written(w, M, 0, 16), zeroes(15), content(A, 48, 16)].concat());
    told(cleared, Rule::R1, Class::Zero);
    let longer =
        second_segment_is_bad(Outcome::Done(16), &|w| [written(w, M, 0, 16), content(A, 33, 31), zeroes(17)].concat());
    told(longer, Rule::S1, Class::Size);
    silent(second_segment_is_bad(Outcome::Done(16), &|w| [written(w, M, 0, 16), content(A, 33, 31)].concat()));
    // Linux may leave a chunk out altogether.
    let refused = second_segment_is_bad(Outcome::Failed(Errno::EFAULT), &|_| content(A, 17, 47));
    silent_in(refused.clone(), Profile::Linux);
    told_in(refused, Profile::PosixStrict, &[(Rule::S4, Class::Return)]);
}

/// elfuse 299: the source maps a file that is truncated meanwhile. The host's `SIGBUS` reached the caller; it should be
/// a count of what there was.
#[test]
fn the_source_is_cut_off_meanwhile() {
    let cut_off = |outcome: Outcome, copied: u32| {
        let mut b = start(0, 1);
        let other = b.file(192);
        let map = b.mapping(other, 0, 3, true);
        b.write(A, 0, &[(map, 0, 192)], (1, 10), outcome);
        b.truncate(other, 64, (3, 4));
        b.stat(A, (11, 12), copied);
        b.rest(A, &content(other, 0, copied));
        b
    };
    told(cut_off(Outcome::BusError, 0), Rule::S4, Class::Return);
    told_among(cut_off(Outcome::Failed(Errno::EFAULT), 64), Rule::S5, Class::Overrun);
    told(cut_off(Outcome::Failed(Errno::EFAULT), 0), Rule::S4, Class::Return);
    silent(cut_off(Outcome::Done(64), 64));
    // It was there when the write got to it.
    silent_in(cut_off(Outcome::Done(128), 128), Profile::Linux);
    silent(cut_off(Outcome::Done(192), 192));
}
