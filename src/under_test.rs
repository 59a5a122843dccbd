//! What is run: a write strategy in the simulated kernel, or a subject, which is somebody else's page cache or
//! filesystem. And the list of what can be run.

use case::{Case, Filesystem, Form, Weights};
use machine::{Machine, Strategy};
use oracle::Class;
use std::sync::OnceLock;
use subject::Entry;

/// What is run.
#[derive(Clone, Copy, Debug)]
pub enum UnderTest {
    /// A write strategy, in the simulated kernel.
    Strategy(&'static Strategy),
    /// A subject, by itself.
    Subject(&'static Entry),
}

impl UnderTest {
    /// Its name on the command line and in cases.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Strategy(strategy) => strategy.id,
            Self::Subject(entry) => entry.name,
        }
    }

    /// What it does, in one sentence.
    #[must_use]
    pub const fn what(self) -> &'static str {
        match self {
            Self::Strategy(strategy) => strategy.what,
            Self::Subject(_) => "a subject, which brings a page cache or filesystem of its own",
        }
    }

    /// The strategy that it is, if it is one.
    #[must_use]
    pub const fn strategy(self) -> Option<&'static Strategy> {
        match self {
            Self::Strategy(strategy) => Some(strategy),
            Self::Subject(_) => None,
        }
    }

    /// Whether it is a subject.
    #[must_use]
    pub const fn is_subject(self) -> bool {
        matches!(self, Self::Subject(_))
    }

    /// Whether runs in several threads disturb each other.
    #[must_use]
    pub const fn runs_alone(self) -> bool {
        match self {
            Self::Strategy(_) => false,
            Self::Subject(entry) => entry.statics,
        }
    }

    /// What it may show with nothing wrong about it: see [`Strategy::accepts`]. A subject accepts nothing.
    #[must_use]
    pub const fn accepts(self) -> &'static [Class] {
        match self {
            Self::Strategy(strategy) => strategy.accepts,
            Self::Subject(_) => &[],
        }
    }

    /// The form of the filesystem that a case means; `None` if the two do not fit. A subject has no forms: `None`.
    #[must_use]
    pub fn form_for(self, case: &Case) -> Option<Form> {
        match self {
            Self::Strategy(strategy) => strategy.form_for(case),
            Self::Subject(_) => None,
        }
    }

    /// How a case writes down that it runs on this form: to a subject it must not say anything of the kind.
    #[must_use]
    pub const fn pinned(self, form: Form) -> Option<Form> {
        match self {
            Self::Strategy(_) => Some(form),
            Self::Subject(_) => None,
        }
    }

    /// The filesystems, with their forms, that it runs on. A subject is a filesystem itself: its cases leave theirs to
    /// the default.
    #[must_use]
    pub fn runs_on(self) -> Vec<(Filesystem, Option<Form>)> {
        match self {
            Self::Strategy(strategy) => strategy.runs_on().map(|(filesystem, form)| (filesystem, Some(form))).collect(),
            Self::Subject(_) => vec![(Filesystem::default(), None)],
        }
    }

    /// Why it cannot run this case; `None` if it can.
    #[must_use]
    pub fn refusal(self, case: &Case) -> Option<String> {
        match self {
            Self::Strategy(strategy) => Machine::refusal(case, strategy),
            Self::Subject(entry) => entry.abilities.refusal(case),
        }
    }

    /// Limits the generator to what it can do, beside the places where it runs.
    pub const fn narrow(self, weights: &mut Weights) {
        match self {
            Self::Strategy(_) => {}
            Self::Subject(entry) => weights.abilities = entry.abilities,
        }
    }
}

/// What has the same name is the same.
impl PartialEq for UnderTest {
    fn eq(&self, other: &Self) -> bool {
        self.is_subject() == other.is_subject() && self.id() == other.id()
    }
}

impl Eq for UnderTest {}

impl From<&'static Strategy> for UnderTest {
    fn from(strategy: &'static Strategy) -> Self {
        Self::Strategy(strategy)
    }
}

impl From<&'static Entry> for UnderTest {
    fn from(entry: &'static Entry) -> Self {
        Self::Subject(entry)
    }
}

/// The subject whose own program this is.
static OWN: OnceLock<&'static Entry> = OnceLock::new();

/// Tells, once and at its start, that this program is a subject's own: from now on nothing else can be run. The first
/// call counts.
pub fn only(entry: &'static Entry) {
    let _ = OWN.set(entry);
}

/// The subject whose own program this is; none in a program that runs strategies.
#[must_use]
pub fn own_subject() -> Option<&'static Entry> {
    OWN.get().copied()
}

/// All that can be run: the strategies in the order of their history, or the subject whose own program this is.
pub fn all() -> impl Iterator<Item = UnderTest> {
    let own = own_subject();
    let strategies = if own.is_some() { &[][..] } else { strategies::ALL };
    own.map(UnderTest::Subject).into_iter().chain(strategies.iter().map(UnderTest::Strategy))
}

/// What has this name, if it can be run.
#[must_use]
pub fn find(id: &str) -> Option<UnderTest> {
    all().find(|it| it.id() == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_subject_there_are_the_strategies() {
        assert!(all().map(UnderTest::id).eq(strategies::ALL.iter().map(|it| it.id)));
        assert_eq!(find("baseline").map(UnderTest::id), Some("baseline"));
        assert_eq!(find("nobody"), None);
    }
}
