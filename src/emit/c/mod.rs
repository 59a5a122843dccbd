//! A case as a C program for Linux: the calls that it makes on a real kernel, with no library but libc.

mod header;
mod judgement;
mod marks;
mod parts;
mod plan;
mod setup;
mod statements;
mod tasks;

use case::Case;
use parts::Part;
use plan::Plan;

/// A stand-alone C program that does on a real kernel what a valid case says, as far as that can be had, and judges
/// whether a finding that the case expects shows: it ends with 1 if so, with 0 if not, and with 2 if it cannot judge.
/// The name is the case's, for whoever reads the program.
#[must_use]
pub fn c_program(case: &Case, name: &str) -> String {
    let plan = &Plan::of(case);
    let main = tasks::main_function(plan);
    let functions = tasks::functions(plan);
    let (globals, table) = (setup::globals(plan), tasks::table(plan));
    let meaning = plan.marks.table(case);
    // What each piece of text calls has to stand before it, and nothing else has to be there.
    let conductor = parts::needed(parts::CONDUCTOR, &format!("{functions}{main}"), plan.stops);
    let below = format!("{table}{conductor}{functions}{main}");
    let looking = parts::needed(parts::LOOKING, &below, plan.stops);
    let common = parts::needed(parts::COMMON, &format!("{looking}{below}"), plan.stops);
    let shared = if plan.threaded { parts::text(Part::Tasks, plan.stops) } else { String::new() };
    let faults = if plan.stops { parts::text(Part::Faults, true) } else { String::new() };
    let tables = setup::names(plan) + &judgement::tables(&plan.question);
    let body = [tables, common, meaning, looking, globals, shared, faults, table, conductor, functions, main].concat();
    let (comment, includes) = (header::comment(plan, name), parts::includes(&body));
    format!("{comment}{includes}{body}")
}
