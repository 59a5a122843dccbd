//! The last lines: speeds and ratios, everything measured side by side.

use crate::cases::STRATEGIES;
use crate::on_shuttle::{self, run_with_one_runner, run_with_own_runner};
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
    let mut simulators = STRATEGIES.map(Simulator::new);
    let steps = simulators.each_mut().map(Simulator::mean_steps);
    let [baseline, write_begin, perform_write] = &mut simulators;
    let mut alone = Simulator::new(STRATEGIES[0]);
    let mut toy = Toy::new();
    let toy_steps = f64::from((0..1000).map(|_| toy.run()).sum::<u32>()) / 1000.0;
    let shuttle_steps = on_shuttle::mean_steps();
    let mut seed = 0;
    let mut contenders = [
        Contender::new("case with oracle, baseline", steps[0], || _ = baseline.run_and_check()),
        Contender::new("case with oracle, write-begin-2.6.24.3", steps[1], || _ = write_begin.run_and_check()),
        Contender::new("case with oracle, perform-write-6.15", steps[2], || _ = perform_write.run_and_check()),
        Contender::new("case on the machine alone, baseline", steps[0], || _ = alone.run()),
        Contender::new("toy on this executor", toy_steps, || _ = toy.run()),
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
    let [case, _, _, _, toy, one_runner, own_runner] = contenders.map(|it| it.runs_per_second);
    println!(
        "ratios to shuttle: the toy {:.1} times as fast as one Runner, {:.1} times as fast as a Runner per run; a whole case with its oracle \
         {:.1} and {:.1} times as fast as the toy on shuttle",
        toy / one_runner,
        toy / own_runner,
        case / one_runner,
        case / own_runner,
    );
}
