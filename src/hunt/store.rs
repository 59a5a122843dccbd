//! Where findings are kept: by defect, one case file for each place and class, written whole or not at all.

use super::{Finding, Trouble, TroubleKind, caught};
use crate::cause::needs;
use crate::judge::{Judge, Signature};
use crate::reading;
use crate::under_test;
use crate::witness::is_met_by;
use case::{Case, Measure};
use machine::Defect;
use oracle::Profile;
use std::io;
use std::path::{Path, PathBuf};

/// A folder of findings.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// Keeps findings below this folder, which is made when there is something to keep.
    #[must_use]
    pub const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a finding is kept: `DEFECT/STRATEGY-FILESYSTEM-FORM-CLASS.case`, or
    /// `new/STRATEGY-FILESYSTEM-FORM-CLASS-DETAIL-RULE.case` if it is unexplained. What is found in a subject is kept
    /// in `new/NAME-CLASS-DETAIL-RULE.case`, or in `known/` if it was witnessed.
    #[must_use]
    pub fn path(&self, finding: &Finding) -> PathBuf {
        let folder = folder_name(finding);
        self.folder.join(folder).join(file_name(&finding.signature, finding.cause.is_unexplained()))
    }

    /// How large the case is that another hunt left there for the same finding; none if there is none, or if what is
    /// there does not show it (any more).
    #[must_use]
    pub fn size_there(&self, finding: &Finding) -> Option<Measure> {
        let case = read(&self.path(finding))?;
        let Signature { strategy, class, rule, .. } = finding.signature;
        let shown = shown_by(&case, strategy);
        // Of what is explained the name says the class, and not the rule.
        let is_it = |it: &Signature| it.class == class && (it.rule == rule || !finding.cause.is_unexplained());
        shown.iter().any(is_it).then(|| case::measure(&case))
    }

    /// Whether the case of the first path shows what it expects, and is plainer than the one of the second: fewer
    /// faults, then smaller.
    #[must_use]
    pub fn is_plainer(path: &Path, other: &Path) -> bool {
        let plainness = |it: &Case| (needs(it).iter().filter(|need| need.is_a_fault()).count(), case::measure(it));
        let (Some(case), Some(other)) = (read(path), read(other)) else { return false };
        let holds = case
            .expectations
            .iter()
            .filter(|it| it.finding.is_some())
            .any(|it| shown_by(&case, &it.strategy).iter().any(|signature| is_met_by(it, signature)));
        holds && plainness(&case) <= plainness(&other)
    }

    /// Writes a finding there. What was there is replaced.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep(&self, finding: &Finding) -> io::Result<PathBuf> {
        let path = self.path(finding);
        write_whole(&path, &finding.case).map(|()| path)
    }

    /// Writes the case of a bug of our own to `STRATEGY/TROUBLE-KIND-CASE.case`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep_trouble(&self, trouble: &Trouble) -> io::Result<PathBuf> {
        let kind = match trouble.kind {
            TroubleKind::Panic(_) => "panic",
            TroubleKind::Irreducible(..) => "irreducible",
            TroubleKind::Control(name, _) => name,
        };
        let name = format!("TROUBLE-{kind}-{}.case", trouble.at_case);
        let path = self.folder.join(trouble.strategy).join(name);
        write_whole(&path, &trouble.case).map(|()| path)
    }
}

/// Writes a case so that nobody ever sees half of it, whatever happens in between.
///
/// # Errors
/// If it cannot be written; then there is no file, or the one that was there before.
pub fn write_whole(path: &Path, case: &Case) -> io::Result<()> {
    write_text(path, &case.print())
}

/// Writes a text in the same way.
///
/// # Errors
/// If it cannot be written; then there is no file, or the one that was there before.
pub fn write_text(path: &Path, text: &str) -> io::Result<()> {
    crate::whole::write(path, text.as_bytes())
}

/// The case of a file, if it is one.
fn read(path: &Path) -> Option<Case> {
    Case::parse(&path.display().to_string(), &reading::read_text(path).ok()?).ok()
}

/// What a case shows under what has this name; nothing if it cannot be run.
fn shown_by(case: &Case, id: &str) -> Vec<Signature> {
    let tested = under_test::find(id).filter(|it| it.refusal(case).is_none());
    let Some(tested) = tested else { return Vec::new() };
    let shown = caught(|| {
        let mut judge = Judge::new(Profile::Linux);
        let verdicts = judge.replay(case, tested).verdicts;
        verdicts.iter().map(|it| Signature::of(case, tested, it)).collect()
    });
    shown.unwrap_or_default()
}

/// The defects of a cause as a folder's name.
fn folder_name(finding: &Finding) -> String {
    if finding.cause.is_unexplained() {
        return if finding.new { "new" } else { "known" }.to_owned();
    }
    let mut defects: Vec<&str> = finding.cause.defects().map(Defect::id).collect();
    // A name has an end.
    defects.truncate(3);
    defects.join("+")
}

fn file_name(signature: &Signature, in_full: bool) -> String {
    let Signature { strategy, class, rule, .. } = signature;
    let place = signature.place().map_or_else(String::new, |(filesystem, form)| format!("-{filesystem}-{form}"));
    let place = format!("{strategy}{place}-{class}");
    if !in_full {
        return format!("{place}.case");
    }
    let detail = signature.detail_in_a_name().map_or_else(String::new, |it| format!("-{it}"));
    format!("{place}{detail}-{rule}.case")
}
