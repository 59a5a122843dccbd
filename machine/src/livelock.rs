//! Livelocks before the step limit: a task that is alone, and whose steps repeat themselves, does so for ever.
//!
//! Every change of the machine is an event, so that steps with the same events in the same order come back to the same
//! state. What is counted without an event is bounded: a retry has at most ten tries, and an iovec is advanced over its
//! empty segments one by one. So a cycle counts when it has been gone through more often than that. A fault that is
//! still to come could end it; then nothing is said.

/// Steps before anybody looks: most runs are over by then.
const FROM: u32 = 256;

/// Steps that are kept.
const KEPT: usize = 2_048;

/// The longest cycle that is looked for.
const LONGEST: usize = 64;

/// How often a look is taken, in steps.
const INTERVAL: usize = 128;

/// The steps of a task that is alone.
#[derive(Debug)]
pub(crate) struct CycleDetector {
    /// What each step did, as a hash of its events.
    steps: Vec<u64>,
    /// How often a cycle must have been gone through.
    rounds: usize,
    /// Nothing is ever said.
    is_off: bool,
}

impl CycleDetector {
    pub const fn new() -> Self {
        Self { steps: Vec::new(), rounds: 0, is_off: false }
    }

    pub const fn stop_at_circles(&mut self, stop: bool) {
        self.is_off = !stop;
    }

    /// Forgets everything. A write has at most so many segments.
    pub fn reset(&mut self, segments: usize) {
        self.steps.clear();
        self.rounds = segments + 32;
    }

    /// Whether it is time to look.
    #[inline]
    pub const fn is_due(steps: u32) -> bool {
        steps >= FROM
    }

    /// The task is not alone, or may still be disturbed.
    pub fn interrupt(&mut self) {
        self.steps.clear();
    }

    /// A step was made; whether the last ones are a cycle that goes on for ever.
    pub fn closes(&mut self, step: u64) -> bool {
        if self.is_off || self.steps.len() == KEPT {
            return false;
        }
        self.steps.push(step);
        self.steps.len().is_multiple_of(INTERVAL) && (1..=LONGEST).any(|cycle| self.repeats(cycle))
    }

    /// Whether the last steps are so many rounds of a cycle of this length.
    fn repeats(&self, cycle: usize) -> bool {
        let wanted = cycle * self.rounds;
        let mut same = self.steps.iter().rev().zip(self.steps.iter().rev().skip(cycle));
        wanted < self.steps.len()
            && same.by_ref().take(wanted).all(|(a, b)| a == b)
            && self.steps.len() >= wanted + cycle
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After how many steps it says that the steps repeat themselves.
    fn closes_after(steps: impl Iterator<Item = u64>) -> Option<usize> {
        let mut cycles = CycleDetector::new();
        cycles.reset(2);
        steps.take(10_000).position(|step| cycles.closes(step))
    }

    #[test]
    fn a_cycle_closes_after_enough_rounds() {
        assert!(closes_after((0..).map(|it| it % 7)).is_some_and(|it| it >= 7 * 34));
        assert!(closes_after((0..).map(|it| if it < 100 { it } else { it % 5 })).is_some());
    }

    #[test]
    fn what_goes_on_does_not_close() {
        assert_eq!(closes_after(0..), None);
        // It comes back, but does something new each time.
        assert_eq!(closes_after((0..).map(|it| if it % 9 == 0 { it } else { it % 9 })), None);
        // Ten tries are none.
        assert_eq!(closes_after((0..).map(|it| if it < 340 { it % 34 } else { it })), None);
    }
}
