//! The last lines: speeds and ratios, everything measured side by side.

use crate::cases::{IN_MEMORY, ON_DISK, STRATEGIES};
use crate::on_shuttle::{self, run_with_one_runner, run_with_own_runner};
use crate::on_subject;
use crate::simulator::Simulator;
use crate::toy::Toy;
use std::time::{Duration, Instant};

/// How often each thing is measured; the fastest counts, since whatever else the machine does can only make it slower.
const ROUNDS: u32 = 5;
const ROUND: Duration = Duration::from_millis(300);
const BATCH: u32 = 64;

/// Something to measure.
struct Contender<'a> {
    name: &'static str,
    steps: f64,
    run_batch: Box<dyn FnMut() + 'a>,
    runs_per_second: f64,
}

impl<'a> Contender<'a> {
    fn new(name: &'static str, steps: f64, mut run: impl FnMut() + 'a) -> Self {
        let run_batch = Box::new(move || (0..BATCH).for_each(|_| run()));
        Self { name, steps, run_batch, runs_per_second: 0.0 }
    }

    fn measure(&mut self) {
        let start = Instant::now();
        let mut batches = 0;
        while start.elapsed() < ROUND {
            (self.run_batch)();
            batches += 1;
        }
        let speed = f64::from(batches * BATCH) / start.elapsed().as_secs_f64();
        self.runs_per_second = self.runs_per_second.max(speed);
    }

    fn print(&self) {
        let per_step = 1e9 / self.runs_per_second / self.steps;
        println!(
            "{:<46} {:>6.1} steps {:>9.0} runs/s {:>7.1} ns/step",
            self.name, self.steps, self.runs_per_second, per_step
        );
    }
}

/// Measures and prints.
pub fn print() {
    let mut in_memory = STRATEGIES.map(|id| Simulator::new(IN_MEMORY, id));
    let mut on_disk = STRATEGIES.map(|id| Simulator::new(ON_DISK, id));
    let memory_steps = in_memory.each_mut().map(Simulator::mean_steps);
    let disk_steps = on_disk.each_mut().map(Simulator::mean_steps);
    let [baseline, write_begin, perform_write] = &mut in_memory;
    let [baseline_on_disk, write_begin_on_disk, perform_write_on_disk] = &mut on_disk;
    let mut alone = Simulator::new(IN_MEMORY, STRATEGIES[0]);
    let mut toy = Toy::new();
    let toy_steps = f64::from((0..1000).map(|_| toy.run()).sum::<u32>()) / 1000.0;
    let mut subject = on_subject::Toy::new();
    let subject_steps = f64::from((0..1000).map(|_| subject.run()).sum::<u32>()) / 1000.0;
    let shuttle_steps = on_shuttle::mean_steps();
    let mut seed = 0;
    let mut contenders = [
        Contender::new("in memory, baseline", memory_steps[0], || _ = baseline.run_and_check()),
        Contender::new("in memory, write-begin-2.6.24.3", memory_steps[1], || _ = write_begin.run_and_check()),
        Contender::new("in memory, perform-write-6.15", memory_steps[2], || _ = perform_write.run_and_check()),
        Contender::new("on disk, baseline", disk_steps[0], || _ = baseline_on_disk.run_and_check()),
        Contender::new("on disk, write-begin-2.6.24.3", disk_steps[1], || _ = write_begin_on_disk.run_and_check()),
        Contender::new("on disk, perform-write-6.15", disk_steps[2], || _ = perform_write_on_disk.run_and_check()),
        Contender::new("in memory, the machine alone, baseline", memory_steps[0], || _ = alone.run()),
        Contender::new("toy on this executor", toy_steps, || _ = toy.run()),
        Contender::new("toy as a subject, a coroutine a task", subject_steps, || _ = subject.run()),
        Contender {
            run_batch: Box::new(|| run_with_one_runner(BATCH as usize)),
            ..Contender::new("toy on shuttle, one Runner for 64 runs", shuttle_steps, || {})
        },
        Contender::new("toy on shuttle, one Runner per run", shuttle_steps, || {
            seed += 1;
            run_with_own_runner(seed);
        }),
    ];
    for _ in 0..ROUNDS {
        contenders.iter_mut().for_each(Contender::measure);
    }
    println!();
    contenders.iter().for_each(Contender::print);
    let [case, _, _, _, _, _, _, toy, subject, one_runner, own_runner] = contenders.map(|it| it.runs_per_second);
    println!(
        "ratios to shuttle: the toy {:.1} times as fast as one Runner, {:.1} times as fast as a Runner per run; as a subject {:.1} and \
         {:.1} times; a whole case with its oracle {:.1} and {:.1} times as fast as the toy on shuttle",
        toy / one_runner,
        toy / own_runner,
        subject / one_runner,
        subject / own_runner,
        case / one_runner,
        case / own_runner,
    );
}
