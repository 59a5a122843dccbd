//! The toy as a shuttle program, with as many scheduling points: a page lock is shuttle's mutex, whose unlocking is a
//! point as well and stands for the `preempt` at the head of a loop; every other `preempt` is a `yield_now`.

use crate::toy::{PAGES, PASSES, Page, ROLES, Role, UNMAPS};
use divan::Bencher;
use divan::counter::ItemsCount;
use shuttle::scheduler::{RandomScheduler, Schedule, Scheduler, Task, TaskId};
use shuttle::sync::{Arc, Mutex};
use shuttle::{Config, FailurePersistence, Runner, thread};
use std::sync::atomic::{AtomicU64, Ordering};

struct Shared {
    pages: [Mutex<Page>; PAGES],
    // Never held over a scheduling point, so never waited for.
    size: std::sync::Mutex<usize>,
    source: std::sync::Mutex<[Page; 2]>,
}

/// No mutex is ever poisoned here: a panic ends the benchmark.
macro_rules! lock {
    ($mutex:expr) => {
        $mutex.lock().expect("nobody panics")
    };
}

fn toy() {
    let shared = Arc::new(Shared {
        pages: std::array::from_fn(|_| Mutex::new([0; 64])),
        size: std::sync::Mutex::new(PAGES),
        source: std::sync::Mutex::new([[1; 64]; 2]),
    });
    let tasks = ROLES.map(|role| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || play(&shared, role))
    });
    for task in tasks {
        task.join().expect("no task panics");
    }
}

fn play(shared: &Shared, role: Role) {
    match role {
        Role::Writer => {
            for index in 0..PAGES {
                let mut buffer = lock!(shared.source)[index % 2];
                let mut page = lock!(shared.pages[index]);
                thread::yield_now();
                buffer.copy_from_slice(&lock!(shared.source)[index % 2]);
                page.copy_from_slice(&buffer);
                thread::yield_now();
                let mut size = lock!(shared.size);
                *size = (*size).max(index + 1);
            }
        }
        Role::Reader => {
            let mut buffer = [0; 64];
            for index in (0..PAGES).cycle().take(PASSES * PAGES) {
                let size = *lock!(shared.size);
                let page = lock!(shared.pages[index]);
                if index < size {
                    buffer.copy_from_slice(&*page);
                }
                divan::black_box(&buffer);
            }
        }
        Role::Truncator => {
            for index in (1..PAGES).rev() {
                *lock!(shared.size) = index;
                lock!(shared.pages[index]).fill(0);
            }
        }
        Role::Unmapper => {
            for unmap in 0..UNMAPS {
                thread::yield_now();
                lock!(shared.source)[unmap % 2].fill(unmap as u64);
            }
        }
    }
}

fn config() -> Config {
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::None;
    config
}

/// So many runs by one `Runner`.
pub fn run_with_one_runner(iterations: usize) {
    Runner::new(RandomScheduler::new_from_seed(1, iterations), config()).run(toy);
}

/// One run by a `Runner` of its own: what a fuzz target does, whose every input is another program.
pub fn run_with_own_runner(seed: u64) {
    Runner::new(RandomScheduler::new_from_seed(seed, 1), config()).run(toy);
}

static PICKS: AtomicU64 = AtomicU64::new(0);

struct Counting(RandomScheduler);

impl Scheduler for Counting {
    fn new_execution(&mut self) -> Option<Schedule> {
        self.0.new_execution()
    }

    fn next_task(&mut self, runnable: &[&Task], current: Option<TaskId>, is_yielding: bool) -> Option<TaskId> {
        PICKS.fetch_add(1, Ordering::Relaxed);
        self.0.next_task(runnable, current, is_yielding)
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
}

/// The mean number of scheduling points of a run.
pub fn mean_steps() -> f64 {
    const RUNS: u32 = 1_000;
    let before = PICKS.load(Ordering::Relaxed);
    Runner::new(Counting(RandomScheduler::new_from_seed(1, RUNS as usize)), config()).run(toy);
    (PICKS.load(Ordering::Relaxed) - before) as f64 / f64::from(RUNS)
}

const BATCH: usize = 64;

#[divan::bench]
fn toy_on_shuttle_one_runner_for_64_runs(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(BATCH)).bench_local(|| run_with_one_runner(BATCH));
}

#[divan::bench]
fn toy_on_shuttle_one_runner_per_run(bencher: Bencher<'_, '_>) {
    let mut seed = 0;
    bencher.bench_local(|| {
        seed += 1;
        run_with_own_runner(seed);
    });
}
