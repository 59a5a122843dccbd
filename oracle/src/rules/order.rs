//! R2, R3 and R4: the rules about which version was seen before which.
//!
//! They need certain sightings. If versions are copies of other data, it takes long to find out that no other version
//! looks the same, and mostly nothing is wrong. So the rules first run as if all sightings were certain: uncertainty
//! can only remove findings. Only if they find something are the sightings made certain, and the rules run again.

use super::{Context, Sighting, inversion, serial, whole_read};
use crate::Span;

/// Judges the sightings.
pub(super) fn check(context: &mut Context<'_>) {
    if context.scratch.sightings.iter().all(|it| it.certain) {
        return judge(context);
    }
    let before = (context.findings.list.len(), context.quirks.len());
    let exercised = context.exercised.clone();
    judge(context);
    if before == (context.findings.list.len(), context.quirks.len()) {
        return;
    }
    context.findings.list.truncate(before.0);
    context.quirks.truncate(before.1);
    *context.exercised = exercised;
    make_certain(context);
    judge(context);
}

fn judge(context: &mut Context<'_>) {
    whole_read::check(context);
    inversion::check(context);
    serial::check(context);
}

/// Reduces each uncertain sighting to the cells that no other version can look like. The order of the observations
/// stays.
fn make_certain(context: &mut Context<'_>) {
    let uncertain = std::mem::take(&mut context.scratch.sightings);
    let mut certain = Vec::with_capacity(uncertain.len());
    for it in &uncertain {
        if it.certain {
            certain.push(*it);
            continue;
        }
        let seen = context.observations[usize::from(it.observation)];
        let object = context.model.file(it.file);
        let Some(piece) = object.piece_at(it.start) else { continue };
        let cells = Span { start: seen.index_of(it.start), end: seen.index_of(it.end) };
        let others = object.versions_of(piece).filter(|(other, _)| *other != it.version).map(|(_, version)| version);
        let mut tell = |(start, end)| certain.push(Sighting { start, end, certain: true, ..*it });
        context.search().not_imitated(&seen.view(), others, piece, it.start, cells, &mut tell);
    }
    certain.sort_by_key(|it| (it.observation, it.start));
    context.scratch.sightings = certain;
}
