//! The simulator against the real thing: the same case under a simulated strategy and on a mounted filesystem, and what
//! was seen compared.
//!
//! What is compared are the cases in which nothing but the case decides what happens: one task, no schedule, no
//! injected faults. Sources may be absent or bad, for what a kernel does with those is what the models are about.
//!
//! - [`MODELS`]: which strategy, on which simulated filesystem, stands for which real one.
//! - [`Cases`]: generated cases that can be compared; [`refusal`] says what cannot.
//! - [`compare`]: two views of a case, and each [`Difference`] between them.
//! - [`LEGAL`]: differences with nothing wrong about either side, each with its reason.
//! - [`Conformer`]: runs both sides, sorts the differences, makes small what is not legal.

mod cases;
mod compare;
mod conformer;
mod fit;
mod legal;
mod model;
mod seen;
mod store;

pub use cases::Cases;
pub use compare::{Aspect, Difference, Observation, compare};
pub use conformer::{Compared, Conformer, Found, Trouble};
pub use fit::{block_of, make_comparable, refusal};
pub use legal::{LEGAL, Legal, Then};
pub use model::{MODELS, Model, model_of};
pub use seen::{Matter, Seen};
pub use store::Store;
