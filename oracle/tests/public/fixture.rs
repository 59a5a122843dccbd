//! What these histories begin with, and how they are judged.

use oracle::builder::HistoryBuilder;
use oracle::{Checker, Class, FileId, MemoryId, Profile, Rule, Verdict};

pub const A: FileId = FileId(0);
pub const M: MemoryId = MemoryId(0);

/// One file of so many cells, and one anonymous memory of so many pages of 64.
pub fn start(size: u32, pages: u32) -> HistoryBuilder {
    let mut b = HistoryBuilder::new(64);
    b.file(size);
    b.memory(pages);
    b
}

fn verdicts(b: HistoryBuilder, profile: Profile) -> Vec<Verdict> {
    Checker::new().check(&b.finish(), profile).to_vec()
}

fn words(found: &[Verdict]) -> String {
    let lines = found.iter().map(|it| {
        let Verdict { rule, class, start, end, operation, way, message, .. } = it;
        format!("\n  {rule} {class} at {start}..{end} by {operation:?} {way:?}: {message}")
    });
    lines.collect()
}

/// What a right kernel does is right wherever it is held to.
#[track_caller]
pub fn silent(b: HistoryBuilder) {
    for profile in [Profile::Linux, Profile::PosixStrict] {
        silent_in(b.clone(), profile);
    }
}

#[track_caller]
pub fn silent_in(b: HistoryBuilder, profile: Profile) {
    let found = verdicts(b, profile);
    assert!(found.is_empty(), "{profile}: {}", words(&found));
}

/// A rule is broken, and nothing else is told.
#[track_caller]
pub fn told(b: HistoryBuilder, rule: Rule, class: Class) {
    told_in(b, Profile::Linux, &[(rule, class)]);
}

/// These rules are broken, and nothing else is told.
#[track_caller]
pub fn told_in(b: HistoryBuilder, profile: Profile, wanted: &[(Rule, Class)]) {
    let found = verdicts(b, profile);
    let told = |it: &(Rule, Class)| found.iter().any(|verdict| (verdict.rule, verdict.class) == *it);
    let only = found.iter().all(|verdict| wanted.contains(&(verdict.rule, verdict.class)));
    assert!(wanted.iter().all(told) && only, "{wanted:?} should be told, and not:{}", words(&found));
}

/// A rule is broken, whatever else may be.
#[track_caller]
pub fn told_among(b: HistoryBuilder, rule: Rule, class: Class) {
    let found = verdicts(b, Profile::Linux);
    let is_told = found.iter().any(|it| (it.rule, it.class) == (rule, class));
    assert!(is_told, "{rule} {class} should be told, and not only:{}", words(&found));
}
