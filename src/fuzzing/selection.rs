//! Which strategies a fuzz target runs: a list in the environment that adds and takes away.

use machine::Strategy;
use std::env::VarError;

/// The variable that narrows the strategies.
pub const VARIABLE: &str = "SHORTCOPY_STRATEGIES";

/// Why a list is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// A name in it is none.
    #[error("SHORTCOPY_STRATEGIES: there is no strategy {0:?}; `shortcopy list strategies` has them all")]
    Unknown(String),
    /// Nothing is left.
    #[error("SHORTCOPY_STRATEGIES: {0:?} leaves no strategy")]
    Empty(String),
}

/// The strategies of a list: names with commas or blanks between them, from left to right. `+NAME`, or a bare name,
/// adds one, `-NAME` takes one away, `all` stands for all of them. A list that begins by taking away begins with all;
/// an empty one is all.
///
/// # Errors
/// If a name is no strategy, or none is left.
pub fn select(list: &str) -> Result<Vec<&'static Strategy>, SelectionError> {
    let words = || list.split([',', ' ', '\n', '\t']).filter(|it| !it.is_empty());
    let mut chosen: Vec<&'static Strategy> = Vec::new();
    if words().next().is_none_or(|first| first.starts_with('-')) {
        chosen.extend(strategies::ALL);
    }
    for word in words() {
        let (adds, name) = match word.strip_prefix('-') {
            Some(name) => (false, name),
            None => (true, word.strip_prefix('+').unwrap_or(word)),
        };
        let named: Vec<&'static Strategy> = match strategies::find(name) {
            Some(strategy) => vec![strategy],
            None if name == "all" => strategies::ALL.iter().collect(),
            None => return Err(SelectionError::Unknown(name.to_owned())),
        };
        chosen.retain(|it| !named.iter().any(|strategy| strategy.id == it.id));
        if adds {
            chosen.extend(named);
        }
    }
    if chosen.is_empty() { Err(SelectionError::Empty(list.to_owned())) } else { Ok(chosen) }
}

/// The strategies of the list in the environment.
///
/// # Errors
/// Those of [`select`].
pub fn from_environment() -> Result<Vec<&'static Strategy>, SelectionError> {
    match std::env::var(VARIABLE) {
        Ok(list) => select(&list),
        Err(VarError::NotPresent) => select(""),
        Err(VarError::NotUnicode(list)) => Err(SelectionError::Unknown(list.to_string_lossy().into_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::{SelectionError, select};

    fn names(list: &str) -> Vec<&'static str> {
        select(list).expect("it is a list").iter().map(|it| it.id).collect()
    }

    #[test]
    fn lists_add_and_take_away() {
        let all = strategies::ALL.len();
        assert_eq!(names("").len(), all);
        assert_eq!(names("baseline"), ["baseline"]);
        assert_eq!(names("+baseline temp-page,baseline"), ["temp-page", "baseline"]);
        assert_eq!(names("all,-baseline").len(), all - 1);
        assert!(!names("-baseline, -temp-page").iter().any(|it| ["baseline", "temp-page"].contains(it)));
        assert_eq!(names("-baseline,+baseline").len(), all);
        assert_eq!(select("-nonsense").err(), Some(SelectionError::Unknown("nonsense".to_owned())));
        assert_eq!(select("-all").err(), Some(SelectionError::Empty("-all".to_owned())));
    }
}
