//! The rules, one family per file. A new rule is one file and one line in [`FAMILIES`].

mod blocks;
mod durable;
mod errors;
mod inversion;
mod mapping;
mod order;
mod regular;
mod returned;
mod serial;
mod size;
mod source;
mod stop;
mod tally;
mod whole_read;

use crate::exercised::{Exercised, Quirk, QuirkSeen};
use crate::finding::Findings;
use crate::model::{Interval, Model, Search, Sources};
use crate::observation::Observation;
use crate::{FileId, History, Profile};
use inversion::Zone;

/// What a family of rules works with.
pub(crate) struct Context<'a> {
    pub history: &'a History,
    pub profile: Profile,
    pub model: &'a Model,
    pub observations: &'a [Observation],
    pub scratch: &'a mut Scratch,
    pub findings: &'a mut Findings,
    pub exercised: &'a mut Exercised,
    pub quirks: &'a mut Vec<QuirkSeen>,
}

/// Buffers that are kept from one history to the next.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// See [`Search`].
    pub sources: Sources,
    /// The versions that observations of contested cells saw, in the order of the observations; R2 sorts them by
    /// place.
    pub sightings: Vec<Sighting>,
    /// Ends of runs, while they are merged.
    pub boundaries: Vec<u32>,
    /// The zones of the versions of one piece.
    pub zones: Vec<Zone>,
}

/// A run of cells in which an observation saw one of several possible versions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sighting {
    pub file: FileId,
    /// The observation, by its place in the list.
    pub observation: u16,
    pub start: u32,
    pub end: u32,
    pub version: u16,
    /// Whether no other version can look the same.
    pub certain: bool,
    /// Whether `read(2)` saw it at rest.
    pub by_read_at_rest: bool,
    /// When the look took place.
    pub when: Interval,
}

/// The families, in the order in which they run: the first one finds the sightings that later ones need.
pub(crate) const FAMILIES: &[fn(&mut Context<'_>)] = &[
    regular::check,
    order::check,
    size::check,
    durable::check,
    returned::check,
    errors::check,
    mapping::check,
    blocks::check,
    stop::check,
    tally::check,
];

impl Context<'_> {
    /// Counts a quirk, and notes where an observation showed it.
    pub(crate) fn forgive(&mut self, quirk: Quirk, seen: &Observation, (start, end): (u32, u32)) {
        let &Observation { file, operation, way, .. } = seen;
        self.exercised.count_quirk(quirk);
        self.quirks.push(QuirkSeen { quirk, file, start, end, operation, way });
    }

    /// A search that keeps what it finds in the scratch buffers.
    pub(crate) fn search(&mut self) -> Search<'_> {
        Search { history: self.history, model: self.model, sources: &mut self.scratch.sources }
    }
}
