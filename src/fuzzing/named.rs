//! The strategy that an input names: that of its first `expect` line. Mutation reaches the name as it reaches all else;
//! an input without one runs under a strategy that its bytes decide.

use case::{Case, Expectation};
use machine::{Machine, Strategy};
use std::hash::{DefaultHasher, Hash, Hasher};

/// The strategy under which a case is run, and its number among these: the named one, if the case fits it, or else the
/// next that it fits.
pub(super) fn named<'s>(case: &Case, strategies: &[&'s Strategy]) -> Option<(usize, &'s Strategy)> {
    let name = case.expectations.first().map(|it| it.strategy.as_str());
    let known = name.and_then(|name| strategies.iter().position(|it| it.id == name));
    fitting_from(case, strategies, known.unwrap_or_else(|| decided(case) as usize % strategies.len()))
}

/// Lets a case name a strategy that it fits, from this one of all on.
pub(super) fn name(case: &mut Case, from: usize) {
    case.expectations.clear();
    let all: Vec<&Strategy> = strategies::ALL.iter().collect();
    let Some((_, strategy)) = fitting_from(case, &all, from % all.len()) else { return };
    case.expectations.push(Expectation { strategy: strategy.id.to_owned(), finding: None });
}

fn fitting_from<'s>(case: &Case, strategies: &[&'s Strategy], from: usize) -> Option<(usize, &'s Strategy)> {
    let mut numbers = (from..strategies.len()).chain(0..from);
    numbers.find_map(|it| Machine::refusal(case, strategies[it]).is_none().then(|| (it, strategies[it])))
}

fn decided(case: &Case) -> u64 {
    let mut hasher = DefaultHasher::new();
    case.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::{name, named};
    use crate::fuzzing::Input;
    use crate::fuzzing::tests::CLEARED_TAIL;
    use machine::Strategy;

    fn all() -> Vec<&'static Strategy> {
        strategies::ALL.iter().collect()
    }

    #[test]
    fn an_input_runs_under_what_it_names() {
        for (number, strategy) in strategies::ALL.iter().enumerate() {
            let text = format!("{CLEARED_TAIL}expect {} silent\n", strategy.id);
            let (found, it) = named(&Input::from_bytes(text.as_bytes()).case, &all()).expect("some strategy fits");
            let fits = strategy.runs_on().any(|(filesystem, _)| filesystem == case::Filesystem::Block);
            assert_eq!(found == number, fits, "{}", strategy.id);
            assert_eq!(it.id, strategies::ALL[found].id);
        }
    }

    #[test]
    fn an_input_without_a_name_runs_under_one_that_it_decides() {
        let mut found = std::collections::BTreeSet::new();
        for offset in 0..200 {
            let text = CLEARED_TAIL.replace("write a 0", &format!("write a {offset}"));
            let case = Input::from_bytes(text.as_bytes()).case;
            let (number, _) = named(&case, &all()).expect("some strategy fits");
            assert_eq!(named(&case, &all()).map(|it| it.0), Some(number));
            found.insert(number);
        }
        assert!(found.len() > 10, "{found:?}");
    }

    #[test]
    fn what_is_named_is_run() {
        for from in 0..strategies::ALL.len() {
            let mut case = Input::from_bytes(CLEARED_TAIL.as_bytes()).case;
            name(&mut case, from);
            let (_, it) = named(&case, &all()).expect("some strategy fits");
            assert_eq!(case.expectations[0].strategy, it.id);
            assert_eq!(Input::from_bytes(case.print().as_bytes()).case, case, "the name survives");
        }
    }
}
