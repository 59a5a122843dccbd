//! The trace of a run: the hash of all that happened, always; in words, only when somebody asks.

use crate::entry::TracedEvent;
use oracle::Clock;

const START: u64 = 0x243f_6a88_85a3_08d3;

/// What happened so far.
#[derive(Debug)]
pub(crate) struct Trace {
    hash: u64,
    /// Of what happened before the last cut.
    before: u64,
    pub recording: bool,
    pub events: Vec<TracedEvent>,
}

/// What kind of thing happened: told apart in the hash.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(crate) enum Kind {
    Step,
    Invoke,
    Return,
    Take,
    Wait,
    Release,
    Submit,
    Complete,
    Copy,
    Map,
    Note,
}

impl Trace {
    pub const fn new() -> Self {
        Self { hash: START, before: START, recording: false, events: Vec::new() }
    }

    pub fn reset(&mut self) {
        (self.hash, self.before) = (START, START);
        self.events.clear();
    }

    #[inline]
    pub const fn mix(&mut self, kind: Kind, value: u64) {
        let value = value << 8 | kind as u64;
        self.hash = (self.hash.rotate_left(23) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    /// The hash of everything.
    pub const fn hash(&self) -> u64 {
        let all = (self.before.rotate_left(23) ^ self.hash).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        all ^ (all >> 32)
    }

    /// The hash of what happened since the last cut; from here on it begins anew.
    pub const fn cut(&mut self) -> u64 {
        let since = self.hash;
        self.before = (self.before.rotate_left(23) ^ since).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.hash = START;
        since
    }

    pub fn tell(&mut self, step: Clock, runner: u8, words: String) {
        self.events.push(TracedEvent { step, runner, words });
    }
}
