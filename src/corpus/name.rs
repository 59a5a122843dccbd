//! Names of cases in a collection.

use case::Case;
use sha1::{Digest, Sha1};
use std::fmt::Write;

/// The name that libFuzzer gives an input: the SHA-1 of its bytes, in hexadecimal.
#[must_use]
pub fn content_name(bytes: &[u8]) -> String {
    Sha1::digest(bytes).iter().fold(String::new(), |mut name, byte| {
        let _ = write!(name, "{byte:02x}");
        name
    })
}

/// A name that says what a case is about: its filesystem, how many tasks and operations there are, and the beginning of
/// its [`content_name`].
#[must_use]
pub fn descriptive_name(case: &Case) -> String {
    let operations: usize = case.tasks.iter().map(|it| it.operations.len()).sum();
    let hash = content_name(case.print().as_bytes());
    format!("{}-{}x{operations}-{}.case", case.filesystem.word(), case.tasks.len(), &hash[..10])
}

#[cfg(test)]
mod tests {
    use super::{content_name, descriptive_name};
    use case::Case;

    #[test]
    fn names_say_what_is_in_them() {
        assert_eq!(content_name(b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        let text = "shortcopy case 1\nfs block\nfile a size 0\ntask r read a 0..1\ntask r stat a\n";
        let case = Case::parse("it", text).expect("a case");
        assert!(descriptive_name(&case).starts_with("block-1x2-"), "{}", descriptive_name(&case));
    }
}
