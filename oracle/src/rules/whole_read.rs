//! R3: a read shows all of a write or nothing of it, where the profile promises so; elsewhere it is counted.

use super::{Context, Sighting};
use crate::exercised::Quirk;
use crate::finding::Finding;
use crate::model::{Effect, Interval, Version};
use crate::{Class, FileId, Profile, Rule, Span};

/// Looks at every `read(2)` that saw a version of some write.
pub(super) fn check(context: &mut Context<'_>) {
    let sightings = std::mem::take(&mut context.scratch.sightings);
    for index in 0..context.observations.len() {
        let seen = &context.observations[index];
        let (Some(file), Some(_), false) = (seen.file, seen.operation, seen.mapped) else { continue };
        if context.model.io_error || context.model.any_loss(file, Interval { from: 0, to: u32::MAX }) {
            continue;
        }
        let own = || sightings.iter().filter(move |it| usize::from(it.observation) == index);
        if own().nth(1).is_none() {
            continue;
        }
        context.exercised.count(Rule::R3);
        let torn = own().find(|old| own().any(|new| is_torn(context, file, new, old)));
        match torn {
            Some(_) if context.profile == Profile::Linux => context.exercised.count_quirk(Quirk::TornRead),
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

/// Whether `old` was out of date in every order in which `new` was there: a write over the cells of `old` is newer than it, and is
/// `new` itself or older than that.
fn is_torn(context: &Context<'_>, file: FileId, new: &Sighting, old: &Sighting) -> bool {
    let object = context.model.file(file);
    let (new, seen) = (object.version(new.version), object.version(old.version));
    let between = |it: &Version| it.operation == new.operation || it.older_than(new);
    object.versions().iter().any(|it| {
        it.is_write()
            && it.effect == Effect::Settles
            && it.start < old.end
            && old.start < it.end
            && it.operation != seen.operation
            && seen.older_than(it)
            && between(it)
    })
}
