//! How a run of a subject can stop: deadlock, lost wake-up, livelock, panic, overflow of the stack. Each is a verdict
//! of its own, with the place in the subject's code, and the run after it is as if nothing had been.

use case::Case;
use oracle::{Checker, Class, History, Profile, Rule, Stop, Verdict};
use schedule::{CaseGiven, Scheduler, Sticky};
use std::ops::Range;
use std::time::Duration;
use subject::sync::atomic::{AtomicBool, Ordering::SeqCst};
use subject::sync::std::{Condvar, Mutex, RwLock};
use subject::sync::yield_now;
use subject::{Abilities, Backend, Env, Errno, Runner, Sink, Source, Start, Subject};

/// A subject whose calls do not work: each in another way.
struct Broken {
    first: Mutex<u32>,
    second: Mutex<u32>,
    changed: Condvar,
}

impl Subject for Broken {
    const NAME: &'static str = "broken";
    const ABILITIES: Abilities = Abilities::EVERYTHING;

    fn open(_: &[Start], _: &Env) -> Self {
        Self { first: Mutex::new(0), second: Mutex::new(0), changed: Condvar::new() }
    }

    /// Takes the first lock, then the second.
    fn truncate(&self, _: usize, _: u64) -> Result<(), Errno> {
        let _first = self.first.lock().unwrap();
        let _second = self.second.lock().unwrap();
        Err(Errno::EIO)
    }

    /// The other way round.
    fn sync(&self, _: usize) -> Result<(), Errno> {
        let _second = self.second.lock().unwrap();
        let _first = self.first.lock().unwrap();
        Ok(())
    }

    /// Waits for what nobody does.
    fn writeback(&self, _: usize) {
        let mut first = self.first.lock().unwrap();
        while *first == 0 {
            first = self.changed.wait(first).unwrap();
        }
    }

    /// Makes it so, and tells everybody.
    fn invalidate(&self, _: usize) {
        *self.first.lock().unwrap() += 1;
        self.changed.notify_all();
    }

    /// Goes round for ever.
    fn punch(&self, _: usize, _: Range<u64>) -> Result<(), Errno> {
        loop {
            yield_now();
        }
    }

    /// Panics with a lock held.
    fn write(&self, _: usize, _: u64, from: &mut Source<'_>) -> Result<usize, Errno> {
        let first = self.first.lock().unwrap();
        Ok(*first as usize - from.remaining())
    }

    /// Never gives up its turn.
    fn reclaim(&self, _: usize, _: Range<u32>) {
        let mut count = 0_u64;
        while std::hint::black_box(count) < u64::MAX {
            count += 1;
        }
    }

    /// Calls itself too often, and takes a lock now and then, or never.
    #[allow(unconditional_recursion, clippy::only_used_in_recursion, reason = "that is what is tested")]
    fn read(&self, file: usize, at: u64, into: &mut Sink<'_>) -> Result<usize, Errno> {
        let used = [at; 64];
        if file == 0 {
            yield_now();
        }
        self.read(file, at + 1, into).map(|it| it + std::hint::black_box(used)[1] as usize)
    }

    /// Goes a byte too far.
    fn append(&self, _: usize, _: &mut Source<'_>) -> Result<(u64, usize), Errno> {
        Ok((1, 0))
    }

    fn size(&self, _: usize) -> u64 {
        0
    }
}

fn case(tasks: &str) -> Case {
    let head = "shortcopy case 1\ngeometry page 64 block 16\nfs extent\nfile a size 0 disk - cached -\n\
        file b size 0 disk - cached -\nmemory m pages 1 resident 0\n";
    Case::parse("it", &format!("{head}{tasks}")).expect("a case")
}

fn judged(runner: &mut Runner<Broken>, case: &Case, scheduler: &mut dyn Scheduler) -> (History, Vec<Verdict>) {
    let history = runner.run(case, scheduler).history.clone();
    let verdicts = Checker::new().check(&history, Profile::Linux).to_vec();
    (history, verdicts)
}

/// The only verdict of a case that is run as its schedule says.
fn only(tasks: &str) -> Verdict {
    let mut runner = Runner::new();
    let case = case(tasks);
    let (_, mut verdicts) = judged(&mut runner, &case, &mut CaseGiven::new(&case.schedule));
    assert_eq!(verdicts.len(), 1, "{verdicts:?}");
    // The next run knows nothing of it.
    let stat = self::case("task r stat a\n");
    assert_eq!(judged(&mut runner, &stat, &mut CaseGiven::new(&[])).1, []);
    verdicts.remove(0)
}

#[test]
fn two_tasks_that_want_each_others_lock_are_a_deadlock() {
    let case = case("task u truncate a 0\ntask v fsync a\n");
    let mut runner = Runner::new();
    let mut deadlocks = 0;
    for seed in 0..200 {
        let (history, verdicts) = judged(&mut runner, &case, &mut Sticky::new(seed));
        let Some(Stop::Deadlock(deadlock)) = history.stop else { continue };
        deadlocks += 1;
        assert_eq!(verdicts[0].class, Class::Deadlock);
        assert_eq!(deadlock.cycle.len(), 2);
        for link in &deadlock.cycle {
            assert!(link.waits_at.contains("stops.rs:") && link.taken_at.contains("stops.rs:"), "{link:?}");
            assert!(link.holds.starts_with("mutex ") && link.wants.starts_with("mutex "), "{link:?}");
        }
    }
    assert!((1..200).contains(&deadlocks), "{deadlocks}");
}

#[test]
fn who_waits_for_what_nobody_does_waits_for_ever() {
    let it = only("task u writeback a\n");
    assert_eq!((it.class, it.rule), (Class::Deadlock, Rule::L1));
    assert!(it.message.contains("condvar"), "{}", it.message);
}

#[test]
fn who_is_told_goes_on() {
    let case = case("task u writeback a\ntask v invalidate a\n");
    let mut runner = Runner::<Broken>::new();
    for seed in 0..200 {
        assert_eq!(judged(&mut runner, &case, &mut Sticky::new(seed)).0.stop, None, "seed {seed}");
    }
}

#[test]
fn who_goes_round_for_ever_is_a_livelock() {
    let it = only("task u punch a 0..16\n");
    assert_eq!((it.class, it.rule), (Class::Livelock, Rule::L2));
}

#[test]
fn what_is_wrong_by_a_byte_is_told() {
    let it = only("task u append a [m 0..64]\n");
    assert_eq!((it.class, it.rule), (Class::Panic, Rule::K2));
    assert!(it.message.contains("the place of an append is 1 bytes"), "{}", it.message);
}

#[test]
fn a_panic_is_told_with_its_place() {
    let it = only("task u write a 0 [m 0..64]\n");
    assert_eq!((it.class, it.rule), (Class::Panic, Rule::K2));
    assert!(it.message.contains("stops.rs:") && it.message.contains("overflow"), "{}", it.message);
}

#[test]
fn who_never_gives_up_its_turn_hangs() {
    let it = only("task u reclaim a page 0\n");
    assert_eq!((it.class, it.rule), (Class::Hang, Rule::K2));
}

#[test]
fn who_calls_itself_for_ever_has_no_stack_left() {
    let it = only("task u read b 0..64\n");
    assert_eq!((it.class, it.rule), (Class::StackOverflow, Rule::K2));
}

#[test]
fn who_calls_itself_too_often_has_no_stack_left() {
    let it = only("task u read a 0..64\n");
    assert_eq!((it.class, it.rule), (Class::StackOverflow, Rule::K2));
}

/// A flag that is set and told without the mutex under which it is looked at.
struct Late {
    mutex: Mutex<()>,
    flag: AtomicBool,
    changed: Condvar,
}

impl Subject for Late {
    const NAME: &'static str = "late";
    const ABILITIES: Abilities = Abilities::EVERYTHING;

    fn open(_: &[Start], _: &Env) -> Self {
        Self { mutex: Mutex::new(()), flag: AtomicBool::new(false), changed: Condvar::new() }
    }

    fn sync(&self, _: usize) -> Result<(), Errno> {
        let mut guard = self.mutex.lock().unwrap();
        while !self.flag.load(SeqCst) {
            guard = self.changed.wait(guard).unwrap();
        }
        Ok(())
    }

    fn writeback(&self, _: usize) {
        self.flag.store(true, SeqCst);
        self.changed.notify_all();
    }

    fn write(&self, _: usize, _: u64, _: &mut Source<'_>) -> Result<usize, Errno> {
        Err(Errno::EIO)
    }

    fn read(&self, _: usize, _: u64, _: &mut Sink<'_>) -> Result<usize, Errno> {
        Ok(0)
    }

    fn size(&self, _: usize) -> u64 {
        0
    }

    fn truncate(&self, _: usize, _: u64) -> Result<(), Errno> {
        Err(Errno::EIO)
    }
}

/// The notification comes between the look at the flag and the wait: some schedule shows it.
#[test]
fn a_notification_without_the_mutex_is_lost() {
    let text = "\
shortcopy case 1
geometry page 64 block 16
fs block
file a size 0 disk - cached -
task s fsync a
task w writeback a
";
    let case = Case::parse("it", text).expect("a case");
    let mut runner = Runner::<Late>::new();
    let mut ends = |seed| runner.run(&case, &mut Sticky::new(seed)).history.stop.is_some();
    let stops = (0..200).filter(|seed| ends(*seed)).count();
    assert!((1..200).contains(&stops), "{stops}");
}

/// Outside of a run the locks are real ones: another test of the crate may use them in threads of its own.
#[test]
fn outside_of_a_run_locks_exclude_and_conditions_wait() {
    let (counter, changed, shared) = (Mutex::new(0_u32), Condvar::new(), RwLock::new(0_u32));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..10_000 {
                    *counter.lock().unwrap() += 1;
                    let before = *shared.read().unwrap();
                    let mut it = shared.write().unwrap();
                    assert!(*it >= before);
                    *it += 1;
                }
                changed.notify_all();
            });
        }
        let mut guard = counter.lock().unwrap();
        while *guard < 40_000 {
            guard = changed.wait(guard).unwrap();
        }
    });
    assert_eq!((*counter.lock().unwrap(), *shared.read().unwrap()), (40_000, 40_000));
    let guard = counter.lock().unwrap();
    let (guard, result) = changed.wait_timeout(guard, Duration::from_millis(5)).unwrap();
    assert!(result.timed_out() && *guard == 40_000);
}
