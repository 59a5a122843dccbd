//! R3: a read shows all of a write or nothing of it, where the profile promises so; elsewhere it is counted.

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

/// The first of one read's sightings that was out of date in every order in which another was there: a write over its
/// cells is newer than it, and is that other or older than that.
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
        // What was there until the latest of them was called cannot have been replaced before.
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
