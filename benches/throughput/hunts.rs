//! What a hunt does a second, everything counted: on one core, and on all.

use shortcopy::hunt::{Field, Hunt, Limits};
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Duration;

/// How long each hunt lasts. What is known is told in the first seconds; from then on it costs little.
const TIME: Duration = Duration::from_secs(20);

/// Measures and prints.
pub fn print() {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let one = cases_per_second(1);
    let all = cases_per_second(cores);
    println!();
    println!("a hunt of {} s over everything, from nothing, in cases a second:", TIME.as_secs());
    println!("  on one core {one:.0}, on {cores} {all:.0} ({:.2} times)", all / one);
}

fn cases_per_second(jobs: usize) -> f64 {
    let limits = Limits { time: Some(TIME), ..Limits::default() };
    let hunt = Hunt { field: Field::everything(1), limits, jobs };
    hunt.run(&AtomicBool::new(false), &mut |_| {}).0.cases_per_second()
}
