//! Where this machine's apt gets Debian's packages, and the same for the suites that have kernels.

use deb822_fast::{Deb822, Paragraph};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The suites that have kernels, and those with the security team's. What an archive does not have is skipped.
const SUITES: &str = "bullseye bookworm trixie forky sid experimental bookworm-backports trixie-backports";
const SECURITY_SUITES: &str = "bullseye-security bookworm-security trixie-security";

/// The names by which Debian's suites are known. Others, such as Ubuntu's, have other keys.
const NAMES: [&str; 12] = [
    "bullseye",
    "bookworm",
    "trixie",
    "forky",
    "duke",
    "sid",
    "oldoldstable",
    "oldstable",
    "stable",
    "testing",
    "unstable",
    "experimental",
];

/// Of these files of sources, by their names and contents, the entries of Debian's archive with the suites that have
/// kernels instead of their own; `None` if there are none.
pub(super) fn for_kernels(files: &[(PathBuf, String)]) -> Option<String> {
    let mut paragraphs: Vec<Paragraph> = Vec::new();
    for (path, content) in files {
        let entries = if is_of_paragraphs(path) { of_paragraphs(content) } else { of_lines(content) };
        for entry in entries.iter().filter_map(with_other_suites) {
            // Two entries of one archive have become the same.
            if !paragraphs
                .iter()
                .any(|it| it.get("URIs") == entry.get("URIs") && it.get("Suites") == entry.get("Suites"))
            {
                paragraphs.push(entry);
            }
        }
    }
    let text: Vec<String> = paragraphs.iter().map(ToString::to_string).collect();
    (!text.is_empty()).then(|| text.join("\n"))
}

fn is_of_paragraphs(path: &Path) -> bool {
    path.extension().is_some_and(|it| it == "sources")
}

/// The entries of a `.sources` file; none if it is none.
fn of_paragraphs(content: &str) -> Vec<Paragraph> {
    // Comments are lines of their own; between the fields of a paragraph some parsers take them for its end.
    let lines: Vec<&str> = content.lines().filter(|it| !it.starts_with('#')).collect();
    let entries = Deb822::from_str(&(lines.join("\n") + "\n")).map(|it| it.iter().cloned().collect::<Vec<_>>());
    let is_on = |it: &Paragraph| it.get("Enabled").is_none_or(|it| !matches!(it, "no" | "false" | "0" | "off"));
    entries.unwrap_or_default().into_iter().filter(is_on).collect()
}

/// The entries of a file with a line for each: `deb [signed-by=…] URI SUITE COMPONENT…`.
fn of_lines(content: &str) -> Vec<Paragraph> {
    content.lines().filter_map(of_line).collect()
}

fn of_line(line: &str) -> Option<Paragraph> {
    let rest = line.split('#').next()?.trim().strip_prefix("deb ")?.trim_start();
    let (options, rest) = match rest.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => ("", rest),
    };
    let mut words = rest.split_whitespace();
    let (uri, suite) = (words.next()?, words.next()?);
    let mut paragraph: Paragraph = Paragraph { fields: Vec::new() };
    paragraph.insert("Types", "deb");
    paragraph.insert("URIs", uri);
    paragraph.insert("Suites", suite);
    let options = options.split_whitespace().filter_map(|it| it.split_once('='));
    for (_, value) in options.filter(|(name, _)| name.eq_ignore_ascii_case("signed-by")) {
        paragraph.insert("Signed-By", value);
    }
    Some(paragraph)
}

/// An entry with the suites that have kernels, and nothing else of theirs; `None` if it is not Debian's.
fn with_other_suites(entry: &Paragraph) -> Option<Paragraph> {
    let types = entry.get("Types")?;
    let suites: Vec<&str> = entry.get("Suites")?.split_whitespace().collect();
    let is_debians = |it: &&str| NAMES.contains(&it.split(['-', '/']).next().unwrap_or_default());
    if !types.split_whitespace().any(|it| it == "deb") || !suites.iter().any(is_debians) {
        return None;
    }
    let is_security = suites.iter().any(|it| it.ends_with("-security") || it.ends_with("/updates"));
    let mut paragraph: Paragraph = Paragraph { fields: Vec::new() };
    paragraph.insert("Types", "deb");
    paragraph.insert("URIs", entry.get("URIs")?);
    paragraph.insert("Suites", if is_security { SECURITY_SUITES } else { SUITES });
    paragraph.insert("Components", "main");
    paragraph.insert("Targets", "Packages");
    if let Some(key) = entry.get("Signed-By") {
        paragraph.insert("Signed-By", key);
    }
    Some(paragraph)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paragraphs(files: &[(&str, &str)]) -> Vec<Paragraph> {
        let files: Vec<(PathBuf, String)> = files.iter().map(|(name, it)| (name.into(), (*it).to_owned())).collect();
        for_kernels(&files).map_or_else(Vec::new, |it| of_paragraphs(&it))
    }

    #[test]
    fn an_entry_keeps_its_place_and_key() {
        let debian = "Types: deb deb-src\n# a comment\nURIs: mirror://here/debian\nSuites: bookworm bookworm-updates\n\
             Components: main contrib\nSigned-By: /keys/debian.gpg\n\n\
             Types: deb\nURIs: mirror://here/security\nSuites: bookworm-security\nComponents: main\n\
             Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n";
        let found = paragraphs(&[("debian.sources", debian)]);
        let fields = |name: &str| found.iter().map(|it| it.get(name).unwrap_or_default()).collect::<Vec<_>>();
        assert_eq!(fields("URIs"), ["mirror://here/debian", "mirror://here/security"]);
        assert_eq!(fields("Suites"), [SUITES, SECURITY_SUITES]);
        assert_eq!(fields("Components"), ["main", "main"]);
        assert_eq!(fields("Signed-By")[0], "/keys/debian.gpg");
        assert!(fields("Signed-By")[1].ends_with("abc"));
    }

    #[test]
    fn lines_are_entries_too_and_each_archive_counts_once() {
        let lines = "# deb mirror://old/debian bookworm main\n\
             deb [arch=amd64 signed-by=/keys/a.gpg] mirror://here/debian trixie main # the mirror\n\
             deb mirror://here/debian trixie-updates main\n\
             deb-src mirror://here/debian trixie main\n\
             deb mirror://elsewhere/tools tools main\n";
        let found = paragraphs(&[("sources.list", lines)]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].get("Signed-By"), Some("/keys/a.gpg"));
    }

    #[test]
    fn others_archives_and_what_is_off_give_nothing() {
        let others = "Types: deb\nURIs: mirror://here/ubuntu\nSuites: noble\nComponents: main\n";
        let off = "Types: deb\nURIs: mirror://here/debian\nSuites: sid\nEnabled: no\n";
        let sources = "Types: deb-src\nURIs: mirror://here/debian\nSuites: sid\n";
        let files = [("a.sources", others), ("b.sources", off), ("c.sources", sources), ("d.sources", "no: such\x00")];
        assert!(paragraphs(&files).is_empty());
    }
}
