//! What this was built with of the corpus: the witnesses, and the lists of what is known. A program that is installed
//! has no other.

/// Each file with its path in the corpus, in order.
pub const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/corpus.rs"));

/// The text of the file that has this path in the corpus.
#[must_use]
pub fn text(path: &str) -> Option<&'static str> {
    FILES.iter().find(|(it, _)| *it == path).map(|(_, text)| *text)
}

/// The witnesses, each with its path in the corpus, in order.
pub fn witnesses() -> impl Iterator<Item = (&'static str, &'static str)> {
    FILES.iter().copied().filter(|(path, _)| path.starts_with("witness/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    #[test]
    fn it_is_the_corpus() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
        for (path, text) in FILES {
            assert_eq!(fs::read_to_string(corpus.join(path)).expect("it is there"), *text, "{path}");
        }
        assert!(text("searched.json").is_some() && text("real-kernels.json").is_some());
    }
}
