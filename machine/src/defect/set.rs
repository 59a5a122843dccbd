//! A set of defects: those that a run mends, or those that its code was asked about.

use super::Defect;

/// A set of defects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DefectSet(u128);

impl DefectSet {
    /// How many defects there can be.
    pub const MOST: usize = u128::BITS as usize;
    /// None.
    pub const NONE: Self = Self(0);
    /// Every defect that there is.
    pub const ALL: Self = Self(u128::MAX);

    /// Only this one.
    #[must_use]
    pub const fn of(defect: Defect) -> Self {
        Self(1 << defect as u32)
    }

    /// Adds one.
    pub const fn insert(&mut self, defect: Defect) {
        self.0 |= 1 << defect as u32;
    }

    /// Whether one is in it.
    #[must_use]
    #[inline]
    pub const fn contains(self, defect: Defect) -> bool {
        self.0 & 1 << defect as u32 != 0
    }

    /// What is in either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in this one and not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether all of this one is in the other.
    #[must_use]
    pub const fn is_within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    /// Whether it is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Its members, in the registry's order.
    pub fn iter(self) -> impl Iterator<Item = Defect> {
        Defect::ALL.iter().copied().filter(move |it| self.contains(*it))
    }
}

impl FromIterator<Defect> for DefectSet {
    fn from_iter<I: IntoIterator<Item = Defect>>(defects: I) -> Self {
        let mut set = Self::NONE;
        defects.into_iter().for_each(|it| set.insert(it));
        set
    }
}
