//! The checker: from a history to verdicts.

use crate::exercised::{Exercised, QuirkSeen};
use crate::finding::Findings;
use crate::model::Model;
use crate::observation::{self, Observation};
use crate::rules::{Context, FAMILIES, Scratch};
use crate::{History, Profile, Verdict, report};

/// Checks histories, one after the other. It keeps its buffers, so that a history with nothing wrong costs no
/// allocation once the buffers have grown.
#[derive(Debug, Default)]
pub struct Checker {
    model: Model,
    observations: Vec<Observation>,
    scratch: Scratch,
    findings: Findings,
    exercised: Exercised,
    quirks: Vec<QuirkSeen>,
    verdicts: Vec<Verdict>,
}

impl Checker {
    /// A checker with empty buffers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Holds a history against the rules: the verdicts, worst class first; none if a correct kernel could have produced
    /// it.
    pub fn check(&mut self, history: &History, profile: Profile) -> &[Verdict] {
        self.verdicts.clear();
        self.findings.list.clear();
        self.quirks.clear();
        self.scratch.sources.begin();
        self.model.build(history, profile);
        observation::collect(history, &self.model, &mut self.observations);
        let mut context = Context {
            history,
            profile,
            model: &self.model,
            observations: &self.observations,
            scratch: &mut self.scratch,
            findings: &mut self.findings,
            exercised: &mut self.exercised,
            quirks: &mut self.quirks,
        };
        for family in FAMILIES {
            family(&mut context);
        }
        self.exercised.count_unanswered(self.scratch.sources.take_given_up());
        if !self.findings.list.is_empty() {
            report::report(history, &self.model, &self.observations, &mut self.findings.list, &mut self.verdicts);
        }
        &self.verdicts
    }

    /// What the last history showed that breaks a rule, but that the profile forgives.
    #[must_use]
    pub fn quirks(&self) -> &[QuirkSeen] {
        &self.quirks
    }

    /// How often each rule was exercised and each quirk seen, since the beginning or the last [`Checker::reset`].
    #[must_use]
    pub const fn exercised(&self) -> &Exercised {
        &self.exercised
    }

    /// Sets all counters to zero.
    pub fn reset(&mut self) {
        self.exercised = Exercised::default();
    }
}
