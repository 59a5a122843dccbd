//! Cases: the whole experiment as text. A [`Case`] is at once fuzz input, seed, corpus entry, regression test and bug
//! report.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

mod generate;
mod model;
mod mutate;
mod shrink;
mod text;
mod valid;

pub use generate::{FaultSet, Features, OperationKind, OperationSet, Weights, generate, generate_into};
pub use model::{
    Cache, CachedPage, Case, CopyForm, Expectation, Extent, ExtentKind, Fault, FaultForm, FaultKind, File, Filesystem,
    Form, Geometry, Invalidation, MachineOptions, Memory, MemoryKind, Name, Operation, PageRange, Range, Runner,
    Segment, Slice, Task,
};
pub use mutate::{crossover, mutate, simplify};
pub use shrink::{Measure, Progress, Shrunk, measure, shrink, shrink_within, simplify_schedule};
pub use text::{Mistake, ParseError, repair};
pub use valid::Invalid;
