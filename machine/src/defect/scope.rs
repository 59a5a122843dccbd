//! Where a defect is known to be: under which strategies, on which forms of which filesystems.

use case::{Filesystem, Form};

/// Strategies and filesystems.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// The strategies, by name; empty means all.
    pub strategies: &'static [&'static str],
    /// The filesystems, each with one of its forms; empty means all.
    pub filesystems: &'static [(Filesystem, Form)],
}

impl Scope {
    /// Everywhere: what is neither a strategy's nor a filesystem's.
    pub const EVERYWHERE: Self = Self { strategies: &[], filesystems: &[] };

    /// Under these strategies, on every filesystem.
    #[must_use]
    pub const fn strategies(strategies: &'static [&'static str]) -> Self {
        Self { strategies, ..Self::EVERYWHERE }
    }

    /// On these filesystems, under every strategy.
    #[must_use]
    pub const fn filesystems(filesystems: &'static [(Filesystem, Form)]) -> Self {
        Self { filesystems, ..Self::EVERYWHERE }
    }

    /// Whether this strategy on this form of this filesystem is part of it.
    #[must_use]
    pub fn contains(&self, strategy: &str, filesystem: Filesystem, form: Form) -> bool {
        let under = self.strategies.is_empty() || self.strategies.contains(&strategy);
        under && (self.filesystems.is_empty() || self.filesystems.contains(&(filesystem, form)))
    }
}
