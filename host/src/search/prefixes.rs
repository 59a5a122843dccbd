//! Which of the disks that there were until power was lost are looked at. Each has to be mounted, which takes longer
//! than the case.

use fastrand::Rng;

/// How many of a case of a search.
const MOST: usize = 16;

/// How many are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// Where the case says that power is lost, and nowhere else.
    None,
    /// A few, by chance.
    Some,
    /// All.
    All,
}

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
    pub fn choose(&mut self, changes: usize, share: Share) -> Vec<usize> {
        let mut chosen = match share {
            Share::None => Vec::new(),
            Share::Some => self.random.choose_multiple(0..changes, MOST),
            Share::All => (0..changes).collect(),
        };
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
        assert_eq!(prefixes.choose(100, Share::All), (0..100).collect::<Vec<_>>());
        assert_eq!(prefixes.choose(3, Share::Some), [0, 1, 2]);
        assert!(prefixes.choose(3, Share::None).is_empty());
        assert!(prefixes.choose(0, Share::Some).is_empty());
        let some = prefixes.choose(100, Share::Some);
        assert!(some.len() == MOST && some.is_sorted_by(|a, b| a < b) && some[MOST - 1] < 100, "{some:?}");
    }
}
