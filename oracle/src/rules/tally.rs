//! Counts how often the rules that R1 enforces as well (S2, S6, S8) had something to decide.

use super::Context;
use crate::model::{Interval, Source};
use crate::{FileId, Rule};

/// Looks for extending writes with a reader, cut-off data with a later look, and sources that change or map a file.
pub(super) fn check(context: &mut Context<'_>) {
    let (history, model) = (context.history, context.model);
    for index in 0..history.files.len() {
        let file = FileId(index as u8);
        let seen = || context.observations.iter().filter(move |it| it.file == Some(file));
        let size = model.size(file);
        for growth in size.growths() {
            if seen().any(|it| it.when.overlaps(growth.when)) && growth.asked > size.least(growth.when) {
                context.exercised.count(Rule::S2);
            }
        }
        for base in size.bases().iter().filter(|it| it.when.from > 0) {
            let after = |when: Interval| base.when.precedes(when);
            if seen().any(|it| after(it.when) && it.end() > base.size) {
                context.exercised.count(Rule::S6);
            }
        }
        let copies = model.file(file).versions().iter().filter_map(|it| match it.source {
            Source::Copy(memory, _) => Some(memory),
            _ => None,
        });
        for _ in copies.filter(|it| model.is_changing(*it)) {
            context.exercised.count(Rule::S8);
        }
    }
}
