//! What a hunt might have found, for the tests of the reports: something new, something known, and a bug of shortcopy's
//! own.

use super::format::Told;
use super::keeper::{Row, Troubled};
use crate::cause::Cause;
use crate::hunt::Summary;
use crate::judge::Signature;
use case::{Filesystem, Form};
use machine::{Defect, DefectSet};
use oracle::{Class, Persistence, Rule};

pub fn rows() -> Vec<Row> {
    let place = Signature {
        strategy: "baseline",
        filesystem: Filesystem::Block,
        form: Form::PrepareWrite,
        class: Class::Zero,
        persistence: Some(Persistence::Transient),
        rule: Rule::R1,
        cycle: None,
        in_subject: false,
    };
    let new = Row { new: true, ..row(place, Cause::UNEXPLAINED, "A reader sees <zeroes> & more.") };
    let defect = Defect::find("commits-more-than-it-copied").expect("a defect");
    let place = Signature {
        strategy: "no-prefault",
        filesystem: Filesystem::Libfs,
        form: Form::AfterPatch1,
        class: Class::Uninit,
        ..place
    };
    let known = row(place, Cause::new(vec![DefectSet::of(defect)]), "Memory is seen.");
    vec![new, Row { path: Some("find ings/it.case".into()), ..known }]
}

fn row(signature: Signature, cause: Cause, sentence: &str) -> Row {
    let case = case::Case::parse("a case", "shortcopy case 1\nfile a size 0\ntask r read a 0..0\n").expect("a case");
    let (sentence, size) = (sentence.to_owned(), case::measure(&case));
    Row { signature, cause, new: false, needs: Vec::new(), sentence, at_case: 7, size, path: None }
}

pub fn troubles() -> Vec<Troubled> {
    let what = "it said <no> & \"why\"\u{1b}".to_owned();
    vec![Troubled { strategy: "baseline", what, at_case: 9, path: None }]
}

pub fn told<'h>(rows: &'h [Row], troubles: &'h [Troubled]) -> Told<'h> {
    Told { rows, troubles, strategies: vec!["baseline", "no-prefault"], summary: Summary::default(), seed: 1 }
}
