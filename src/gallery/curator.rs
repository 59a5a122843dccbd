//! The curator: finds the causes of all that a case shows, says which of two cases is the better witness, and makes one
//! small.

use super::Niche;
use crate::cause::{Cause, Inquiry, needs};
use crate::embargo::Embargo;
use crate::judge::{Judge, Signature};
use crate::reduce::{Effort, Irreducible, expectations, reduce_while};
use crate::report;
use case::{Case, Measure};
use machine::{Defect, DefectSet, Machine, Strategy};
use oracle::Profile;

/// Judges witnesses.
#[derive(Debug)]
pub struct Curator {
    judge: Judge,
    inquiry: Inquiry,
    embargoes: Vec<Embargo>,
}

/// Something that a case shows, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// What it looks like.
    pub signature: Signature,
    /// Without what it does not come.
    pub cause: Cause,
}

/// How good a witness is; less is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    /// How many other defects take part, or would be a cause as well.
    pub others: usize,
    /// How much it shows that is not this defect's.
    pub strangers: usize,
    /// Whether it needs a fault.
    pub needs_a_fault: bool,
    /// How much it needs.
    pub needs: usize,
    /// How much there is to it.
    pub measure: Measure,
}

impl Rank {
    /// Whether there is nothing to wish for but a smaller case.
    #[must_use]
    pub const fn is_plain(&self) -> bool {
        self.others == 0 && self.strangers == 0 && !self.needs_a_fault
    }

    /// The rank of a case that shows this as a witness of a defect, and which of it is the defect's; `None` if nothing
    /// is.
    #[must_use]
    pub fn of<'s>(defect: Defect, case: &Case, shown: &'s [Shown]) -> Option<(Self, &'s Shown)> {
        let mine = shown.iter().filter_map(|it| Some((others(&it.cause, defect)?, it)));
        let (others, best) = mine.min_by_key(|(others, _)| *others)?;
        let strangers = shown.iter().filter(|it| self::others(&it.cause, defect).is_none()).count();
        let needs = needs(case);
        let needs_a_fault = needs.iter().any(|it| it.is_a_fault());
        Some((Self { others, strangers, needs_a_fault, needs: needs.len(), measure: case::measure(case) }, best))
    }
}

/// How many defects beside this one are in the smallest alternative with it, and in how many other alternatives; `None`
/// if it has no part in it.
fn others(cause: &Cause, defect: Defect) -> Option<usize> {
    let sizes = cause.sets().iter().filter(|it| it.contains(defect)).map(|it| it.iter().count());
    sizes.min().map(|size| size - 1 + cause.sets().len() - 1)
}

impl Curator {
    /// A curator who shows nothing of this.
    #[must_use]
    pub fn new(embargoes: Vec<Embargo>) -> Self {
        Self { judge: Judge::new(Profile::Linux), inquiry: Inquiry::new(Profile::Linux), embargoes }
    }

    /// All that a case shows under a strategy, each signature once, the worst first.
    pub fn signatures(&mut self, case: &Case, strategy: &'static Strategy) -> Vec<Signature> {
        let mut signatures: Vec<Signature> = Vec::new();
        for it in self.judge.replay(case, strategy).verdicts {
            let signature = Signature::of(case, strategy, it);
            if !signatures.contains(&signature) {
                signatures.push(signature);
            }
        }
        signatures
    }

    /// The same with the causes.
    pub fn shown(&mut self, case: &Case, strategy: &'static Strategy) -> Vec<Shown> {
        let signatures = self.signatures(case, strategy).into_iter();
        let with_cause = |signature| Shown { cause: self.inquiry.cause(case, strategy, &signature), signature };
        signatures.map(with_cause).collect()
    }

    /// Whether something that a case shows does not come, under its own schedule, with a defect mended: a few runs.
    pub fn is_cured_by(&mut self, defect: Defect, case: &Case, strategy: &'static Strategy) -> bool {
        let signatures = self.signatures(case, strategy);
        signatures.iter().any(|it| self.inquiry.goes_with(DefectSet::of(defect), case, strategy, it))
    }

    /// Whether a case shows something, under whatever strategy, that is held back.
    pub fn holds_back(&mut self, case: &Case) -> bool {
        if !self.embargoes.iter().any(|it| it.filesystem == case.filesystem.word()) {
            return false;
        }
        strategies::ALL.iter().filter(|it| Machine::refusal(case, it).is_none()).any(|strategy| {
            let shown = self.shown(case, strategy);
            let hides = |embargo: &Embargo, it: &Shown| {
                embargo.covers(&it.signature) || it.cause.defects().any(|defect| embargo.hides(defect))
            };
            shown.iter().any(|it| self.embargoes.iter().any(|embargo| hides(embargo, it)))
        })
    }

    /// The smallest case that shows the same for the same reason.
    ///
    /// # Errors
    /// If it does not show it, or does not run the same way twice.
    pub fn reduced(&mut self, case: &Case, strategy: &'static Strategy, wanted: &Shown) -> Result<Case, Irreducible> {
        let Self { judge, inquiry, .. } = self;
        let mut keeps = |candidate: &Case| has_cause(inquiry, candidate, strategy, wanted);
        let mut small = reduce_while(judge, case, strategy, &wanted.signature, Effort::All, &mut keeps, &mut |_| {})?;
        small.expectations.retain(|it| it.strategy == strategy.id);
        Ok(small)
    }

    /// What the shrinker makes of a case if both what is shown and why are kept.
    pub fn shrunk(&mut self, case: &Case, strategy: &'static Strategy, wanted: &Shown) -> Case {
        let Self { judge, inquiry, .. } = self;
        let mut keeps = |candidate: &Case| {
            judge.shows(candidate, strategy, &wanted.signature) && has_cause(inquiry, candidate, strategy, wanted)
        };
        let shrunk = case::shrink(case, &mut keeps, &mut |_| {}).case;
        // What a case says of itself is not the shrinker's subject.
        Case { comments: case.comments.clone(), expectations: case.expectations.clone(), ..shrunk }
    }

    /// Adds to a witness of what is no strategy's all that the other strategies show on it, if it is the same; and
    /// writes the story.
    pub fn label(&mut self, niche: Niche, strategy: &'static Strategy, wanted: &Shown, mut case: Case) -> Case {
        if niche.strategy.is_none() {
            for other in strategies::ALL.iter().filter(|it| it.id != strategy.id) {
                if Machine::refusal(&case, other).is_some() {
                    continue;
                }
                let shown = expectations(&self.signatures(&case, other));
                let is_same = |it: &case::Expectation| {
                    it.finding.as_ref().is_some_and(|(class, _)| class == wanted.signature.class.as_str())
                };
                if shown.iter().any(is_same) && case.expectations.len() + shown.len() <= Case::MAX_EXPECTATIONS {
                    case.expectations.extend(shown);
                }
            }
        }
        case.comments = self.story(&case, strategy, wanted);
        case
    }

    /// The story in a few sentences: what is seen, why, and who takes part.
    fn story(&mut self, case: &Case, strategy: &'static Strategy, wanted: &Shown) -> Vec<String> {
        let mut lines = vec![format!("{}.", wanted.signature), format!("Cause: {}.", wanted.cause)];
        let needs: Vec<&str> = needs(case).iter().map(|it| it.as_str()).collect();
        if !needs.is_empty() {
            lines.push(format!("Needs: {}.", needs.join(", ")));
        }
        let verdicts = self.judge.replay(case, strategy).verdicts;
        let Some(verdict) = verdicts.iter().find(|it| Signature::of(case, strategy, it) == wanted.signature) else {
            return lines;
        };
        lines.push(report::sentence(case, verdict).replace('\n', " ").trim_end().to_owned());
        let involved: Vec<String> = verdict.involved.iter().map(|id| report::operation_line(case, *id)).collect();
        if !involved.is_empty() {
            lines.push(format!("Operations: {}.", involved.join("; ")));
        }
        lines
    }
}

/// Whether what is wanted, and the case shows, has the wanted cause. Where one alternative is all there is to it, one
/// run often says no.
fn has_cause(inquiry: &mut Inquiry, case: &Case, strategy: &'static Strategy, wanted: &Shown) -> bool {
    let single = |set: &&DefectSet| set.iter().count() == 1;
    let mut singles = wanted.cause.sets().iter().filter(single);
    singles.all(|set| inquiry.goes_with(*set, case, strategy, &wanted.signature))
        && inquiry.cause(case, strategy, &wanted.signature) == wanted.cause
}
