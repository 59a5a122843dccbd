//! What the cases of the rules begin with, and how they are judged.

use oracle::builder::HistoryBuilder;
use oracle::{Cell, Checker, Class, FileId, MemoryId, OperationId, Outcome, Profile, Rule, Verdict};

pub const M: MemoryId = MemoryId(0);
pub const A: FileId = FileId(0);

/// One file of one page and one anonymous memory of four: pages of 64 cells.
pub fn small() -> HistoryBuilder {
    sized(64)
}

pub fn sized(size: u32) -> HistoryBuilder {
    let mut b = HistoryBuilder::new(64);
    b.file(size);
    b.memory(4);
    b
}

pub fn verdicts(b: HistoryBuilder, profile: Profile) -> Vec<Verdict> {
    Checker::new().check(&b.finish(), profile).to_vec()
}

#[track_caller]
pub fn silent(b: HistoryBuilder) {
    let found = verdicts(b, Profile::Linux);
    assert!(found.is_empty(), "{found:#?}");
}

#[track_caller]
pub fn breaks(b: HistoryBuilder, rule: Rule, class: Class) -> Verdict {
    breaks_in(b, Profile::Linux, rule, class)
}

#[track_caller]
pub fn breaks_in(b: HistoryBuilder, profile: Profile, rule: Rule, class: Class) -> Verdict {
    let found = verdicts(b, profile);
    let it = found.iter().find(|it| (it.rule, it.class) == (rule, class));
    it.unwrap_or_else(|| panic!("no {rule} {class} in {found:#?}")).clone()
}

pub fn join(parts: &[Vec<Cell>]) -> Vec<Cell> {
    parts.concat()
}

pub fn whole_write(b: &mut HistoryBuilder, when: (u32, u32)) -> OperationId {
    b.write(A, 0, &[(M, 0, 64)], when, Outcome::Done(64))
}
