//! Finds the first kernel that shows what the one before it does not, or the other way round.

use super::outcome::Outcome;

/// What one kernel says of what is looked for; `None` if it says nothing.
pub fn verdict(outcome: Outcome) -> Option<bool> {
    match outcome {
        Outcome::Shown => Some(true),
        Outcome::NotShown => Some(false),
        Outcome::Inconclusive | Outcome::CannotRun | Outcome::Hung => None,
    }
}

/// What a search comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// `before` says the one, `first` the other, and those between say nothing.
    Change {
        /// The last that says the same as the first of all.
        before: usize,
        /// The first that does not.
        first: usize,
        /// Whether that shows it.
        shows: bool,
        /// Those between, which say nothing.
        between: Vec<usize>,
    },
    /// Both ends say the same.
    NoChange {
        /// What they say.
        shows: bool,
    },
    /// Fewer than two of all say anything.
    Mute,
}

/// Looks for a change among so many kernels, in order; `ask` is what one of them says, and may be asked again.
///
/// # Errors
/// Those of `ask`.
pub fn search<E>(count: usize, mut ask: impl FnMut(usize) -> Result<Option<bool>, E>) -> Result<Found, E> {
    let mut first_with = |range: &mut dyn Iterator<Item = usize>| -> Result<Option<(usize, bool)>, E> {
        for at in range {
            if let Some(shows) = ask(at)? {
                return Ok(Some((at, shows)));
            }
        }
        Ok(None)
    };
    let Some((mut low, shows_before)) = first_with(&mut (0..count))? else { return Ok(Found::Mute) };
    let Some((mut high, shows)) = first_with(&mut (low + 1..count).rev())? else { return Ok(Found::Mute) };
    if shows == shows_before {
        return Ok(Found::NoChange { shows });
    }
    // Those between that say nothing.
    let mut mute: Vec<usize> = Vec::new();
    loop {
        let open: Vec<usize> = (low + 1..high).filter(|it| !mute.contains(it)).collect();
        let Some(middle) = open.get(open.len() / 2).copied() else {
            return Ok(Found::Change { before: low, first: high, shows, between: (low + 1..high).collect() });
        };
        match first_with(&mut [middle].into_iter())? {
            None => mute.push(middle),
            Some((at, it)) if it == shows => high = at,
            Some((at, _)) => low = at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(says: &str) -> (Found, usize) {
        let says: Vec<Option<bool>> = says
            .chars()
            .map(|it| match it {
                '+' => Some(true),
                '-' => Some(false),
                _ => None,
            })
            .collect();
        let mut asked = Vec::new();
        let result = search(says.len(), |at| {
            if !asked.contains(&at) {
                asked.push(at);
            }
            Ok::<_, ()>(says[at])
        });
        (result.expect("nothing fails"), asked.len())
    }

    fn change(before: usize, first: usize, shows: bool, between: &[usize]) -> Found {
        Found::Change { before, first, shows, between: between.to_vec() }
    }

    #[test]
    fn the_first_after_the_change_is_found() {
        assert_eq!(found("--++").0, change(1, 2, true, &[]));
        assert_eq!(found("+++-").0, change(2, 3, false, &[]));
        assert_eq!(found("-+").0, change(0, 1, true, &[]));
        let (it, asked) = found(&("-".repeat(40) + &"+".repeat(24)));
        assert_eq!(it, change(39, 40, true, &[]));
        assert!(asked <= 9, "{asked} were asked");
    }

    #[test]
    fn those_that_say_nothing_are_passed_over() {
        assert_eq!(found("?-??+?").0, change(1, 4, true, &[2, 3]));
        assert_eq!(found("--?-?++").0, change(3, 5, true, &[4]));
        assert_eq!(found("?+?").0, Found::Mute);
        assert_eq!(found("").0, Found::Mute);
        assert_eq!(found("-?-").0, Found::NoChange { shows: false });
    }
}
