//! How long a check takes: a clean history of two files, ten operations and six looks at rest.

use oracle::builder::{HistoryBuilder, content, written, zeroes};
use oracle::{Checker, History, Outcome, Profile};

/// Shows that a check of a clean history allocates nothing once the checker is warm.
#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

/// Six tasks on two files of four pages: overlapping writes, a short one, readers in flight, a truncate and an
/// extension.
fn ordinary() -> History {
    let mut b = HistoryBuilder::new(64);
    let (f, g) = (b.file(256), b.file(256));
    let m = b.memory(4);
    let map = b.mapping(g, 0, 4, true);
    b.unreadable(m, 3);
    let one = b.write(f, 16, &[(m, 0, 40), (m, 60, 50)], (1, 20), Outcome::Done(90));
    let two = b.write(g, 64, &[(m, 64, 64)], (2, 12), Outcome::Done(64));
    let mut seen = content(f, 0, 16);
    seen.extend(written(one, m, 0, 40));
    seen.extend(content(f, 56, 72));
    b.read(f, 0, 128, (5, 9), &seen);
    b.read(g, 0, 64, (6, 10), &content(g, 0, 64));
    b.load(map, 64, (14, 15), &written(two, m, 64, 64));
    let three = b.write(f, 128, &[(m, 128, 128)], (22, 30), Outcome::Done(64));
    let four = b.write(f, 240, &[(m, 0, 64)], (31, 40), Outcome::Done(64));
    b.truncate(g, 200, (33, 38));
    b.stat(g, (41, 42), 200);
    let five = b.write(g, 0, &[(map, 128, 32)], (43, 50), Outcome::Done(32));
    b.read(g, 0, 32, (51, 53), &content(g, 128, 32));
    let _ = five;
    let mut rest = content(f, 0, 16);
    rest.extend(written(one, m, 0, 40));
    rest.extend(written(one, m, 60, 50));
    rest.extend(content(f, 106, 22));
    rest.extend(written(three, m, 128, 64));
    rest.extend(content(f, 192, 48));
    rest.extend(written(four, m, 0, 64));
    b.rest(f, &rest);
    let mut rest = content(g, 128, 32);
    rest.extend(content(g, 32, 32));
    rest.extend(written(two, m, 64, 64));
    rest.extend(content(g, 128, 72));
    b.rest(g, &rest);
    b.finish()
}

/// One write and one reader on one file: the smallest case worth running.
fn smallest() -> History {
    let mut b = HistoryBuilder::new(64);
    let f = b.file(64);
    let m = b.memory(2);
    let one = b.write(f, 0, &[(m, 0, 40), (m, 60, 24)], (1, 20), Outcome::Done(64));
    b.read(f, 0, 64, (5, 9), &content(f, 0, 64));
    let rest = [written(one, m, 0, 40), written(one, m, 60, 24), zeroes(0)].concat();
    b.rest(f, &rest);
    b.finish()
}

#[divan::bench(sample_count = 200, sample_size = 500, args = ["smallest", "ordinary"])]
fn check(bencher: divan::Bencher<'_, '_>, which: &str) {
    let history = if which == "smallest" { smallest() } else { ordinary() };
    let mut checker = Checker::new();
    let verdicts = checker.check(&history, Profile::Linux);
    assert!(verdicts.is_empty(), "the benchmark measures clean histories: {verdicts:?}");
    bencher.bench_local(|| checker.check(divan::black_box(&history), Profile::Linux).len());
}
