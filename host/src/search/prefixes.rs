//! Chooses the states of the disk before the loss of power that are looked at. Each has to be mounted, which takes
//! longer than the case.

use fastrand::Rng;

/// How many states a search looks at per case.
const MOST: usize = 16;

/// How many are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// None, except where the case says that power is lost.
    None,
    /// A few, by chance.
    Some,
    /// All.
    All,
}

/// Chooses the states.
#[derive(Debug)]
pub struct Prefixes {
    random: Rng,
}

impl Prefixes {
    /// Chooses by chance, from a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { random: Rng::with_seed(seed) }
    }

    /// Of this many changes, those before which power is lost, in their order.
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
