//! A subject of these tests through everything that runs one: judged, made small, hunted, told and explained.

use crate::cause::{Cause, Inquiry};
use crate::explain::{explain, page, render};
use crate::hunt::{Event, Field, Finding, Hunt, Limits, Store};
use crate::judge::{Judge, Signature};
use crate::reduce::reduce;
use crate::under_test::UnderTest;
use crate::witness::witnessed;
use case::{Abilities, Case, Slice, TaskOperation};
use oracle::{Cell, Class, Deadlock, History, Link, Notation, OperationId, Profile, Rest, Span, Stop, TaskId, Way};
use schedule::{DISK, Runnable, Scheduler, Tape, start};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use subject::{Backend, Counts, Entry, Ran, TracedEvent};

/// Each operation of a task is a step, and changes nothing: nobody calls the operation.
#[derive(Debug, Default)]
struct Idle {
    /// What is wrong with a case in which there is an fsync.
    fault: Fault,
    is_recording: bool,
    history: History,
    schedule: Vec<Slice>,
    events: Vec<TracedEvent>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Fault {
    #[default]
    Nothing,
    /// The first file has grown by a cell.
    Grows,
    /// The first task waits for itself.
    Sticks,
}

static RIGHT: Entry = entry("right", || Box::<Idle>::default());
static GROWS: Entry = entry("grows", || Box::new(Idle { fault: Fault::Grows, ..Idle::default() }));
static STICKS: Entry = entry("sticks", || Box::new(Idle { fault: Fault::Sticks, ..Idle::default() }));

const fn entry(name: &'static str, backend: fn() -> Box<dyn Backend>) -> Entry {
    Entry { name, abilities: Abilities::EVERYTHING, statics: false, backend }
}

impl Backend for Idle {
    fn record(&mut self, on: bool) {
        self.is_recording = on;
    }

    fn run(&mut self, case: &Case, scheduler: &mut dyn Scheduler) -> Ran<'_> {
        start::begin_history(&mut self.history, case);
        self.events.clear();
        let mut left: Vec<u32> = case.tasks.iter().map(|it| it.operations.len() as u32).collect();
        let mut tape = Tape::new(scheduler);
        tape.start(&left);
        let (mut previous, mut steps, mut hash) = (None, 0, 0_u64);
        loop {
            let waiting = (0..).zip(&left).filter(|(_, left)| **left > 0);
            let mask = waiting.fold(0, |mask, (task, _)| mask | 1 << task);
            if mask == 0 {
                break;
            }
            let task = tape.pick(Runnable::from_mask(mask), previous);
            left[usize::from(task)] -= 1;
            (previous, steps, hash) = (Some(task), steps + 1, hash.wrapping_mul(31) + u64::from(task) + 1);
            self.tell(steps, task, "looks on");
            self.tell(steps, task, "does nothing");
        }
        self.schedule = tape.schedule().to_vec();
        self.tell(steps, DISK, "spins");
        let mut operations = case.tasks.iter().flat_map(|it| &it.operations);
        let has_fsync = operations.any(|it| matches!(it, TaskOperation::Fsync { .. }));
        self.end(if has_fsync { self.fault } else { Fault::Nothing }, steps);
        Ran {
            history: &self.history,
            steps,
            hash,
            schedule: &self.schedule,
            events: &self.events,
            counts: Counts::default(),
        }
    }
}

impl Idle {
    fn tell(&mut self, step: u32, runner: u8, words: &str) {
        if self.is_recording {
            self.events.push(TracedEvent { step, runner, words: words.to_owned() });
        }
    }

    /// Every file is what it was, but for what is wrong.
    fn end(&mut self, fault: Fault, step: u32) {
        let history = &mut self.history;
        if fault == Fault::Sticks {
            let [open, nowhere] = ["open", ""].map(Into::into);
            let link = Link {
                task: TaskId(0),
                operation: OperationId(0),
                holds: "the door".to_owned(),
                taken_at: open,
                taken_step: 1,
                wants: "the key".to_owned(),
                waits_at: nowhere,
            };
            history.stop = Some(Stop::Deadlock(Deadlock { step, cycle: vec![link], notation: Notation::Other }));
            return;
        }
        for (file, start) in (0..).map(oracle::FileId).zip(history.files.clone()) {
            let grows = u32::from(fault == Fault::Grows && file.index() == 0);
            let from = history.cells.len() as u32;
            history.cells.extend_from_within(start.content.range());
            history.cells.resize(history.cells.len() + grows as usize, Cell::zero(oracle::ZeroSite::Start, None));
            let content = Span { start: from, end: history.cells.len() as u32 };
            history.rest.push(Rest { file, way: Way::Read, size: start.size + grows, content });
        }
    }
}

const CASE: &str = "shortcopy case 1\ngeometry page 64 block 16\nfs block\nfile a size 64 disk 0..64 cached -\n\
    memory m pages 1\ntask w write a 0 [m 0..40]\ntask w read a 0..64\ntask s stat a\ntask s fsync a\n";

fn case() -> Case {
    Case::parse("it", CASE).expect("a case")
}

fn shown(judge: &mut Judge, case: &Case, tested: UnderTest) -> Vec<Signature> {
    judge.replay(case, tested).verdicts.iter().map(|it| Signature::of(case, tested, it)).collect()
}

/// What the case shows where the file grows.
fn growth() -> Signature {
    let found = shown(&mut Judge::new(Profile::Linux), &case(), (&GROWS).into());
    *found.iter().find(|it| it.class == Class::Size).expect("the file has grown")
}

#[test]
fn a_subject_is_judged_by_its_own_backend() {
    let mut judge = Judge::new(Profile::Linux);
    assert_eq!(shown(&mut judge, &case(), (&RIGHT).into()), []);
    assert!(shown(&mut judge, &case(), (&GROWS).into()).contains(&growth()));
    assert_eq!(shown(&mut judge, &case(), (&RIGHT).into()), []);
    assert!(judge.shows(&case(), &GROWS, &growth()));
    assert!(!judge.shows(&case(), &RIGHT, &growth()));
    let run = judge.replay(&case(), &RIGHT).run;
    assert_eq!((run.steps, run.asked), (4, machine::DefectSet::NONE));
    assert!(matches!(run.events, crate::judge::Events::Subject([])));
}

#[test]
fn a_signature_of_a_subject_has_no_filesystem() {
    let signature = growth();
    let words = signature.to_string();
    assert!(words.starts_with("SIZE") && words.ends_with(" under grows"), "{words}");
    let object = serde_json::to_value(signature).expect("it is JSON");
    assert_eq!(object["strategy"], "grows");
    assert!(object["fs"].is_null() && object["form"].is_null(), "{object}");
}

#[test]
fn what_a_subject_shows_is_made_small() {
    let mut judge = Judge::new(Profile::Linux);
    let small = reduce(&mut judge, &case(), &GROWS, &growth(), &mut |_| {}).expect("it shows it");
    let operations: Vec<&TaskOperation> = small.tasks.iter().flat_map(|it| &it.operations).collect();
    assert!(matches!(operations[..], [TaskOperation::Fsync { .. }]), "{small}");
    assert!(small.form.is_none() && small.mended.is_empty(), "{small}");
    let expected = small.expectations.first().expect("it expects what it shows");
    assert_eq!(
        (expected.strategy.as_str(), expected.finding.as_ref().map(|it| it.0.as_str())),
        ("grows", Some("SIZE"))
    );
}

#[test]
fn nothing_explains_a_subject() {
    let mut inquiry = Inquiry::new(Profile::Linux);
    assert_eq!(inquiry.cause(&case(), &GROWS, &growth()), Cause::UNEXPLAINED);
}

fn found(field: Field) -> Vec<Finding> {
    let mut found = Vec::new();
    let limits = Limits { cases: Some(3_000), ..Limits::default() };
    let _ = Hunt { field, limits, jobs: 1 }.run(&AtomicBool::new(false), &mut |event| match event {
        Event::Finding(finding) => found.push(*finding),
        Event::Trouble(trouble) => panic!("{trouble:?}"),
        Event::Progress(_) => {}
    });
    found
}

fn field(entry: &'static Entry) -> Field {
    Field { tested: vec![entry.into()], ..Field::everything(7) }
}

#[test]
fn a_hunt_finds_what_is_wrong_with_a_subject() {
    assert!(found(field(&RIGHT)).is_empty());
    let first = found(field(&GROWS));
    let finding = first.iter().find(|it| it.signature.class == Class::Size).expect("the file has grown");
    assert!(finding.new && finding.cause.is_unexplained());
    assert!(finding.case.mended.is_empty() && finding.case.form.is_none(), "{}", finding.case);
    assert_eq!(finding.case.tasks.iter().map(|it| it.operations.len()).sum::<usize>(), 1, "{}", finding.case);
    let path = Store::new("findings".into()).path(finding);
    assert!(path.display().to_string().starts_with("findings/new/grows-SIZE"), "{}", path.display());
    let texts = |found: &[Finding]| found.iter().map(|it| it.case.print()).collect::<Vec<_>>();
    assert_eq!(texts(&found(field(&GROWS))), texts(&first));
}

#[test]
fn what_was_witnessed_is_known() {
    assert_eq!(witnessed(Path::new("there/is/no/such/folder"), "grows").expect("nothing"), []);
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!("{CASE}expect grows SIZE\nexpect right silent\n");
    std::fs::write(folder.path().join("it.case"), text).expect("it is written");
    let witnessed = witnessed(folder.path(), "grows").expect("it is read");
    assert_eq!(witnessed.len(), 1);
    let found = found(Field { witnessed, ..field(&GROWS) });
    assert!(found.iter().any(|it| it.signature.class == Class::Size));
    assert!(found.iter().all(|it| it.new == (it.signature.class != Class::Size)), "{found:?}");
}

#[test]
fn a_run_of_a_subject_is_explained_in_its_own_words() {
    let mut judge = Judge::recording(Profile::Linux);
    let explanation = explain(&case(), &GROWS, judge.replay(&case(), &GROWS));
    assert_eq!(explanation.strategy, "grows");
    assert_eq!(explanation.runners, ["w", "s", "disk"]);
    let first = &explanation.rows[0];
    let words: Vec<&str> = first.entries.iter().map(|it| it.text.as_str()).collect();
    assert_eq!((first.step, first.runner, &words[..]), (1, 0, &["looks on", "does nothing"][..]));
    assert_eq!(explanation.rows.len(), 5);
    let (text, page) = (render(&explanation, 120), page(&explanation, "it"));
    assert!(text.contains("looks on") && text.contains("SIZE"), "{text}");
    assert!(page.contains("does nothing"), "{page}");
}

#[test]
fn a_deadlock_of_a_subject_is_told_as_far_as_it_tells() {
    let mut judge = Judge::recording(Profile::Linux);
    let explanation = explain(&case(), &STICKS, judge.replay(&case(), &STICKS));
    assert_eq!(explanation.verdicts.len(), 1, "{:?}", explanation.verdicts);
    let [first, second] = &explanation.deadlock[..] else { panic!("{:?}", explanation.deadlock) };
    assert_eq!(first, "Deadlock at step 4");
    let wanted = "w holds the door (open, step 1) and waits for the key, which it holds itself: ";
    assert!(second.starts_with(wanted), "{second}");
}
