//! R3: a read shows all of a write or nothing of it, if the profile promises that; otherwise a torn read is counted.

use super::{Context, Sighting};
use crate::exercised::Quirk;
use crate::finding::Finding;
use crate::model::{Effect, Object, Version};
use crate::{Class, Profile, Rule, Span};

/// Looks at every `read(2)` that saw a version of some write.
pub(super) fn check(context: &mut Context<'_>) {
    let sightings = std::mem::take(&mut context.scratch.sightings);
    for own in sightings.chunk_by(|a, b| a.observation == b.observation) {
        let index = usize::from(own[0].observation);
        let seen = &context.observations[index];
        let (Some(file), Some(_), false) = (seen.file, seen.operation, seen.mapped) else { continue };
        if own.len() < 2 {
            continue;
        }
        context.exercised.count(Rule::R3);
        match torn(context.model.file(file), own) {
            Some(old) if context.profile == Profile::Linux => {
                context.forgive(Quirk::TornRead, seen, (old.start, old.end));
            }
            Some(old) => {
                let mut finding = Finding::of(Rule::R3, Class::Torn, String::new()).in_file(file, old.start, old.end);
                finding.operation = seen.operation;
                finding.cells = Span { start: seen.index_of(old.start), end: seen.index_of(old.end) };
                finding.observation = Some(index);
                context.findings.push(finding);
            }
            None => {}
        }
    }
    context.scratch.sightings = sightings;
}

/// The first version that a read saw although it must have been replaced before another version that the same read saw:
/// some write over the same cells is newer than the first, and is the other version or older than it.
fn torn<'s>(object: &Object, own: &'s [Sighting]) -> Option<&'s Sighting> {
    let called = own.iter().map(|it| object.version(it.version).when.from);
    let latest = called.max()?;
    own.iter().find(|old| {
        let seen = object.version(old.version);
        let is_before_another = |write: &Version| {
            own.iter()
                .map(|it| object.version(it.version))
                .any(|it| write.operation == it.operation || write.older_than(it))
        };
        // A version that was still being made when the latest was called cannot have been replaced before.
        seen.when.to < latest
            && object.versions().iter().any(|it| {
                it.start < old.end
                    && old.start < it.end
                    && it.is_write()
                    && it.effect == Effect::Settles
                    && it.operation != seen.operation
                    && seen.older_than(it)
                    && is_before_another(it)
            })
    })
}
