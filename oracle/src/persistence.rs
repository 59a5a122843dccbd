//! Whether what an operation saw is still there at rest.

use crate::finding::Finding;
use crate::{Class, History, Persistence};

/// Joins each finding of an operation with the ones of the same class and file that overlap it at rest, and says what persists. The
/// earliest sighting of a thing is kept.
pub(crate) fn settle(history: &History, findings: &mut Vec<Finding>) -> Vec<Option<Persistence>> {
    let looked = !history.rest.is_empty();
    let overlap = |a: &Finding, b: &Finding| {
        a.class == b.class && a.file == b.file && (a.start < b.end && b.start < a.end || a.start == b.start)
    };
    let at_rest: Vec<Finding> = findings.iter().filter(|it| it.way.is_some()).cloned().collect();
    let earlier: Vec<Finding> = findings.iter().filter(|it| it.operation.is_some()).cloned().collect();
    // The looks at rest come after the operations: what both saw is told by the operation, what several ways saw by the first way.
    findings.retain(|it| {
        let first = at_rest.iter().find(|other| overlap(it, other) && it.rule == other.rule);
        it.way.is_none()
            || !earlier.iter().any(|other| overlap(it, other)) && first.is_none_or(|first| first.way == it.way)
    });
    let persists = |it: &Finding| match it.class {
        Class::Deadlock | Class::Livelock | Class::Oops | Class::Return | Class::ShortRead | Class::AppendOverlap => {
            None
        }
        Class::LeakedBlock => Some(Persistence::Persistent),
        _ if it.way.is_some() => Some(Persistence::Persistent),
        _ if !looked => None,
        _ if at_rest.iter().any(|other| overlap(it, other)) => Some(Persistence::Persistent),
        _ => Some(Persistence::Transient),
    };
    findings.iter().map(persists).collect()
}
