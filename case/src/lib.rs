//! Cases: the whole experiment as text. A [`Case`] is at once fuzz input, seed, corpus entry, regression test and bug
//! report.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod abilities;
mod allocation;
mod generate;
mod kinds;
mod model;
mod mutate;
mod parts;
mod residency;
mod shrink;
mod spelling;
mod targets;
mod text;
#[cfg(test)]
mod unchanged;
mod valid;

pub use abilities::Abilities;
pub use generate::{Features, Weights, generate, generate_into};
pub use kinds::{InjectionSet, OperationKind, OperationSet};
pub use model::{
    Cache, CachedPage, Case, CopyForm, Expectation, Extent, ExtentKind, Fault, FaultForm, File, Filesystem, Form,
    Geometry, Injection, Invalidation, Iovec, MachineOptions, MemoryKind, MemoryRegion, Name, PageRange, Range, Runner,
    Slice, Task, TaskOperation,
};
pub use mutate::{crossover, mutate, simplify};
pub use shrink::{Measure, Progress, Shrunk, measure, shrink, shrink_for, shrink_within, simplify_schedule};
pub use text::{Mistake, ParseError, Vocabulary, repair};
pub use valid::Invalid;
