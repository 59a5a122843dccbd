//! A kernel's version, such as `5.10.0-32-cloud-amd64`, `6.12.43+deb13`, `6.16.3`; and what is meant by a part of one,
//! or by a range.

use std::cmp::Ordering;
use std::fmt::{self, Display};
use std::str::FromStr;

/// What a kernel calls itself, with the numbers of the release that it is made from.
#[derive(Clone, Debug)]
pub struct Version {
    text: String,
    numbers: Vec<u32>,
}

impl Version {
    /// The same, made from another release than its name says: Debian's `5.10.0-32-cloud-amd64` is made from 5.10.223.
    #[must_use]
    pub fn made_from(mut self, release: &str) -> Self {
        let numbers = numbers_of(release).0;
        if numbers.len() >= 3 && numbers.get(..2) == self.numbers.get(..2) {
            self.numbers = numbers;
        }
        self
    }

    /// As the kernel calls itself.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The release that it is made from: `5.10.223`.
    #[must_use]
    pub fn release(&self) -> String {
        dotted(&self.numbers)
    }

    /// The stable line that it belongs to: `5.10`.
    #[must_use]
    pub fn line(&self) -> String {
        dotted(&self.numbers[..self.numbers.len().min(2)])
    }

    /// What follows the numbers of its name: `-32-cloud-amd64`.
    fn rest(&self) -> &str {
        numbers_of(&self.text).1
    }
}

fn dotted(numbers: &[u32]) -> String {
    numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(".")
}

/// The numbers that a text begins with, and what follows them.
fn numbers_of(text: &str) -> (Vec<u32>, &str) {
    let end = text.find(|it: char| !it.is_ascii_digit() && it != '.').unwrap_or(text.len());
    let (numbers, rest) = text.split_at(end);
    (numbers.split('.').filter_map(|it| it.parse().ok()).collect(), rest)
}

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (numbers, _) = numbers_of(text);
        // It becomes the name of a folder.
        if numbers.len() < 2 || !text.starts_with(|it: char| it.is_ascii_digit()) || text.contains(['/', ' ']) {
            return Err(format!("`{text}` is no version of a kernel, such as 6.1 or 6.12.43+deb13-cloud-amd64"));
        }
        Ok(Self { text: text.to_owned(), numbers })
    }
}

impl Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.text)
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Version {}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let is_final = |it: &Self| !it.rest().starts_with("-rc");
        self.numbers
            .cmp(&other.numbers)
            .then_with(|| is_final(self).cmp(&is_final(other)))
            .then_with(|| natural(self.rest(), other.rest()))
            .then_with(|| self.text.cmp(&other.text))
    }
}

/// Compares texts as people do: `-9` comes before `-30`.
fn natural(one: &str, other: &str) -> Ordering {
    let (mut one, mut other) = (one, other);
    loop {
        if one.is_empty() || other.is_empty() {
            return one.len().cmp(&other.len());
        }
        let ((word, number, after), (other_word, other_number, other_after)) = (first_part(one), first_part(other));
        match word.cmp(other_word).then(number.cmp(&other_number)) {
            Ordering::Equal => (one, other) = (after, other_after),
            order => return order,
        }
    }
}

/// What is before the first number, that number, and what is after it.
fn first_part(text: &str) -> (&str, u64, &str) {
    let begin = text.find(|it: char| it.is_ascii_digit()).unwrap_or(text.len());
    let (word, rest) = text.split_at(begin);
    let end = rest.find(|it: char| !it.is_ascii_digit()).unwrap_or(rest.len());
    (word, rest[..end].parse().unwrap_or(0), &rest[end..])
}

/// What somebody means by a version: `6.12` and `6.12.43` mean all that begin so, `6.1..6.16` all between, both ends
/// included; an end may be left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// One, by its name or the beginning of it.
    One(Version),
    /// All from here to there.
    Range(Option<Version>, Option<Version>),
}

impl Wanted {
    /// Whether a version is meant.
    #[must_use]
    pub fn means(&self, version: &Version) -> bool {
        match self {
            Self::One(wanted) => begins_with(version, wanted),
            Self::Range(from, to) => {
                let is_after = from.as_ref().is_none_or(|it| version >= it || begins_with(version, it));
                let is_before = to.as_ref().is_none_or(|it| version <= it || begins_with(version, it));
                is_after && is_before
            }
        }
    }

    /// Whether a whole name was given, and it is this one.
    #[must_use]
    pub fn names(&self, version: &Version) -> bool {
        matches!(self, Self::One(wanted) if wanted == version)
    }

    /// Of these, what is meant, in order: of one version the newest; of a range within a stable line all of it, of one
    /// over several lines the newest of each and both ends.
    #[must_use]
    pub fn of(&self, all: &[Version]) -> Vec<Version> {
        let mut meant: Vec<Version> = all.iter().filter(|it| self.means(it)).cloned().collect();
        meant.sort();
        meant.dedup();
        if let Some(exact) = meant.iter().find(|it| self.names(it)) {
            return vec![exact.clone()];
        }
        let Some((first, last)) = meant.first().cloned().zip(meant.last().cloned()) else { return meant };
        match self {
            Self::One(_) => vec![last],
            Self::Range(..) if first.line() == last.line() => meant,
            Self::Range(..) => {
                let ends = [&first, &last];
                let is_newest = |at: usize| meant.get(at + 1).is_none_or(|next| next.line() != meant[at].line());
                let kept = (0..meant.len()).filter(|at| is_newest(*at) || ends.contains(&&meant[*at]));
                kept.map(|at| meant[at].clone()).collect()
            }
        }
    }
}

/// Whether a version's name, or the release that it is made from, begins with the wanted one.
fn begins_with(version: &Version, wanted: &Version) -> bool {
    let begins = |numbers: &[u32]| numbers.starts_with(&wanted.numbers);
    let (named, rest) = numbers_of(&version.text);
    if wanted.rest().is_empty() {
        return begins(&named) || begins(&version.numbers);
    }
    named == wanted.numbers && rest.starts_with(wanted.rest())
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((from, to)) = text.split_once("..") else { return text.parse().map(Self::One) };
        let end = |it: &str| if it.is_empty() { Ok(None) } else { it.parse().map(Some) };
        let (from, to) = (end(from)?, end(to)?);
        if let (Some(from), Some(to)) = (&from, &to)
            && from > to
            && !begins_with(from, to)
        {
            return Err(format!("the range `{text}` ends before it begins"));
        }
        Ok(Self::Range(from, to))
    }
}

impl Display for Wanted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(wanted) => wanted.fmt(formatter),
            Self::Range(from, to) => {
                let end = |it: &Option<Version>| it.as_ref().map_or_else(String::new, ToString::to_string);
                write!(formatter, "{}..{}", end(from), end(to))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().expect("a version")
    }

    fn all(texts: &[&str]) -> Vec<Version> {
        texts.iter().map(|it| version(it)).collect()
    }

    #[test]
    fn versions_are_in_the_order_of_their_numbers() {
        let ordered = [
            "5.10.0-9-cloud-amd64",
            "5.10.0-32-cloud-amd64",
            "6.1.0-50-cloud-amd64",
            "6.12.43+deb12-cloud-amd64",
            "6.12.90+deb12-cloud-amd64",
            "6.12.90+deb12.1-cloud-amd64",
            "6.12.107+deb13-cloud-amd64",
            "6.16.3",
            "7.3-rc7",
            "7.3",
            "7.3.4+deb13-cloud-amd64",
        ];
        let mut sorted = all(&ordered);
        sorted.reverse();
        sorted.sort();
        assert_eq!(sorted, all(&ordered));
    }

    #[test]
    fn what_is_no_version_is_refused() {
        for text in ["", "six", "6", "v6.1", "6.1/../..", "6.1 x", ".6.1"] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
        for text in ["..x", "6.12..6.1", "x"] {
            assert!(text.parse::<Wanted>().is_err(), "{text}");
        }
        assert!("6.12..6.12.4".parse::<Wanted>().is_ok());
    }

    #[test]
    fn a_part_means_the_newest_that_begins_so() {
        let all = all(&["6.1.0-47-cloud-amd64", "6.1.0-50-cloud-amd64", "6.12.43+deb12", "6.12.107+deb13", "6.16.3"]);
        let wanted = |text: &str| text.parse::<Wanted>().expect("it parses").of(&all);
        let names = |text: &str| wanted(text).iter().map(|it| it.as_str().to_owned()).collect::<Vec<_>>();
        assert_eq!(names("6.1"), ["6.1.0-50-cloud-amd64"]);
        assert_eq!(names("6.1.0-47"), ["6.1.0-47-cloud-amd64"]);
        assert_eq!(names("6.12"), ["6.12.107+deb13"]);
        assert_eq!(names("6.12.43"), ["6.12.43+deb12"]);
        assert!(names("6.13").is_empty());
    }

    #[test]
    fn a_range_over_lines_has_the_newest_of_each_and_both_ends() {
        let all = all(&["6.1.0-47", "6.1.0-50", "6.12.43", "6.12.57", "6.12.107", "6.16.3", "6.16.12", "7.2.6"]);
        let names = |text: &str| {
            let wanted: Wanted = text.parse().expect("it parses");
            wanted.of(&all).iter().map(|it| it.as_str().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names("6.12.43..6.16"), ["6.12.43", "6.12.107", "6.16.12"]);
        assert_eq!(names("6.12..6.12.57"), ["6.12.43", "6.12.57"]);
        assert_eq!(names("..6.12"), ["6.1.0-47", "6.1.0-50", "6.12.107"]);
        assert_eq!(names("6.16.."), ["6.16.3", "6.16.12", "7.2.6"]);
    }

    #[test]
    fn a_name_can_hide_the_release_that_it_is_made_from() {
        let made = version("5.10.0-32-cloud-amd64").made_from("5.10.223-1");
        assert_eq!((made.as_str(), made.release().as_str()), ("5.10.0-32-cloud-amd64", "5.10.223"));
        assert_eq!(made.line(), "5.10");
        let means = |text: &str| text.parse::<Wanted>().expect("it parses").means(&made);
        assert!(means("5.10") && means("5.10.223") && means("5.10.0-32") && means("5.10.200..5.10.230"));
        assert!(!means("5.10.224") && !means("5.1"));
        // Another package's number says nothing.
        assert_eq!(version("6.1.0-50").made_from("252.1").release(), "6.1.0");
    }
}
