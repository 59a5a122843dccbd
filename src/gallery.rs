//! The gallery: for each strategy, filesystem and class that was found the smallest case that shows it, with its story.

use crate::judge::{Judge, Signature};
use crate::reduce::{Irreducible, reduce};
use crate::report;
use crate::witness::is_met_by;
use case::Case;
use machine::Strategy;
use oracle::{Notation, Profile, Verdict};
use std::path::PathBuf;

/// A case for the gallery.
#[derive(Clone, Debug)]
pub struct Exhibit {
    /// What it shows.
    pub signature: Signature,
    /// The case: minimal, with its story as comments.
    pub case: Case,
}

impl Exhibit {
    /// Makes one of what a case shows under a strategy: what it expects first if it shows that, else the worst. `None` if it shows nothing.
    ///
    /// # Errors
    /// If it cannot be shrunk.
    pub fn of(case: &Case, strategy: &'static Strategy, judge: &mut Judge) -> Result<Option<Self>, Irreducible> {
        let shown = signatures(case, strategy, judge);
        let mine = case.expectations.iter().filter(|it| it.strategy == strategy.id);
        let expected = mine.filter_map(|it| shown.iter().find(|signature| is_met_by(it, signature))).next();
        let Some(signature) = expected.or(shown.first()).copied() else { return Ok(None) };
        let mut small = reduce(judge, case, strategy, &signature, Profile::Linux, &mut |_| {})?;
        small.expectations.retain(|it| it.strategy == strategy.id);
        let verdicts = judge.replay(&small, strategy).verdicts;
        let shows_it = |it: &&Verdict| Signature::of(&small, strategy, it) == signature;
        let verdict = verdicts.iter().find(shows_it).ok_or(Irreducible::NotShown)?;
        small.comments = story(&small, strategy, &signature, verdict);
        Ok(Some(Self { signature, case: small }))
    }

    /// Where it hangs, below the folder of witnesses: `STRATEGY/FILESYSTEM/CLASS-DETAIL.case`.
    #[must_use]
    pub fn place(&self) -> PathBuf {
        let Signature { strategy, filesystem, class, .. } = self.signature;
        let detail = detail_in_a_name(&self.signature).map_or_else(String::new, |it| format!("-{it}"));
        PathBuf::from(strategy).join(filesystem.word()).join(format!("{class}{detail}.case"))
    }

    /// Whether it tells the same as the other with less.
    #[must_use]
    pub fn is_less_than(&self, other: &Case) -> bool {
        let size = |case: &Case| (case::measure(case), Case { comments: Vec::new(), ..case.clone() }.print());
        size(&self.case) < size(other)
    }
}

/// A finding's detail as part of a file's name: the thread's own notation has a semicolon in it, which no shell likes.
#[must_use]
pub fn detail_in_a_name(signature: &Signature) -> Option<&'static str> {
    match signature.cycle {
        Some(Notation::SamePage) => Some("same-page"),
        Some(Notation::Crosswise) => Some("crosswise"),
        Some(Notation::MmapSem) => Some("mmap-sem"),
        Some(Notation::Other) => Some("other"),
        None => signature.detail(),
    }
}

fn signatures(case: &Case, strategy: &Strategy, judge: &mut Judge) -> Vec<Signature> {
    judge.replay(case, strategy).verdicts.iter().map(|it| Signature::of(case, strategy, it)).collect()
}

/// The story in a few sentences: what the strategy does, what comes of it here, and who takes part.
fn story(case: &Case, strategy: &Strategy, signature: &Signature, verdict: &Verdict) -> Vec<String> {
    let mut lines = vec![format!("{signature}.")];
    lines.push(format!("{} ({}): {}.", strategy.id, strategy.who, strategy.what));
    lines.push(report::sentence(case, verdict).replace('\n', " ").trim_end().to_owned());
    let involved: Vec<String> = verdict.involved.iter().map(|id| report::operation_line(case, *id)).collect();
    if !involved.is_empty() {
        lines.push(format!("Operations: {}.", involved.join("; ")));
    }
    lines
}
