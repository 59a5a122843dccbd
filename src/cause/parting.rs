//! Where a posted run and a mended one part.

use crate::explain::{Told, told};
use crate::judge::Judge;
use case::Case;
use machine::{DefectSet, Strategy, TracedEvent};
use oracle::Profile;
use serde::Serialize;

/// The first step at which the two runs do not do the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Parting {
    /// The step.
    pub step: u32,
    /// What the posted code does from there on that the mended code does not, if it can be said in words.
    pub posted: Option<Told>,
    /// What the mended code does instead.
    pub mended: Option<Told>,
}

/// Runs a case, with its schedule, as it is and with these defects mended too; `None` if the two do the same.
#[must_use]
pub fn parting(case: &Case, strategy: &'static Strategy, mends: DefectSet) -> Option<Parting> {
    let mut judge = Judge::recording(Profile::Linux);
    let posted = judge.replay(case, strategy).run.events.machine().to_vec();
    judge.mend(mends);
    let mended = judge.replay(case, strategy).run.events.machine().to_vec();
    let step = first_difference(&posted, &mended)?;
    let (posted, mended) = (told(case, &posted), told(case, &mended));
    let same = posted.iter().zip(&mended).take_while(|(one, other)| one == other).count();
    Some(Parting { step, posted: posted.get(same).cloned(), mended: mended.get(same).cloned() })
}

fn first_difference(posted: &[TracedEvent], mended: &[TracedEvent]) -> Option<u32> {
    let same = posted.iter().zip(mended).take_while(|(one, other)| one == other).count();
    let steps = [posted.get(same), mended.get(same)].into_iter().flatten().map(|it| it.step);
    steps.min()
}
