//! Cases as programs: the C compiles without a warning and runs on the kernel under this machine; the Rust compiles,
//! and says what is so.

#[path = "../host/tests/common/needs.rs"]
mod needs;

use shortcopy::case::Case;
use shortcopy::emit::{c_program, rust_test};
use shortcopy::strategies;
use shortcopy::witness::case_files;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Every so many witnesses one: there are thousands, and a compiler takes its time.
const EVERY: usize = 150;

/// What was emitted for a case of these tests, compiled into them: so it is known to compile, and to be right.
mod emitted {
    include!("emit/two_eight.rs");
}

fn parse(text: &str) -> Case {
    Case::parse("it", text).expect("a case")
}

fn read(path: &Path) -> Case {
    Case::parse(&path.display().to_string(), &fs::read_to_string(path).expect("a file")).expect("a case")
}

/// Runs a command: the code that it ends with, and what it printed; the test is skipped if there is no such program.
fn run(name: &'static str, command: &mut Command) -> Option<(Option<i32>, String, String)> {
    let is_missing = |error: &io::Error| (error.kind() == io::ErrorKind::NotFound).then_some(name);
    let output = needs::or_skip(command.stdin(Stdio::null()).output(), is_missing)?;
    let [stdout, stderr] = [output.stdout, output.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
    Some((output.status.code(), stdout, stderr))
}

/// What a program says where the kernel has no userfaultfd, or keeps it from this process.
const NO_USERFAULTFD: [&str; 2] = ["userfaultfd: Operation not permitted", "userfaultfd: Function not implemented"];

/// What the C program of a case prints; `None`, and the test is skipped, where it cannot be compiled or run on this
/// machine at all.
fn printed(case: &Case, name: &str) -> Option<String> {
    printed_under("", case, name)
}

/// The same where this text in C stands before the program: under a kernel that is wrong on purpose.
fn printed_under(kernel: &str, case: &Case, name: &str) -> Option<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let [source, program, files] = ["it.c", "it", "files"].map(|it| folder.path().join(it));
    fs::write(&source, format!("{kernel}{}", c_program(case, name))).expect("it can be written");
    fs::create_dir(&files).expect("a folder");
    let flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-O1", "-pthread"];
    let (code, _, errors) = run("cc", Command::new("cc").args(flags).arg(&source).arg("-o").arg(&program))?;
    assert_eq!(code, Some(0), "{name}: {errors}\n{}", c_program(case, name));
    let mut timeout = Command::new("timeout");
    let (code, printed, errors) = run("timeout", timeout.arg("20").arg(&program).arg(&files))?;
    if code == Some(2) && NO_USERFAULTFD.contains(&errors.trim()) {
        needs::skip("userfaultfd", &errors);
        return None;
    }
    let judged = printed.lines().last().and_then(|it| it.split_once(':')).map(|it| it.0);
    let expected = match judged {
        Some("SHOWN") => 1,
        Some("NOT SHOWN") => 0,
        Some("CANNOT JUDGE") => 2,
        _ => panic!("{name}: no judgement: {errors}\n{printed}"),
    };
    assert_eq!(code, Some(expected), "{name}: {errors}\n{printed}");
    assert_eq!(fs::read_dir(&files).expect("a folder").count(), 0, "{name}: it takes its folder away");
    Some(printed)
}

#[test]
fn cases_of_the_corpus_compile_and_run() {
    let below = |folder: &str| -> Vec<PathBuf> { case_files(Path::new(folder)).expect("the corpus") };
    let witnesses = below("corpus/witness").into_iter().step_by(EVERY);
    let others = ["corpus/seed", "corpus/control", "corpus/regression"].into_iter().flat_map(below);
    for path in others.chain(witnesses) {
        printed(&read(&path), &path.display().to_string());
    }
}

const EVERYTHING: &str = "shortcopy case 1
# Ends /* no comment */ and has \\ and ??/ in it.
geometry page 64 block 16
machine fault-locks-page
fs cluster
file a size 128 disk 0..128 cached 0 dirty, 1 empty
file int size 100 disk 0..64 unwritten 64..112 cached -
memory m pages 2 resident 1
memory n pages 2 maps int page 0 private resident 0
memory s pages 1 maps a page 1 resident -
memory bad pages 3 resident 0,2 none 1
memory k kernel pages 1
task w write a 0 [m 0..40, m 60..84, n 0..64]
task w append int [m 0..10, s 0..20]
task w append int []
task x write int 30 [bad 0..20, bad 60..80]
task x append int [bad 128..200]
task x store m 0..10
task x store s 0..64
task x load n 0..128
task x fsync a
task r read a 0..64
task r munmap m page 0
task r punch int 16..32
task r punch int 16..16
task r madvise-dontneed m page 1
task r mremap bad
task r mlock s
task r truncate a 40
task r truncate-unlocked a 41
task r stat a
task r reclaim a pages 0..2
task r invalidate int
task r invalidate-all int
task r writeback int
task r reclaim-pte n page 0
task r reclaim-pte m page 1
task t mm none
task t write a 64 [k 0..64]
task t crash
fault enospc 2
";

#[test]
fn every_operation_has_a_call_or_a_comment() {
    let mut case = parse(&format!("{EVERYTHING}schedule w:1 x:1 r:2 w:1 disk:1 r x w\n"));
    printed(&case, "scheduled");
    case.comments.push("manner: racing read evicted".to_owned());
    printed(&case, "racing");
    case = parse(EVERYTHING);
    printed(&case, "one after the other");
    let program = c_program(&case, "it");
    assert!(!program.contains("pthread") && !program.contains("userfaultfd"), "{program}");
    for said in ["left out, no call truncates", "injected faults", "power is lost", "a kernel thread"] {
        assert!(program.contains(said), "{said}");
    }
}

#[test]
fn a_plain_case_is_a_plain_program() {
    let case = parse(
        "shortcopy case 1\ngeometry page 4096 block 1024\nfs block\nfile a size 100 disk 0..1024 cached 0 uptodate\n\
         memory m pages 1 resident 0\ntask w write a 10 [m 0..20]\ntask w append a [m 30..40]\n\
         task w truncate a 200\ntask w stat a\ntask w read a 0..4096\n",
    );
    let program = c_program(&case, "it");
    for absent in ["memfd", "pthread", "reserve", "iovec", "madvise"] {
        assert!(!program.contains(absent), "{absent}");
    }
    let Some(printed) = printed(&case, "plain") else { return };
    let runs = "       0..10     initial content of a\n      10..30     #0 w write a 10 [m 0..20]\n      30..100    initial content of a
     100..110    #1 w append a [m 30..40]\n     110..200    zeroes\n";
    let expected = format!(
        "#0 w write a 10 [m 0..20], 20 bytes = 20\n#1 w append a [m 30..40], 10 bytes = 10\n#2 w truncate a 200 = 0\n\
         #3 w stat a = 200\n#4 w read a 0..4096 = 200\n{runs}\nfile a: 200 bytes\n{runs}\nCANNOT JUDGE: the case expects no finding\n"
    );
    assert_eq!(printed, expected);
}

#[test]
fn bad_pointers_and_absent_pages_are_what_they_are_called() {
    let case = parse(
        "shortcopy case 1\ngeometry page 64 block 16\nfs block\nfile a size 0 disk - cached -\n\
         memory m pages 3 resident 0 none 2\ntask w write a 0 [m 192..200]\ntask w write a 0 [m 64..70, m 0..64]\n\
         task w madvise-dontneed m page 1\ntask w write a 70 [m 64..65]\ntask w munmap m page 0\n\
         task w append a [m 0..1]\ntask w load m 128..130\ntask w stat a\n",
    );
    let Some(printed) = printed(&case, "bad pointers") else { return };
    let expected = [
        "#0 w write a 0 [m 192..200], 512 bytes = -1: Bad address",
        "#1 w write a 0 [m 64..70, m 0..64], 4480 bytes = 4480",
        "#2 w madvise-dontneed m page 1 = 0",
        "#3 w write a 70 [m 64..65], 64 bytes = 64",
        "#4 w munmap m page 0 = 0",
        "#5 w append a [m 0..1], 64 bytes = -1: Bad address",
        "#6 w load m 128..130 = -1: Bad address",
        "#7 w stat a = 4544",
        "",
        "file a: 4544 bytes",
        "       0..4480   from memory m",
        "    4480..4544   zeroes",
        "",
        "CANNOT JUDGE: the case expects no finding",
    ];
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected);
}

/// A case that expects a finding, what is wrong with a kernel that shows it, and the first words of what is judged
/// there.
const WRONG_KERNELS: [(&str, &str, &str); 3] = [
    (
        "file a size 64 disk 0..64 cached -\nmemory m pages 1 resident 0\ntask w write a 1 [m 64..128]\n\
         expect baseline ZERO persistent\n",
        "static ssize_t wrong(int fd, const void *from, size_t length, off_t at)\n{\n\tstatic const char zeroes[4032];\n\
         \tssize_t result = pwrite(fd, from, length, at);\n\n\tif (result < 0) {\n\t\tpwrite(fd, zeroes, 4032, 64);\n\
         \t\terrno = EFAULT;\n\t}\n\treturn result;\n}\n#define pwrite wrong\n",
        "SHOWN: ZERO persistent (R1), bytes 64..4096 of a, at rest",
    ),
    (
        "file a size 0 disk - cached -\nmemory m pages 1 resident 0\ntask w write a 0 [m 0..16, m 64..128]\n\
         expect no-prefault SIZE persistent\n",
        "static ssize_t wrong(int fd, const struct iovec *from, int count, off_t at)\n{\n\
         \tssize_t result = pwritev(fd, from, count, at);\n\n\treturn ftruncate(fd, 4096) ? -1 : result;\n}\n#define pwritev wrong\n",
        "SHOWN: SIZE persistent (S1), bytes 1024..4096 of a, at rest",
    ),
    (
        "file a size 0 disk - cached -\nmemory m pages 1 resident 0\ntask w write a 0 [m 0..16, m 64..128]\n\
         expect no-prefault SIZE persistent\n",
        "static ssize_t wrong(int fd, const struct iovec *from, int count, off_t at)\n{\n\
         \tssize_t result = pwritev(fd, from, count, at);\n\n\treturn result > 0 ? 64 : result;\n}\n#define pwritev wrong\n",
        "NOT SHOWN: #0 came to 64, where the finding showed to 1024: SIZE persistent",
    ),
];

#[test]
fn a_program_judges_the_kernel_that_it_runs_on() {
    let includes = "#define _GNU_SOURCE\n#include <errno.h>\n#include <unistd.h>\n#include <sys/uio.h>\n";
    for (case, wrong, judgement) in WRONG_KERNELS {
        let case = parse(&format!("shortcopy case 1\ngeometry page 64 block 16\nfs block prepare-write\n{case}"));
        let Some(printed) = printed_under(&format!("{includes}{wrong}"), &case, "wrong") else { return };
        assert!(printed.lines().last().is_some_and(|it| it.starts_with(judgement)), "{printed}");
    }
}

#[test]
fn a_program_says_what_it_cannot_judge() {
    let deadlock = c_program(&read(Path::new("tests/cli/deadlock.case")), "it");
    assert!(deadlock.contains("CANNOT JUDGE: no task hung this time, which says nothing: DEADLOCK 2,8"), "{deadlock}");
    let crash = "task w write a 0 [m 0..16]\ntask w crash\nexpect baseline ZERO persistent\n";
    let fault = "task w write a 0 [m 0..16]\nfault enospc 1\nexpect baseline ZERO persistent\n";
    for (case, why) in [(crash, "no program can take its own power away"), (fault, "it needs faults")] {
        let case =
            parse(&format!("shortcopy case 1\nfile a size 0 disk - cached -\nmemory m pages 1 resident 0\n{case}"));
        assert!(c_program(&case, "it").contains(&format!("CANNOT JUDGE: {why}")), "{why}");
    }
}

#[test]
fn a_stopped_write_gives_others_their_turn() {
    let case = parse(
        "shortcopy case 1\ngeometry page 64 block 16\nfs block\nfile a size 64 disk 0..64 cached -\n\
         memory m pages 2 resident 1\ntask w write a 0 [m 0..40, m 60..84]\ntask u reclaim-pte m page 1\n\
         schedule w:1 u w\n",
    );
    let Some(printed) = printed(&case, "stopped") else { return };
    let place = |words: &str| printed.find(words).unwrap_or_else(|| panic!("{words}: {printed}"));
    assert!(place("#1 u reclaim-pte m page 1 = 0") < place("#0 w write a 0 [m 0..40, m 60..84], 4096 bytes = 4096"));
}

#[test]
fn the_rust_test_is_the_one_that_is_compiled_here() {
    let case = read(Path::new("tests/cli/deadlock.case"));
    let strategy = strategies::find("no-prefault").expect("a strategy");
    let text = rust_test(&case, "two-eight", strategy);
    let path = "tests/emit/two_eight.rs";
    if std::env::var_os("UPDATE_TABLES").is_some() {
        fs::write(path, &text).expect("it can be written");
    }
    assert_eq!(text, fs::read_to_string(path).expect("a file"), "UPDATE_TABLES=1 cargo test --test emit");
}
