//! A dictionary for engines whose mutator does not know the format: the words of the cases of a collection.

use super::Entry;
use std::collections::BTreeSet;

/// Words shorter than this an engine finds by itself, and names of files and tasks are.
const SHORTEST: usize = 3;

/// The words of the format that occur in these cases, one a line as libFuzzer and AFL++ read them. What a case says to
/// people is left out.
#[must_use]
pub fn dictionary(entries: &[Entry]) -> String {
    let mut words = BTreeSet::new();
    for text in entries.iter().filter_map(|it| std::str::from_utf8(&it.bytes).ok()) {
        let lines = text.lines().filter(|it| !it.starts_with('#') && !it.starts_with("expect "));
        let is_word =
            |it: &&str| it.len() >= SHORTEST && it.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        words.extend(lines.flat_map(str::split_ascii_whitespace).filter(is_word));
    }
    words.into_iter().map(|it| format!("\"{it}\"\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::{Entry, dictionary};

    #[test]
    fn words_are_those_of_the_format() {
        let text =
            "shortcopy case 1\n# A story.\nfs block\nfile a size 64\ntask w write a 0 [m 0..4]\nexpect baseline OOPS\n";
        let entries = [Entry { path: "it".into(), bytes: text.into() }];
        let words = ["block", "case", "file", "shortcopy", "size", "task", "write"];
        assert_eq!(dictionary(&entries), words.map(|it| format!("\"{it}\"\n")).concat());
    }
}
