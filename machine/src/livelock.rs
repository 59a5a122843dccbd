//! Livelocks before the step limit: where each runner that can run repeats its own steps, and they are all that runs,
//! they do so for ever.
//!
//! Every change of the machine is an event, so that steps with the same events in the same order come back to the same
//! state. What is counted without an event is bounded: a retry has at most ten tries, and an iovec is advanced over its
//! empty segments one by one. So a cycle counts when it has been gone through more often than that. Where it brings a
//! fault nearer that is still to come, nothing is said: that could end it.

use crate::runner::{MAX_RUNNERS, RunnerIndex};

/// Steps before anybody looks: most runs are over by then.
const FROM: u32 = 96;

/// Steps of a runner that are kept.
const KEPT: usize = 2_048;

/// The longest cycle that is looked for.
const LONGEST: usize = 64;

/// How often a look is taken, in steps of a runner.
const INTERVAL: usize = 64;

/// The latest steps of each runner.
#[derive(Debug)]
pub(crate) struct CycleDetector {
    /// What each step of a runner did, as a hash of its events.
    steps: [Vec<u64>; MAX_RUNNERS],
    /// Those that have steps.
    noted: u32,
    /// Those that went in circles when a look was taken.
    circling: u32,
    /// How often a cycle must have been gone through.
    rounds: usize,
    /// Nothing is ever said.
    is_off: bool,
}

impl CycleDetector {
    pub const fn new() -> Self {
        Self { steps: [const { Vec::new() }; MAX_RUNNERS], noted: 0, circling: 0, rounds: 0, is_off: false }
    }

    pub const fn stop_at_circles(&mut self, stop: bool) {
        self.is_off = !stop;
    }

    /// Forgets everything. A write has at most so many segments.
    pub fn reset(&mut self, segments: usize) {
        self.forget();
        self.rounds = segments + 32;
    }

    /// Whether it is time to look.
    #[inline]
    pub const fn is_due(steps: u32) -> bool {
        steps >= FROM
    }

    /// Forgets the steps: a fault that is still to come is nearer.
    pub fn forget(&mut self) {
        while self.noted != 0 {
            self.steps[self.noted.trailing_zeros() as usize].clear();
            self.noted &= self.noted - 1;
        }
        self.circling = 0;
    }

    /// A runner has made a step; whether a look was taken, and it went in circles.
    pub fn closes(&mut self, runner: RunnerIndex, step: u64) -> bool {
        if self.is_off {
            return false;
        }
        let bit = 1 << runner;
        let steps = &mut self.steps[usize::from(runner)];
        if steps.len() == KEPT {
            steps.drain(..KEPT / 2);
        }
        steps.push(step);
        self.noted |= bit;
        if !steps.len().is_multiple_of(INTERVAL) {
            return false;
        }
        let closes = (1..=LONGEST).any(|cycle| repeats(steps, cycle, self.rounds));
        if closes {
            self.circling |= bit;
        } else {
            self.circling &= !bit;
        }
        closes
    }

    /// Whether all of these go in circles.
    pub const fn all_circle(&self, runners: u32) -> bool {
        runners & !self.circling == 0
    }
}

/// Whether the last steps are so many rounds of a cycle of this length.
fn repeats(steps: &[u64], cycle: usize, rounds: usize) -> bool {
    let wanted = cycle * rounds;
    let mut same = steps.iter().rev().zip(steps.iter().rev().skip(cycle));
    wanted < steps.len() && same.by_ref().take(wanted).all(|(a, b)| a == b) && steps.len() >= wanted + cycle
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After how many steps it says that the steps repeat themselves.
    fn closes_after(steps: impl Iterator<Item = u64>) -> Option<usize> {
        let mut cycles = CycleDetector::new();
        cycles.reset(2);
        steps.take(10_000).position(|step| cycles.closes(0, step))
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

    #[test]
    fn all_have_to_go_in_circles() {
        let mut cycles = CycleDetector::new();
        cycles.reset(0);
        let mut both = |second: &dyn Fn(u64) -> u64| {
            (0..1_000).for_each(|it| {
                cycles.closes(0, it % 3);
                cycles.closes(1, second(it));
            });
            (cycles.all_circle(0b1), cycles.all_circle(0b11), cycles.all_circle(0b101))
        };
        assert_eq!(both(&|it| it), (true, false, false));
        assert_eq!(both(&|it| it % 2), (true, true, false));
        // It does something new again.
        assert_eq!(both(&|it| it), (true, false, false));
    }
}
