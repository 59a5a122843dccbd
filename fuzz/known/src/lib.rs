//! What both engines' glue has in common: a target that knows what was known when it was built, the witnesses and the embargoes. It is run where
//! there is no corpus.

use shortcopy::fuzzing::{Body, Setup, target};

include!(concat!(env!("OUT_DIR"), "/known.rs"));

/// What the target of this name does, told to the engine through these counters.
///
/// # Panics
/// If there is none, or if the environment asks for what is not there.
#[must_use]
pub fn body(name: &str, counters: &'static mut [u8]) -> Body {
    let setup = Setup::new(WITNESSES, EMBARGOES).and_environment().and_counters(counters);
    (target(name).expect("the target is registered").make)(setup)
}
