//! The portfolio: the schedules that each generated case is tried under. No single way of scheduling finds everything
//! soonest.

use crate::scheduler::{CaseGiven, Nonpreemptive, Pct, Scheduler, Sticky, Uniform, UniformRandomWalk};

/// One way of scheduling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// One task after the other, as in a case without a schedule.
    Sequential,
    /// One task after the other too, but who is next is chance, and the disk takes its time.
    Nonpreemptive,
    /// Any runner at every step.
    Uniform,
    /// The same runner for a while.
    Sticky,
    /// In proportion to what is left to do.
    UniformRandomWalk,
    /// By random priorities.
    Pct,
}

impl Way {
    /// Those that need luck.
    pub const RANDOM: [Self; 4] = [Self::Sticky, Self::Uniform, Self::UniformRandomWalk, Self::Pct];

    /// The ways in which the case of this seed is tried: one task after the other, which needs little luck or none, and
    /// one other.
    ///
    /// Another case teaches more than another schedule: in as many runs, two ways for each case found a tenth more
    /// signatures than all five, and a third more than the same case under all strategies.
    #[must_use]
    pub const fn for_case(seed: u64) -> [Self; 2] {
        let one_after_the_other = if seed >> 62 == 0 { Self::Nonpreemptive } else { Self::Sequential };
        [one_after_the_other, Self::RANDOM[(seed >> 32) as usize % Self::RANDOM.len()]]
    }
}

/// One scheduler of each kind, set up anew for each run.
#[derive(Debug)]
pub struct Portfolio {
    sequential: CaseGiven,
    nonpreemptive: Nonpreemptive,
    uniform: Uniform,
    sticky: Sticky,
    random_walk: UniformRandomWalk,
    pct: Pct,
}

impl Default for Portfolio {
    fn default() -> Self {
        Self {
            sequential: CaseGiven::default(),
            nonpreemptive: Nonpreemptive::new(0),
            uniform: Uniform::new(0),
            sticky: Sticky::new(0),
            random_walk: UniformRandomWalk::new(0),
            pct: Pct::new(0),
        }
    }
}

impl Portfolio {
    /// The scheduler for a run with this seed.
    pub fn scheduler(&mut self, way: Way, seed: u64) -> &mut dyn Scheduler {
        match way {
            Way::Sequential => &mut self.sequential,
            Way::Nonpreemptive => {
                self.nonpreemptive = Nonpreemptive::new(seed);
                &mut self.nonpreemptive
            }
            Way::Uniform => {
                self.uniform = Uniform::new(seed);
                &mut self.uniform
            }
            Way::Sticky => {
                self.sticky = Sticky::new(seed);
                &mut self.sticky
            }
            Way::UniformRandomWalk => {
                self.random_walk = UniformRandomWalk::new(seed);
                &mut self.random_walk
            }
            Way::Pct => {
                self.pct = Pct::new(seed);
                &mut self.pct
            }
        }
    }
}
