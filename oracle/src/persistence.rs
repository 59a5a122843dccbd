//! Whether what an operation saw is still there at rest.

use crate::finding::Finding;
use crate::model::{Interval, Model, NEVER, interval};
use crate::observation::Observation;
use crate::{Class, History, Persistence, Way};

/// What became of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Known.
    Settled(Persistence),
    /// It is nothing that could persist: a deadlock, a return value.
    Moment,
    /// The machine stopped, or lost power, before anybody looked.
    NobodyLooked,
    /// A later operation changed the place before anybody looked at rest.
    Erased,
}

impl Fate {
    /// As verdicts have it.
    pub(crate) const fn persistence(self) -> Option<Persistence> {
        match self {
            Self::Settled(persistence) => Some(persistence),
            _ => None,
        }
    }

    /// What a person should know about it.
    pub(crate) const fn remark(self) -> &'static str {
        match self {
            Self::NobodyLooked => "; the machine stopped before anybody could look at rest",
            Self::Erased => "; a later operation changed the place before anybody could look at rest",
            Self::Settled(_) | Self::Moment => "",
        }
    }
}

/// Joins each finding of an operation with the ones of the same class and file that overlap it at rest, and says what
/// became of it. The earliest sighting of a thing is kept.
pub(crate) fn settle(
    history: &History,
    model: &Model,
    observations: &[Observation],
    findings: &mut Vec<Finding>,
) -> Vec<Fate> {
    let overlap = |a: &Finding, b: &Finding| {
        a.class == b.class && a.file == b.file && (a.start < b.end && b.start < a.end || a.start == b.start)
    };
    let at_rest: Vec<Finding> = findings.iter().filter(|it| it.way.is_some()).cloned().collect();
    let earlier: Vec<Finding> = findings.iter().filter(|it| it.operation.is_some()).cloned().collect();
    // The looks at rest come after the operations: what both saw is told by the operation, what several ways saw by the
    // first way.
    findings.retain(|it| {
        let first = at_rest.iter().find(|other| overlap(it, other) && it.rule == other.rule);
        it.way.is_none()
            || !earlier.iter().any(|other| overlap(it, other)) && first.is_none_or(|first| first.way == it.way)
    });
    let looked = history.rest.iter().any(|it| it.way != Way::Crash);
    let fate = |it: &Finding| match it.class {
        Class::Deadlock
        | Class::Livelock
        | Class::Oops
        | Class::Panic
        | Class::StackOverflow
        | Class::Hang
        | Class::Return
        | Class::ShortRead
        | Class::AppendOverlap => Fate::Moment,
        Class::LeakedBlock => Fate::Settled(Persistence::Persistent),
        _ if it.way.is_some() || at_rest.iter().any(|other| overlap(it, other)) => {
            Fate::Settled(Persistence::Persistent)
        }
        _ if !looked => Fate::NobodyLooked,
        _ if was_erased(history, model, observations, it) => Fate::Erased,
        _ => Fate::Settled(Persistence::Transient),
    };
    findings.iter().map(fate).collect()
}

/// Whether an operation that was called after the sighting may have changed what was seen.
fn was_erased(history: &History, model: &Model, observations: &[Observation], finding: &Finding) -> bool {
    let seen = match (finding.observation, finding.operation) {
        (Some(index), _) => observations[index].when,
        (None, Some(operation)) => interval(history, operation).unwrap_or(Interval { from: NEVER, to: NEVER }),
        (None, None) => return false,
    };
    let Some(file) = finding.file else { return false };
    let resized = || {
        let size = model.size(file);
        let mut changes = size.bases().iter().map(|it| it.when).chain(size.growths().iter().map(|it| it.when));
        changes.any(|it| seen.precedes(it))
    };
    let overwritten = || {
        let mut versions = model.file(file).versions().iter();
        versions.any(|it| it.start < finding.end && finding.start < it.end && seen.precedes(it.when))
    };
    if finding.class == Class::Size { resized() } else { overwritten() }
}
