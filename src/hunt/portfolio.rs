//! The portfolio: the schedules that each generated case is tried under. No single way of scheduling finds everything
//! soonest.

use machine::scheduler::{CaseGiven, Pct, Scheduler, Sticky, Uniform, UniformRandomWalk};

/// One way of scheduling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// One task after the other, as in a case without a schedule.
    Sequential,
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
    const RANDOM: [Self; 4] = [Self::Sticky, Self::Uniform, Self::UniformRandomWalk, Self::Pct];

    /// The ways in which the case of this seed is tried: one after the other, which needs no luck, and one other.
    ///
    /// Another case teaches more than another schedule: in as many runs, two ways for each case found a tenth more
    /// signatures than all five, and a third more than the same case under all strategies.
    #[must_use]
    pub const fn for_case(seed: u64) -> [Self; 2] {
        [Self::Sequential, Self::RANDOM[(seed >> 32) as usize % Self::RANDOM.len()]]
    }
}

/// One scheduler of each kind, set up anew for each run.
#[derive(Debug)]
pub struct Portfolio {
    sequential: CaseGiven,
    uniform: Uniform,
    sticky: Sticky,
    random_walk: UniformRandomWalk,
    pct: Pct,
}

impl Default for Portfolio {
    fn default() -> Self {
        Self {
            sequential: CaseGiven::default(),
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
