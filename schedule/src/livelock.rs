//! Livelocks before the step limit: where each runner that can run repeats its own steps, and they are all that runs,
//! they do so for ever.
//!
//! Every change of the machine is an event, so that steps with the same events in the same order come back to the same
//! state. What is counted without an event is bounded: a retry has at most ten tries, and an iovec is advanced over its
//! empty segments one by one. So a cycle counts when it has been gone through more often than that. Where it brings a
//! fault nearer that is still to come, nothing is said: that could end it.

use crate::bits::bits;
use crate::runnable::Runnable;
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
pub struct CycleDetector {
    steps: [Vec<Step>; MAX_RUNNERS],
    /// Those that have steps.
    noted: u32,
    /// How often a cycle must have been gone through.
    rounds: usize,
    /// Nothing is ever said.
    is_off: bool,
}

#[derive(Clone, Copy, Debug)]
struct Step {
    /// Which step of the run it was.
    at: u32,
    /// What it did: a hash of its events.
    did: u64,
}

impl Default for CycleDetector {
    fn default() -> Self {
        Self::new()
    }
}

impl CycleDetector {
    /// A detector that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { steps: [const { Vec::new() }; MAX_RUNNERS], noted: 0, rounds: 0, is_off: false }
    }

    /// Whether runs stop at a livelock as soon as it is proved (as they do unless told otherwise), or only at the step
    /// limit: what the proof is tested against.
    pub const fn stop_at_circles(&mut self, stop: bool) {
        self.is_off = !stop;
    }

    /// Forgets everything. A write has at most so many segments.
    pub(crate) fn reset(&mut self, segments: usize) {
        self.forget();
        self.rounds = segments + 32;
    }

    /// Whether it is time to look.
    #[inline]
    pub(crate) const fn is_due(steps: u32) -> bool {
        steps >= FROM
    }

    /// Forgets the steps: a fault that is still to come is nearer.
    pub(crate) fn forget(&mut self) {
        bits(self.noted).for_each(|runner| self.steps[usize::from(runner)].clear());
        self.noted = 0;
    }

    /// A runner has made a step; whether a look was taken, and it goes in circles.
    pub(crate) fn closes(&mut self, runner: RunnerIndex, at: u32, did: u64) -> bool {
        if self.is_off {
            return false;
        }
        let steps = &mut self.steps[usize::from(runner)];
        if steps.len() == KEPT {
            steps.drain(..KEPT / 2);
        }
        steps.push(Step { at, did });
        self.noted |= 1 << runner;
        steps.len().is_multiple_of(INTERVAL) && self.cycle_of(runner).is_some()
    }

    /// Whether all of these have gone in circles, often enough, since anybody did anything else: what one of them does
    /// can be what another waits for.
    pub(crate) fn all_circle(&self, runnable: Runnable) -> bool {
        let runners = runnable.mask();
        let Some(since) = self.all_since(runners) else { return false };
        bits(runners).all(|runner| {
            let steps = &self.steps[usize::from(runner)];
            let count = steps.len() - steps.partition_point(|it| it.at < since);
            self.cycle_of(runner).is_some_and(|cycle| count >= cycle * self.rounds)
        })
    }

    /// The first step from which on these are all that runs, each in its circle; `None` if one of them is in none.
    fn all_since(&self, runners: u32) -> Option<u32> {
        let mut since = 0;
        for runner in bits(self.noted | runners) {
            let steps = &self.steps[usize::from(runner)];
            let begins = if runners >> runner & 1 == 1 {
                let cycle = self.cycle_of(runner)?;
                let same = steps.iter().rev().zip(steps.iter().rev().skip(cycle)).take_while(|(a, b)| a.did == b.did);
                steps[steps.len() - cycle - same.count()].at
            } else {
                steps.last()?.at
            };
            since = since.max(begins);
        }
        Some(since)
    }

    /// The length of the circle in which a runner goes.
    fn cycle_of(&self, runner: RunnerIndex) -> Option<usize> {
        (1..=LONGEST).find(|cycle| repeats(&self.steps[usize::from(runner)], *cycle, self.rounds))
    }
}

/// Whether the last steps are so many rounds of a cycle of this length.
fn repeats(steps: &[Step], cycle: usize, rounds: usize) -> bool {
    let wanted = cycle * rounds;
    let mut same = steps.iter().rev().zip(steps.iter().rev().skip(cycle));
    wanted < steps.len() && same.by_ref().take(wanted).all(|(a, b)| a.did == b.did) && steps.len() >= wanted + cycle
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After how many steps it says that the steps repeat themselves.
    fn closes_after(steps: impl Iterator<Item = u64>) -> Option<usize> {
        let mut cycles = CycleDetector::new();
        cycles.reset(2);
        (0..).zip(steps).take(10_000).position(|(at, did)| cycles.closes(0, at, did))
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

    /// A runner, and what it does in each of its steps.
    type Teller<'t> = (RunnerIndex, &'t dyn Fn(u64) -> u64);

    /// A detector to which each of these runners, in turn, has told so many steps.
    fn told(phases: &[(&[Teller<'_>], u64)]) -> CycleDetector {
        let mut cycles = CycleDetector::new();
        cycles.reset(0);
        let mut at = 0;
        for (runners, steps) in phases {
            for step in 0..*steps {
                for (runner, did) in *runners {
                    cycles.closes(*runner, at, did(step));
                    at += 1;
                }
            }
        }
        cycles
    }

    #[test]
    fn all_have_to_go_in_circles() {
        let three: Teller<'_> = (0, &|it| it % 3);
        let two: Teller<'_> = (1, &|it| it % 2);
        let new: Teller<'_> = (1, &|it| it + 9);
        let cycles = told(&[(&[three, two], 1_000)]);
        assert!(cycles.all_circle(Runnable::from_mask(0b11)));
        assert!(!cycles.all_circle(Runnable::from_mask(0b1)), "the other one ran as well");
        assert!(!cycles.all_circle(Runnable::from_mask(0b111)), "the third has not run");
        assert!(!told(&[(&[three, new], 1_000)]).all_circle(Runnable::from_mask(0b11)));
    }

    #[test]
    fn who_went_in_circles_before_another_did_something_has_to_go_on() {
        let three: Teller<'_> = (0, &|it| it % 3);
        let two: Teller<'_> = (1, &|it| it % 2);
        let new: Teller<'_> = (1, &|it| it + 9);
        assert!(!told(&[(&[three], 1_000), (&[new], 10), (&[two], 1_000)]).all_circle(Runnable::from_mask(0b11)));
        assert!(
            !told(&[(&[three], 999), (&[new], 10), (&[two], 1_000), (&[three], 90)])
                .all_circle(Runnable::from_mask(0b11))
        );
        assert!(
            told(&[(&[three], 999), (&[new], 10), (&[two], 1_000), (&[three], 99)])
                .all_circle(Runnable::from_mask(0b11))
        );
        // Who can not run any more has done something, too.
        assert!(!told(&[(&[three], 1_000), (&[two], 1)]).all_circle(Runnable::from_mask(0b1)));
        assert!(told(&[(&[three], 999), (&[two], 1), (&[three], 99)]).all_circle(Runnable::from_mask(0b1)));
    }
}
