//! What the oracle has to say of cases in which one thing could be taken to excuse another: a fault in another file, a
//! size, a mapping that nobody uses, an invalidation that threw nothing away. Each row is a run, and everything that is
//! told of it: the rule, the class and the file.

use case::Case;
use machine::DefectSet;
use oracle::{Profile, Verdict};
use shortcopy::judge::{Judge, Signature};
use shortcopy::witness::{Comparison, case_files, compare};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const FOLDER: &str = "corpus/regression/oracle";

type Row = (&'static str, &'static str, Profile, &'static [&'static str]);

const LINUX: Profile = Profile::Linux;
const STRICT: Profile = Profile::PosixStrict;

const ROWS: &[Row] = &[
    ("invalidate-that-failed", "baseline", LINUX, &["S6 RESURRECTED in a"]),
    ("invalidate-that-wrote-out", "zero-length-commit", LINUX, &["L2 LIVELOCK in no file"]),
    ("masked-by-an-unused-mapping-gup", "gup-two-kmap", LINUX, &["S6 RESURRECTED in b", "S8 GARBAGE in a"]),
    ("masked-by-an-unused-mapping-gup", "gup-kmap-atomic", LINUX, &["S6 RESURRECTED in b", "S8 GARBAGE in a"]),
    (
        "masked-by-an-unused-mapping",
        "iovec-cleanup",
        LINUX,
        &["R1 ZERO in b", "S5 OVERRUN in b", "S6 RESURRECTED in a"],
    ),
    ("past-end-store-in-the-writes-range", "temp-page", LINUX, &["S7 EOF_POLLUTION in a"]),
    ("past-end-store-in-the-writes-range", "temp-page", STRICT, &["S7 EOF_POLLUTION in a"]),
    ("read-error-elsewhere", "gup-two-kmap", LINUX, &["S4 RETURN in a"]),
    ("read-error-elsewhere", "gup-kmap-atomic", LINUX, &["S4 RETURN in a"]),
    ("size-hides-lost-cells", "lockless-copy", LINUX, &["R1 ZERO in a", "S1 SIZE in a"]),
    ("size-hides-resurrected-elsewhere", "baseline", LINUX, &["S1 SIZE in b", "S6 RESURRECTED in a"]),
    ("size-hides-return-elsewhere", "gup-two-kmap", LINUX, &["S1 SIZE in b", "S4 RETURN in a"]),
    ("size-hides-return-elsewhere", "gup-kmap-atomic", LINUX, &["S1 SIZE in b", "S4 RETURN in a"]),
    ("size-hides-zero-elsewhere", "baseline", LINUX, &["R1 ZERO in a", "S1 SIZE in b"]),
    ("stale-on-libfs", "trim-blocks", LINUX, &["R1 ZERO in b", "S5 OVERRUN in b"]),
    ("stale-on-libfs", "shared-lru", LINUX, &["R1 ZERO in b", "S5 OVERRUN in b"]),
    ("stale-on-libfs", "iovec-cleanup", LINUX, &["R1 ZERO in b", "S5 OVERRUN in b"]),
    ("unordered-metadata", "baseline", LINUX, &[]),
    ("unordered-metadata", "baseline", STRICT, &["S9 STALE_BLOCK in a"]),
    ("write-error-elsewhere", "baseline", LINUX, &["R1 ZERO in a"]),
    ("write-error-elsewhere", "iovec-cleanup", LINUX, &["R1 ZERO in a", "S5 OVERRUN in a"]),
];

fn read(path: &Path) -> Case {
    let text = fs::read_to_string(path).expect("the case can be read");
    Case::parse(&path.display().to_string(), &text).expect("it is a case")
}

fn path_of(name: &str) -> PathBuf {
    Path::new(FOLDER).join(name).with_extension("case")
}

fn words(case: &Case, verdicts: &[Verdict]) -> BTreeSet<String> {
    let word = |it: &Verdict| {
        let file = it.file.map_or("no file", |file| case.files[file.index()].name.as_str());
        format!("{} {} in {file}", it.rule, it.class)
    };
    verdicts.iter().map(word).collect()
}

#[test]
fn what_is_told_of_each_run() {
    let mut wrong = Vec::new();
    for &(name, strategy, profile, wanted) in ROWS {
        let case = read(&path_of(name));
        let strategy = strategies::find(strategy).expect("there is such a strategy");
        let mut judge = Judge::new(profile);
        let judgement = judge.replay(&case, strategy);
        let told = words(&case, judgement.verdicts);
        let found: Vec<Signature> = judgement.verdicts.iter().map(|it| Signature::of(&case, strategy, it)).collect();
        if told != wanted.iter().map(|&it| it.to_owned()).collect() {
            wrong.push(format!("{name} under {} in {profile}: {told:?}, not {wanted:?}", strategy.id));
        } else if profile == LINUX && compare(&case.expectations, strategy.id, &found) != Comparison::AsExpected {
            wrong.push(format!("{name} expects something else of {}", strategy.id));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), ROWS.len(), wrong.join("\n"));
}

#[test]
fn nothing_is_told_where_all_is_mended() {
    for &(name, strategy, ..) in ROWS {
        let case = read(&path_of(name));
        let mut judge = Judge::new(LINUX);
        judge.mend(DefectSet::ALL);
        let strategy = strategies::find(strategy).expect("there is such a strategy");
        let told = words(&case, judge.replay(&case, strategy).verdicts);
        assert!(told.is_empty(), "{name} under {}: {told:?}", strategy.id);
    }
}

#[test]
fn every_case_has_its_rows() {
    for path in case_files(Path::new(FOLDER)).expect("the folder can be read") {
        let case = read(&path);
        let rows = || ROWS.iter().filter(|(name, ..)| path_of(name) == path);
        assert!(rows().next().is_some(), "nothing is said of {}", path.display());
        for it in &case.expectations {
            assert!(rows().any(|row| row.1 == it.strategy), "{}: no row for {}", path.display(), it.strategy);
        }
    }
}
