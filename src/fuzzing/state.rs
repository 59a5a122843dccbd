//! The first line of a crash, by which ClusterFuzz tells one bug from the next.
//!
//! Its parser of stack traces takes the rest of a line that begins with `panic: ` for the crash's state, and keeps it
//! before the frames, which are the same for all findings. It keeps 80 characters, and puts `NUMBER` where it sees four
//! digits or dots in a row, or two digits after a blank: without care, `write-begin-2.6.24` and `write-begin-2.6.24.3`
//! would be one bug.

use crate::cause::Cause;
use crate::judge::Signature;
use std::fmt;

/// What a crash says first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct State(String);

impl State {
    /// Of these words. They should say nothing that the next version says in another way.
    #[must_use]
    pub fn new(words: &str) -> Self {
        Self(words.replace('.', "_"))
    }

    /// Of a finding: where it was found and what was wrong; or, if its cause is found and only not known there, that.
    #[must_use]
    pub fn of_finding(signature: &Signature, cause: &Cause) -> Self {
        let Signature { strategy, filesystem, form, class, rule, .. } = signature;
        Self::new(&if cause.is_unexplained() {
            format!("{strategy} on {} {}: {class} {rule}", filesystem.word(), form.word())
        } else {
            format!("{} in {strategy}", cause.headword())
        })
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "panic: {}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::State;
    use crate::cause::Cause;
    use crate::judge::Signature;
    use machine::{Defect, DefectSet};
    use oracle::{Class, Rule};
    use std::collections::BTreeSet;

    /// What is left of a line, by the rules of the parser in words: nothing unless it begins with `panic: `; `NUMBER`
    /// for runs of four or more digits and dots, and for two or more digits after a blank, or any after `@` or `#`,
    /// unless a colon, digit or dot stands before, or a letter, digit or dot behind; then 80 characters.
    fn kept(line: &str) -> Option<String> {
        let rest: Vec<char> = line.strip_prefix("panic: ")?.chars().collect();
        let is_number = |it: &char| it.is_ascii_digit() || *it == '.';
        let (mut out, mut at) = (String::new(), 0);
        while at < rest.len() {
            let run = rest[at..].iter().take_while(|it| is_number(it)).count();
            let before = at.checked_sub(1).map(|it| rest[it]);
            let digits_only = rest[at..at + run].iter().all(char::is_ascii_digit);
            let is_long = run >= 4 || run >= 2 && digits_only && before == Some(' ');
            let is_counted = run >= 1 && digits_only && matches!(before, Some('@' | '#'));
            let is_bounded = before != Some(':') && !rest.get(at + run).is_some_and(char::is_ascii_alphanumeric);
            if (is_long || is_counted) && is_bounded {
                out.push_str("NUMBER");
            } else {
                out.extend(&rest[at..at + run.max(1)]);
            }
            at += run.max(1);
        }
        Some(out.chars().take(80).collect())
    }

    #[test]
    fn the_rules_are_those_of_the_parser() {
        let state = |line: &str| kept(line).unwrap_or_default();
        assert_eq!(state("thread 'main' panicked at src/lib.rs:1:2:"), "");
        assert_eq!(
            state("panic: write-begin-2.6.24 x 12 a1 a.b v3:1234 #5 12ab"),
            "write-begin-NUMBER x NUMBER a1 a.b v3:1234 #NUMBER 12ab"
        );
        assert_eq!(state(&format!("panic: {}", "x".repeat(100))).len(), 80);
    }

    #[test]
    fn each_finding_has_a_state_of_its_own() {
        let mut states = BTreeSet::new();
        let mut count = 0;
        let mut add = |state: State| {
            let line = state.to_string();
            let kept = kept(&line).unwrap_or_else(|| panic!("{line} is no state"));
            assert_eq!(format!("panic: {kept}"), line, "something of it is lost");
            states.insert(kept);
            count += 1;
        };
        for strategy in strategies::ALL {
            for (filesystem, form) in strategy.runs_on() {
                for class in Class::ALL.iter().copied() {
                    for rule in Rule::ALL.iter().copied() {
                        let strategy = strategy.id;
                        let signature = Signature {
                            strategy,
                            filesystem,
                            form,
                            class,
                            persistence: None,
                            rule,
                            cycle: None,
                            in_subject: false,
                        };
                        add(State::of_finding(&signature, &Cause::UNEXPLAINED));
                    }
                }
            }
        }
        assert_eq!(states.len(), count);
    }

    #[test]
    fn a_known_cause_where_it_is_not_known_is_one_bug_a_strategy() {
        let strategy = &strategies::ALL[0];
        let (filesystem, form) = strategy.runs_on().next().expect("it runs somewhere");
        let signature = |class| Signature {
            strategy: strategy.id,
            filesystem,
            form,
            class,
            persistence: None,
            rule: Rule::ALL[0],
            cycle: None,
            in_subject: false,
        };
        let mut states = BTreeSet::new();
        for defect in Defect::ALL.iter().copied() {
            let cause = Cause::new(vec![DefectSet::of(defect)]);
            let [one, other] = [Class::ALL[0], Class::ALL[1]].map(|it| State::of_finding(&signature(it), &cause));
            assert_eq!(one, other);
            let kept = kept(&one.to_string()).expect("a state");
            assert!(kept.starts_with(defect.id()), "{kept}");
            states.insert(kept);
        }
        assert_eq!(states.len(), Defect::ALL.len());
    }
}
