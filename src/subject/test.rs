//! A subject as a test: its witnesses, then a hunt that is short unless somebody asks for more.

use super::under_test;
use crate::explain::{explain, render};
use crate::hunt::{DIFFERS, Event, Field, Finding, Hunt, Limits, Store, Trouble, write_whole};
use crate::judge::{Events, Judge, Signature};
use crate::reading;
use crate::report;
use crate::under_test::UnderTest;
use crate::witness::{Comparison, case_files, compare, witnessed};
use case::{Case, repair};
use oracle::Profile;
use std::env;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use subject::Subject;

/// Runs of a hunt that nobody has given a time: some seconds.
const SMOKE: u64 = 20_000;

/// How often a case is run again to see where two runs part.
const TRIES: u32 = 20;

/// What the environment asks for.
struct Wanted {
    /// `SHORTCOPY_CASE`: only this case is run, and explained.
    case: Option<PathBuf>,
    /// `SHORTCOPY_TIME`: how long the hunt takes, as `60s`.
    time: Option<std::time::Duration>,
    /// `SHORTCOPY_SEED`.
    seed: u64,
    /// `SHORTCOPY_FINDINGS`: where cases go.
    findings: PathBuf,
    /// Where the witnesses are.
    witness: PathBuf,
}

/// Tests a subject: whether its adapter is right ([`super::check`]), its witnesses, which are the cases below
/// `witness/` of its package, then a hunt. With `SHORTCOPY_TIME=60s` the hunt takes so long, with `SHORTCOPY_SEED` it
/// is another, with `SHORTCOPY_CASE` only that case is run and explained. Findings are written below
/// `target/shortcopy/NAME`, or `SHORTCOPY_FINDINGS`.
///
/// What a witness expects is known, and no failure.
///
/// # Panics
/// If something is found that no witness expects, or a witness does not show (any more) what it expects.
pub fn test<S: Subject>() {
    let tested = under_test::<S>();
    let wanted = Wanted::of_environment(tested);
    if let Some(path) = &wanted.case {
        return replay(tested, path);
    }
    super::check::<S>();
    let mut failures = String::new();
    check_witnesses(tested, &wanted, &mut failures);
    hunt(tested, &wanted, &mut failures);
    assert!(failures.is_empty(), "\n{failures}");
}

impl Wanted {
    fn of_environment(tested: UnderTest) -> Self {
        // Cargo runs tests where the package is.
        let package = env::var_os("CARGO_MANIFEST_DIR").map_or_else(PathBuf::new, PathBuf::from);
        let words = |name: &str| env::var(name).ok();
        let time = words("SHORTCOPY_TIME").map(|it| match humantime::parse_duration(&it) {
            Ok(time) => time,
            Err(why) => panic!("SHORTCOPY_TIME={it}: {why}; for example SHORTCOPY_TIME=60s"),
        });
        let seed = words("SHORTCOPY_SEED").map_or(1, |it| match it.parse() {
            Ok(seed) => seed,
            Err(why) => panic!("SHORTCOPY_SEED={it}: {why}"),
        });
        let findings = words("SHORTCOPY_FINDINGS").map(PathBuf::from);
        Self {
            case: env::var_os("SHORTCOPY_CASE").map(PathBuf::from),
            time,
            seed,
            findings: findings.unwrap_or_else(|| package.join("target/shortcopy").join(tested.id())),
            witness: package.join("witness"),
        }
    }
}

/// Runs one case, and says all that can be said of it.
fn replay(tested: UnderTest, path: &Path) {
    let case = read(path);
    if let Some(why) = tested.refusal(&case) {
        panic!("{} cannot run {}: {why}", tested.id(), path.display());
    }
    let mut judge = Judge::recording(Profile::Linux);
    let explanation = explain(&case, tested, judge.replay(&case, tested));
    let found = shown(&mut judge, &case, tested);
    let text = render(&explanation, 120);
    let shown = found.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let shown = if shown.is_empty() { "nothing" } else { &shown };
    match compare(&case.expectations, tested.id(), &found) {
        Comparison::AsExpected => println!("{text}\nas its `expect` lines say, it shows {shown}"),
        Comparison::Unexpected => panic!("\n{text}\nit shows {shown}, and no `expect` line says so"),
        Comparison::Unmet => panic!("\n{text}\nit shows {shown}, and its `expect` lines say something else"),
    }
}

fn read(path: &Path) -> Case {
    let parsed = reading::read_text(path)
        .map_err(|why| why.to_string())
        .and_then(|text| Case::parse(&path.display().to_string(), &text).map_err(|why| why.to_string()));
    match parsed {
        Ok(case) => case,
        Err(why) => panic!("{}: {why}", path.display()),
    }
}

fn shown(judge: &mut Judge, case: &Case, tested: UnderTest) -> Vec<Signature> {
    judge.replay(case, tested).verdicts.iter().map(|it| Signature::of(case, tested, it)).collect()
}

/// Whether each witness shows what it expects, and nothing else.
fn check_witnesses(tested: UnderTest, wanted: &Wanted, failures: &mut String) {
    if !wanted.witness.is_dir() {
        return;
    }
    let mut judge = Judge::new(Profile::Linux);
    for path in case_files(&wanted.witness).unwrap_or_else(|why| panic!("{why}")) {
        let case = read(&path);
        if let Some(why) = tested.refusal(&case) {
            _ = writeln!(failures, "{} cannot run {}: {why}", tested.id(), path.display());
            continue;
        }
        let found = shown(&mut judge, &case, tested);
        let what = match compare(&case.expectations, tested.id(), &found) {
            Comparison::AsExpected => continue,
            Comparison::Unexpected => "shows more than it expects",
            Comparison::Unmet => "does not show what it expects",
        };
        let shows = if found.is_empty() { "nothing" } else { "" };
        _ = writeln!(failures, "{} {what}; it shows {shows}", path.display());
        for it in &found {
            _ = writeln!(failures, "  {it}");
        }
        _ = writeln!(failures, "Next: {}", command(&path));
    }
}

/// The command that runs a case again: this test, with that case.
fn command(path: &Path) -> String {
    let test = std::thread::current().name().map_or_else(String::new, |it| format!(" {it}"));
    format!("SHORTCOPY_CASE={} cargo test{test} -- --nocapture", path.display())
}

fn hunt(tested: UnderTest, wanted: &Wanted, failures: &mut String) {
    let known = witnessed(&wanted.witness, tested.id()).unwrap_or_else(|why| panic!("{why}"));
    let field = Field { tested: vec![tested], witnessed: known, ..Field::everything(wanted.seed) };
    let limits = match wanted.time {
        Some(time) => Limits { time: Some(time), ..Limits::default() },
        None => Limits { cases: Some(SMOKE), ..Limits::default() },
    };
    // Tests run side by side; who gives it time gives it all there is, but for what its statics forbid.
    let jobs = if wanted.time.is_some() { std::thread::available_parallelism().map_or(1, usize::from) } else { 1 };
    let (mut found, mut troubles) = (Vec::new(), Vec::new());
    let (summary, _) = Hunt { field, limits, jobs }.run(&AtomicBool::new(false), &mut |event| match event {
        Event::Finding(finding) if finding.new => found.push(*finding),
        Event::Trouble(trouble) => troubles.push(*trouble),
        Event::Finding(_) | Event::Progress(_) => {}
    });
    println!("{} runs of {} in {:.1} s, {} new", summary.cases, tested.id(), summary.seconds, found.len());
    for trouble in &troubles {
        tell_trouble(tested, trouble, failures);
    }
    tell(tested, wanted, &found, failures);
}

/// What the harness cannot make sense of: mostly that the subject does not do the same thing twice.
fn tell_trouble(tested: UnderTest, trouble: &Trouble, failures: &mut String) {
    _ = writeln!(failures, "{}", trouble.what());
    if trouble.is_nondeterministic() {
        _ = writeln!(failures, "  {DIFFERS}");
        match parting(tested, &trouble.case) {
            Some((one, other)) => {
                _ = writeln!(failures, "  the first difference: {one}\n                        {other}")
            }
            None => _ = writeln!(failures, "  it ran the same way now, several times: it does so only sometimes"),
        }
    } else {
        _ = writeln!(failures, "  that is a bug of shortcopy's own");
    }
    _ = writeln!(failures, "\n{}", trouble.case);
}

/// Where two runs of the same case part, if they do so now: what happens in each.
fn parting(tested: UnderTest, case: &Case) -> Option<(String, String)> {
    let run = || -> Vec<String> {
        let mut judge = Judge::recording(Profile::Linux);
        match judge.replay(case, tested).run.events {
            Events::Subject(events) => events.iter().map(|it| format!("step {}: {}", it.step, it.words)).collect(),
            Events::Machine(_) => Vec::new(),
        }
    };
    let first = run();
    (0..TRIES).find_map(|_| {
        let again = run();
        let end = "the end".to_owned();
        let at = (0..first.len().max(again.len())).find(|at| first.get(*at) != again.get(*at))?;
        let line = |lines: &[String]| lines.get(at).unwrap_or(&end).clone();
        Some((line(&first), line(&again)))
    })
}

/// Writes the findings down, and says what they are: the last in full, with its case and what to type next. They come
/// in the order in which they were found, and the first is told last, where it is read first.
fn tell(tested: UnderTest, wanted: &Wanted, found: &[Finding], failures: &mut String) {
    let store = Store::new(wanted.findings.clone());
    if found.len() > 1 {
        _ = writeln!(
            failures,
            "{} findings, which may have one cause: mend the last one here, and run again.",
            found.len()
        );
    }
    for (number, finding) in found.iter().enumerate().rev() {
        let path = free(&store.path(finding), finding);
        if let Err(why) = write_whole(&path, &finding.case) {
            panic!("cannot write {}: {why}", path.display());
        }
        _ = writeln!(failures, "{}: {}", finding.signature, finding.sentence);
        _ = writeln!(failures, "  {}", path.display());
        if number == 0 {
            in_full(tested, finding, failures);
            _ = write!(failures, "\n{}Next: {}", finding.case, command(&path));
        }
    }
}

/// The path, or the first one like it with a number at which no other case is: what an earlier run has found stays.
fn free(path: &Path, finding: &Finding) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let numbered = (2..).map(|it| path.with_file_name(format!("{stem}-{it}.case")));
    let is_free = |it: &PathBuf| reading::read_text(it).map_or(true, |text| text == finding.case.print());
    std::iter::once(path.to_owned()).chain(numbered).find(is_free).unwrap_or_else(|| path.to_owned())
}

fn in_full(tested: UnderTest, finding: &Finding, failures: &mut String) {
    let mut judge = Judge::new(Profile::Linux);
    let judgement = judge.replay(&finding.case, tested);
    let is_it = |it: &&oracle::Verdict| Signature::of(&finding.case, tested, it) == finding.signature;
    if let Some(verdict) = judgement.verdicts.iter().find(is_it) {
        for line in report::details(&finding.case, judgement.run.history, verdict).lines() {
            _ = writeln!(failures, "  {line}");
        }
    }
}

/// One input of an engine.
pub(super) fn fuzz(tested: UnderTest, bytes: &[u8]) {
    thread_local! {
        static JUDGE: std::cell::RefCell<Judge> = std::cell::RefCell::new(Judge::new(Profile::Linux));
    }
    let case = repair::decode(bytes).case;
    if tested.refusal(&case).is_some() {
        return;
    }
    let shown = JUDGE.with_borrow_mut(|judge| shown(judge, &case, tested));
    if let Some(first) = shown.first() {
        panic!("{first}\n{case}");
    }
}
