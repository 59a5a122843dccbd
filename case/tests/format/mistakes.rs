//! What the strict decoder says to a person, for each typical mistake.

use std::fmt::Write;

use case::{Case, Filesystem};
use miette::{GraphicalReportHandler, GraphicalTheme};

const GOOD: &str = "\
shortcopy case 1
geometry page 64 block 16
fs block
file a size 64 disk 0..64 cached 0 uptodate
memory m pages 2 resident 0
memory k kernel pages 1
task w write a 0 [m 0..40, m 60..84]
task r read a 0..64
fault enomem 1
schedule w:9 r
expect all silent
minimal
";

const GEOMETRY_FIRST: &str = "geometry page 64 block 16\nfs block\nfile a size 64 disk 0..64 cached 0 uptodate\n";
const GEOMETRY_LAST: &str = "fs block\nfile a size 64 disk 0..64 cached 0 uptodate\ngeometry page 64 block 16\n";

const FILESYSTEM_FIRST: &str = "fs block\nfile a size 64 disk 0..64 cached 0 uptodate\nmemory m pages 2 resident 0\n\
memory k kernel pages 1\ntask w write a 0 [m 0..40, m 60..84]\n";
const FILESYSTEM_LAST: &str = "file a size 64 disk 0..64 cached 0 uptodate\nmemory m pages 2 resident 0\n\
memory k kernel pages 1\ntask w write a 0 [m 0..40, m 60..84]\nfs block\n";

/// A mistake: its name, what of the good text is replaced, and by what.
const MISTAKES: &[(&str, &str, &str)] = &[
    ("no version", "shortcopy case 1\n", ""),
    ("another version", "case 1", "case 2"),
    ("a misspelt line", "memory m", "memroy m"),
    ("a page that is no power of two", "page 64 block 16", "page 48 block 16"),
    ("a geometry behind what is measured in it", GEOMETRY_FIRST, GEOMETRY_LAST),
    ("a second geometry", "minimal", "geometry page 8 block 8"),
    ("a filesystem behind what depends on it", FILESYSTEM_FIRST, FILESYSTEM_LAST),
    ("a misspelt filesystem", "fs block", "fs blok"),
    ("an unknown form", "fs block", "fs block yesterday"),
    ("an extent of half a block", "disk 0..64", "disk 0..24"),
    ("extents out of order", "disk 0..64", "disk 32..64, 0..16"),
    ("a name taken", "memory k kernel", "memory m kernel"),
    ("a name with a capital", "memory k", "memory Kernel"),
    ("a task called disk", "schedule w:9 r", "task disk"),
    ("a misspelt operation", "write a", "wriet a"),
    ("an unknown operation", "read a 0..64", "dance"),
    ("a truncate without i_mutex", "read a 0..64", "truncate-unlocked a 0"),
    ("an unknown file", "read a 0..64", "read xyz 0..64"),
    ("kernel memory in a user task", "m 60..84", "k 0..24"),
    ("a range backwards", "read a 0..64", "read a 64..0"),
    ("a number too large", "read a 0..64", "read a 0..65536"),
    ("a pointer too bad", "m 60..84", "m 60..999"),
    ("a write too long", "write a 0", "write a 1000"),
    ("a comma missing", "m 0..40, m", "m 0..40 m"),
    ("a line too short", "read a 0..64", "read a"),
    ("a line too long", "read a 0..64", "read a 0..64 twice"),
    ("an mm too late", "fault enomem 1", "task w mm none"),
    ("a partial commit of nothing", "fault enomem 1", "fault partial-commit 1"),
    ("an unknown task in the schedule", "w:9 r", "w:9 reader"),
    ("a misspelt class", "all silent", "all Silent"),
    ("no tasks", "task w write a 0 [m 0..40, m 60..84]\ntask r read a 0..64\nfault enomem 1\nschedule w:9 r\n", ""),
    (
        "two mistakes, with a character of two bytes",
        "task r read a 0..64\nfault enomem 1",
        "task r read é\nfault rain 1",
    ),
];

fn render(text: &str) -> String {
    let error = Case::parse("tail.case", text).expect_err(text);
    let mut rendered = String::new();
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(100);
    for mistake in error.mistakes() {
        writeln!(rendered, "at line {}, column {}:", mistake.line, mistake.column).expect("to a string");
        handler.render_report(&mut rendered, mistake).expect("to a string");
    }
    rendered
}

#[test]
fn the_text_without_mistakes_is_good() {
    assert!(Case::parse("tail.case", GOOD).is_ok());
}

/// What is a mistake on most filesystems is none on the one that has it.
#[test]
fn clusters_alone_truncate_without_i_mutex() {
    let text = GOOD.replace("read a 0..64", "truncate-unlocked a 0");
    for filesystem in Filesystem::ALL {
        let text = text.replace("fs block", &format!("fs {}", filesystem.word()));
        assert_eq!(Case::parse("truncated.case", &text).is_ok(), filesystem == Filesystem::Cluster, "{filesystem:?}");
    }
}

#[test]
fn messages() {
    let mut all = String::new();
    for (name, from, to) in MISTAKES {
        assert_eq!(GOOD.matches(from).count(), 1, "{name}: {from} stands once");
        writeln!(all, "=== {name}\n{}", render(&GOOD.replace(from, to))).expect("to a string");
    }
    let lines: Vec<_> = all.lines().map(str::trim_end).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn the_whole_report_names_the_text_and_shows_every_mistake() {
    let error = Case::parse("tail.case", "shortcopy case 1\nfiel a\nfoo\n").expect_err("two mistakes");
    assert_eq!(error.to_string(), "tail.case is not a valid case");
    let mut report = String::new();
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor());
    handler.render_report(&mut report, &error).expect("to a string");
    assert!(report.contains("tail.case:2:1") && report.contains("tail.case:3:1"), "{report}");
}
