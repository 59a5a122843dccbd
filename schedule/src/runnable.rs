//! The runners that can make a step now, as a set.

use crate::bits::bits;
use crate::runner::{DISK, RunnerIndex};

/// The runners that can make a step now; never empty when a scheduler is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Runnable(u32);

impl Runnable {
    /// A set from its bit mask.
    #[must_use]
    pub const fn from_mask(mask: u32) -> Self {
        Self(mask)
    }

    /// The set as a bit mask.
    #[must_use]
    pub const fn mask(self) -> u32 {
        self.0
    }

    /// Whether a runner is in it.
    #[must_use]
    pub const fn contains(self, runner: RunnerIndex) -> bool {
        self.0 & 1 << runner != 0
    }

    /// How many there are.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The runners, by number.
    pub fn iter(self) -> impl Iterator<Item = RunnerIndex> {
        bits(self.0)
    }

    /// The `nth` of them, from 0.
    #[must_use]
    pub fn nth(self, nth: u32) -> RunnerIndex {
        // Looked up where few tasks run, as mostly: a loop would end where nobody can predict it, at every step.
        if self.0 & !FEW == 0 {
            let few = (self.0 | self.0 >> DISK << DISK_OF_FEW) & 0xff;
            let runner = NTH[few as usize][(nth & 7) as usize];
            return if runner == DISK_OF_FEW { DISK } else { runner };
        }
        let mut rest = self.0;
        for _ in 0..nth {
            rest &= rest - 1;
        }
        rest.trailing_zeros() as RunnerIndex
    }

    /// The first runner after `runner`, in a circle.
    #[must_use]
    pub const fn after(self, runner: RunnerIndex) -> RunnerIndex {
        let above = self.0 & !((2_u32 << runner).wrapping_sub(1));
        let from = if runner == 31 || above == 0 { self.0 } else { above };
        from.trailing_zeros() as RunnerIndex
    }
}

/// The first seven tasks, and the disk.
const FEW: u32 = 0x7f | 1 << DISK;
/// Where the disk is in a set of few.
const DISK_OF_FEW: RunnerIndex = 7;
/// The runners of each set of few, in order.
static NTH: [[RunnerIndex; 8]; 256] = nth_of_few();

const fn nth_of_few() -> [[RunnerIndex; 8]; 256] {
    let mut table = [[0; 8]; 256];
    let mut set = 0;
    while set < 256 {
        let (mut runner, mut nth) = (0, 0);
        while runner < 8 {
            if set >> runner & 1 == 1 {
                table[set][nth] = runner;
                nth += 1;
            }
            runner += 1;
        }
        set += 1;
    }
    table
}
