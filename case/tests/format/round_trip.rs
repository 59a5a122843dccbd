//! What is printed reads back as the same case, by both decoders.

use case::{Case, repair};
use fastrand::Rng;

use crate::random;

const DESIGN_EXAMPLE: &str = "\
shortcopy case 1
# The tail of a short copy is cleared before the retry: a reader sees zeroes.
geometry page 64 block 16
fs block
file a size 64 disk 0..64 cached -
memory m pages 2 resident 1
task w  write a 0 [m 0..40, m 60..84]
task r  read a 0..64
task u  madvise-dontneed m page 1
schedule w:9 u:3 w:4 r
expect zero-tail-retry ZERO transient
";

pub fn parse(text: &str) -> Case {
    Case::parse("a.case", text).unwrap_or_else(|error| panic!("{:?}\n{text}", miette::Report::new(error)))
}

#[test]
fn the_example_prints_as_it_is_written_but_for_blanks() {
    assert_eq!(parse(DESIGN_EXAMPLE).print(), DESIGN_EXAMPLE.replace("  ", " "));
}

#[test]
fn random_cases_read_back_by_both_decoders() {
    let mut rng = Rng::with_seed(1);
    for _ in 0..3_000 {
        let case = random::case(&mut rng);
        let text = case.print();
        assert_eq!(parse(&text), case, "{text}");
        let decoded = repair::decode(text.as_bytes());
        assert_eq!((decoded.case, decoded.repaired), (case, 0), "{text}");
    }
}

#[test]
fn blanks_empty_lines_line_ends_and_trailing_comments_do_not_matter() {
    let plain = parse(DESIGN_EXAMPLE);
    let dos = DESIGN_EXAMPLE.replace('\n', "\r\n");
    let loose = DESIGN_EXAMPLE
        .replace("fs block", "\n\n  fs\tblock # here\n# and there\n   # indented\n")
        .replace("w:9", "w : 9");
    for text in [dos.as_str(), &loose, DESIGN_EXAMPLE.trim_end()] {
        assert_eq!(parse(text), plain, "{text}");
        assert_eq!(repair::decode(text.as_bytes()).repaired, 0);
    }
}

#[test]
fn comments_directly_below_the_first_line_are_kept() {
    let case = parse("shortcopy case 1\n# one\n#\n#   three\n\n# dropped\nfile a size 0\n# dropped\ntask t\n");
    assert_eq!(case.comments, ["one", "", "  three"]);
    assert!(case.print().starts_with("shortcopy case 1\n# one\n#\n#   three\ngeometry"));
}

#[test]
fn several_schedule_lines_are_one_schedule() {
    let case = parse("shortcopy case 1\nfile a size 0\ntask t\nschedule t:1\nschedule disk t\n");
    assert!(case.print().ends_with("schedule t:1 disk t\n"));
}

#[test]
fn an_operation_prints_alone() {
    let case = parse(DESIGN_EXAMPLE);
    assert_eq!(case.print_operation(&case.tasks[0].operations[0]), "write a 0 [m 0..40, m 60..84]");
}

#[test]
fn a_case_that_is_not_valid_prints_too() {
    let mut case = parse(DESIGN_EXAMPLE);
    case.files.clear();
    case.tasks.truncate(1);
    assert!(case.print().contains("task w write ? 0 [m"));
    assert!(case.validate().is_err());
}
