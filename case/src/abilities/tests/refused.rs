//! Refusals: for each ability a case that needs it, with the reason, and one that nearly does.

use super::{ALL, TWO_GEOMETRIES};
use crate::{Abilities, Case, Injection, InjectionSet, OperationKind};

/// Lines of a case that differ from the usual: each replaces the line that begins with the same two words, or is added.
fn case(lines: &str) -> Case {
    let mut text: Vec<&str> = USUAL.lines().collect();
    for line in lines.lines() {
        let key = |line: &str| line.split(' ').take(2).map(str::to_owned).collect::<Vec<_>>();
        let is_like = |it: &&str| {
            !line.starts_with("task") && (key(it) == key(line) || it.starts_with("fs") && line.starts_with("fs"))
        };
        match text.iter().position(is_like) {
            Some(at) => text[at] = line,
            None => text.push(line),
        }
    }
    // The order of the grammar.
    let order = ["shortcopy", "geometry", "machine", "fs", "file", "memory", "task", "fault", "mended"];
    text.sort_by_key(|line| order.iter().position(|word| line.split(' ').next() == Some(word)));
    let text = text.join("\n") + "\n";
    Case::parse("a test's", &text).unwrap_or_else(|error| panic!("{error:?}\n{text}"))
}

const USUAL: &str = "\
shortcopy case 1
geometry page 64 block 16
fs block
file a size 100 disk 0..112 cached -
memory m pages 2 resident 0,1
task w write a 0 [m 0..40]";

/// Whoever has these refuses the first case for that reason, and can run the second.
#[track_caller]
fn assert_refused(abilities: Abilities, beyond: &str, why: &str, nearly: &str) {
    let beyond = case(beyond);
    assert_eq!(abilities.refusal(&beyond).as_deref(), Some(why), "{beyond}");
    assert_eq!(ALL.refusal(&beyond), None, "{beyond}");
    assert_eq!(abilities.refusal(&case(nearly)), None, "{nearly}");
}

#[test]
fn geometries() {
    let two = Abilities { geometries: TWO_GEOMETRIES, ..ALL };
    let why = "Pages of 64 cells with blocks of 16 are unknown.";
    assert_refused(
        two,
        "geometry page 64 block 16",
        why,
        "geometry page 64 block 32\nfile a size 100 disk 0..128 cached -",
    );
}

#[test]
fn files() {
    let more = "file b size 0 disk - cached -\nfile c size 0 disk - cached -";
    let why = "There are 3 files, and 2 at most can be.";
    assert_refused(Abilities { files: 2, ..ALL }, more, why, "file b size 0 disk - cached -");
}

#[test]
fn pages_of_files() {
    let two = Abilities { file_pages: 2, ..ALL };
    let past = "goes past 2 pages.";
    for (beyond, why, nearly) in [
        ("file a size 129 disk 0..144 cached -", format!("File a {past}"), "file a size 128 disk 0..128 cached -"),
        ("file a size 0 disk 0..144 cached -", format!("File a {past}"), "file a size 0 disk 0..128 cached -"),
        ("file a size 0 disk - cached 2 empty", format!("File a {past}"), "file a size 0 disk - cached 1 empty"),
        (
            "task w write a 100 [m 0..29]",
            format!("Task w: `write a 100 [m 0..29]` {past}"),
            "task w write a 100 [m 0..28]",
        ),
        ("task w read a 0..129", format!("Task w: `read a 0..129` {past}"), "task w read a 0..128"),
        ("task w truncate a 129", format!("Task w: `truncate a 129` {past}"), "task w truncate a 128"),
        ("task w punch a 0..129", format!("Task w: `punch a 0..129` {past}"), "task w punch a 0..128"),
        ("task w reclaim a page 2", format!("Task w: `reclaim a page 2` {past}"), "task w reclaim a page 1"),
        (
            "memory n pages 1 maps a page 2 resident -",
            "Memory n maps file a past 2 pages.".to_owned(),
            "memory n pages 1 maps a page 1 resident -",
        ),
        (
            "task w append a [m 0..28]\ntask r append a [m 0..1]",
            "The appends to file a can go past 2 pages.".to_owned(),
            "task w append a [m 0..27]\ntask r append a [m 0..1]",
        ),
    ] {
        assert_refused(two, beyond, &why, nearly);
    }
    // The format lets appends go on past its own bound.
    assert_eq!(ALL.refusal(&case(&"task w append a [m 0..128]\n".repeat(20))), None);
}

#[test]
fn tasks() {
    let why = "There are 2 tasks, and 1 at most can be.";
    assert_refused(Abilities { tasks: 1, ..ALL }, "task r stat a", why, "task w stat a");
}

#[test]
fn operations() {
    let lines = [
        (OperationKind::Write, "write a 0 [m 0..1]"),
        (OperationKind::Append, "append a [m 0..40]"),
        (OperationKind::Read, "read a 0..40"),
        (OperationKind::Stat, "stat a"),
        (OperationKind::Load, "load m 0..40"),
        (OperationKind::Store, "store m 0..40"),
        (OperationKind::Truncate, "truncate a 40"),
        (OperationKind::TruncateUnlocked, "truncate-unlocked a 40"),
        (OperationKind::Punch, "punch a 0..40"),
        (OperationKind::Munmap, "munmap m page 0"),
        (OperationKind::Mremap, "mremap m"),
        (OperationKind::DontNeed, "madvise-dontneed m page 0"),
        (OperationKind::Mlock, "mlock m"),
        (OperationKind::ReclaimPte, "reclaim-pte m page 0"),
        (OperationKind::Reclaim, "reclaim a page 0"),
        (OperationKind::Invalidate, "invalidate a"),
        (OperationKind::InvalidateAll, "invalidate-all a"),
        (OperationKind::Writeback, "writeback a"),
        (OperationKind::Fsync, "fsync a"),
        (OperationKind::Crash, "crash"),
    ];
    assert_eq!(lines.map(|(kind, _)| kind), OperationKind::ALL);
    for (kind, line) in lines {
        let text = format!("fs cluster\ntask r {line}");
        let written = case(&text);
        let refusal = ALL.without_operation(kind).refusal(&written);
        let first = if kind == OperationKind::Write {
            "Task w: `write a 0 [m 0..40]`".to_owned()
        } else {
            format!("Task r: `{line}`")
        };
        assert_eq!(refusal, Some(format!("{first} cannot be called.")));
        for other in OperationKind::ALL.into_iter().filter(|it| *it != kind && *it != OperationKind::Write) {
            assert_eq!(ALL.without_operation(other).refusal(&written), None, "without {other:?}\n{written}");
        }
    }
}

#[test]
fn faults() {
    for kind in crate::kinds::FAULT_KINDS {
        let cells = if matches!(kind, Injection::PartialCommit { .. }) { " cells 5" } else { "" };
        let faulty = format!("fault {} 1{cells}", kind.word());
        let why = format!("The fault `{}` cannot be injected.", kind.word());
        let other = if kind == Injection::Signal { "fault enomem 1" } else { "fault signal 1" };
        assert_refused(ALL.without_fault(kind), &faulty, &why, other);
        let only = Abilities { faults: InjectionSet::none(), ..ALL }.with_fault(kind);
        assert_eq!(only.refusal(&case(&faulty)), None);
    }
}

#[test]
fn mappings() {
    let shared = "memory n pages 1 maps a page 0 resident -";
    let private = "memory n pages 1 maps a page 0 private resident -";
    let none = "memory n pages 1 resident 0";
    let without = Abilities { shared_mappings: false, ..ALL };
    assert_refused(without, shared, "Memory n is a shared mapping of file a.", private);
    let without = Abilities { private_mappings: false, ..ALL };
    assert_refused(without, private, "Memory n is a private mapping of file a.", shared);
    let without = Abilities { shared_mappings: false, ..without };
    assert_refused(without, shared, "Memory n is a shared mapping of file a.", none);
}

#[test]
fn absent_sources() {
    let without = Abilities { absent_sources: false, ..ALL };
    let why = "Page 1 of memory m is absent at the beginning.";
    assert_refused(without, "memory m pages 2 resident 0", why, "memory m pages 2 resident 0,1");
    // A page that nobody can read is not waited for.
    assert_eq!(without.refusal(&case("memory m pages 2 resident 0 none 1")), None);
    let cached = "file a size 100 disk 0..112 cached 0 uptodate\nmemory n pages 2 maps a page 0 resident";
    let why = "Page 0 of memory n is absent at the beginning.";
    assert_refused(without, &format!("{cached} -"), why, &format!("{cached} 0"));
}

#[test]
fn unreadable_sources() {
    let without = Abilities { unreadable_sources: false, ..ALL };
    let why = "Page 1 of memory m is unreadable.";
    assert_refused(without, "memory m pages 2 resident 0 none 1", why, "memory m pages 2 resident 0");
    let why = "Task r: `write a 0 [m 100..129]` runs past its memory.";
    assert_refused(without, "task r write a 0 [m 100..129]", why, "task r write a 0 [m 100..128]");
    let why = "Task r: `load m 100..129` runs past its memory.";
    assert_refused(without, "task r load m 100..129", why, "task r load m 100..128");
}

#[test]
fn vectors() {
    let why = "Task r: `append a [m 0..1, m 1..2]` has 2 segments.";
    assert_refused(Abilities { vectors: false, ..ALL }, "task r append a [m 0..1, m 1..2]", why, "task r append a []");
}

#[test]
fn holes() {
    let without = Abilities { holes: false, ..ALL };
    for hole in ["disk -", "disk 16..112", "disk 0..96", "disk 0..32, 48..112"] {
        let line = format!("file a size 100 {hole} cached -");
        assert_refused(without, &line, "File a has a hole.", "file a size 100 disk 0..64, 64..112 cached -");
    }
    // Nothing of a filesystem without a disk is allocated, and unwritten blocks are.
    assert_eq!(without.refusal(&case("fs libfs\nfile a size 100 disk - cached -")), None);
    assert_eq!(without.refusal(&case("fs extent\nfile a size 100 disk 0..64 unwritten 64..112 cached -")), None);
}

#[test]
fn cached_pages() {
    let without = Abilities { cached: false, ..ALL };
    let why = "Pages of file a are cached at the beginning.";
    assert_refused(
        without,
        "file a size 100 disk 0..112 cached 1 uptodate",
        why,
        "file a size 100 disk 0..112 cached -",
    );
}

#[test]
fn scarcity() {
    let without = Abilities { scarcity: false, ..ALL };
    let why = "Free frames and blocks cannot be limited.";
    assert_refused(without, "machine frames 3", why, "machine kmap 3");
    assert_refused(without, "machine blocks 3", why, "machine blocks 128");
}

#[test]
fn what_is_of_the_simulated_kernel() {
    let without = Abilities { kernel: false, ..ALL };
    let options = "The `machine` line has options of the simulated kernel.";
    for (beyond, why, nearly) in [
        ("machine kmap 2", options, "machine frames 2 blocks 2"),
        ("machine fault-locks-page", options, ""),
        ("machine copy-clears-tail", options, ""),
        ("fs nobh", "The filesystem `nobh` is one of the simulated kernel.", "fs block"),
        ("fs block write-begin", "The form `write-begin` is one of the simulated kernel.", "fs block"),
        ("mended all", "The mended defect `all` is one of the simulated kernel.", ""),
        ("memory k kernel pages 1", "Memory k is the kernel's.", "memory k pages 1 resident 0"),
        ("memory n mm 1 pages 1 resident 0", "Memory n is in the address space 1.", "memory n pages 1 resident 0"),
        ("task k mm none\ntask k stat a", "Task k is a kernel thread.", "task k stat a"),
        ("task k mm 1\ntask k stat a", "Task k is in the address space 1.", "task k stat a"),
        (
            "file a size 100 disk 0..128 cached -",
            "File a has blocks past its end.",
            "file a size 113 disk 0..128 cached -",
        ),
        (
            "file a size 100 disk 0..96 unwritten 96..112 cached -",
            "File a has unwritten blocks.",
            "file a size 100 disk 0..96 cached -",
        ),
        (
            "file a size 100 disk 0..112 cached 0 dirty, 1 empty",
            "Page 1 of file a is cached and not uptodate.",
            "file a size 100 disk 0..112 cached 0 dirty, 1 uptodate",
        ),
    ] {
        assert_refused(without, beyond, why, nearly);
    }
}

#[test]
fn the_usual_case_is_nobodys_trouble() {
    for abilities in [Abilities::EVERYTHING, Abilities::CACHE, Abilities::VOLUME] {
        assert_eq!(abilities.refusal(&case("")), None);
    }
    assert_eq!(Abilities::default(), Abilities::EVERYTHING);
}
