//! Which of the disks that there were until power was lost are looked at. Each has to be mounted, which takes longer than the case.

use fastrand::Rng;

/// How many of a case of a search.
const MOST: usize = 16;

/// Chooses.
#[derive(Debug)]
pub struct Prefixes {
    random: Rng,
}

impl Prefixes {
    /// By chance, from a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { random: Rng::with_seed(seed) }
    }

    /// The changes before which power is to be lost, of so many, in their order.
    pub fn choose(&mut self, changes: usize, all: bool) -> Vec<usize> {
        let mut chosen = if all { (0..changes).collect() } else { self.random.choose_multiple(0..changes, MOST) };
        chosen.sort_unstable();
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_chosen_or_some_in_order() {
        let mut prefixes = Prefixes::new(1);
        assert_eq!(prefixes.choose(100, true), (0..100).collect::<Vec<_>>());
        assert_eq!(prefixes.choose(3, false), [0, 1, 2]);
        assert!(prefixes.choose(0, false).is_empty());
        let some = prefixes.choose(100, false);
        assert!(some.len() == MOST && some.is_sorted_by(|a, b| a < b) && some[MOST - 1] < 100, "{some:?}");
    }
}
