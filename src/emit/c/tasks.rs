//! The tasks of a case, one after the other or as threads that take turns, and the main function.

use super::judgement;
use super::plan::Plan;
use super::setup;
use super::statements::statements;
use case::{Runner, TaskOperation};
use host::FinalLooks;
use std::fmt::Write;

/// Turns on a line.
const ON_A_LINE: usize = 6;

/// A task as a constant: its place in the table.
fn constant(plan: &Plan<'_>, task: usize) -> String {
    format!("TASK_{}", plan.case.tasks[task].name.as_str().to_uppercase())
}

/// The table of the tasks, and the schedule, where they are threads.
pub(super) fn table(plan: &Plan<'_>) -> String {
    if !plan.threaded {
        return String::new();
    }
    let (mut constants, mut functions, mut rows) = (Vec::new(), String::new(), String::new());
    for (number, task) in plan.case.tasks.iter().enumerate() {
        let (name, constant) = (task.name, constant(plan, number));
        let _ = writeln!(functions, "static void *task_{name}(void *self);");
        let _ = writeln!(rows, "\t[{constant}] = {{ .name = \"{name}\", .run = task_{name} }},");
        constants.push(constant);
    }
    let constants = constants.join(", ");
    let tasks = format!("enum {{ {constants} }};\n\n{functions}\nstatic struct task tasks[] = {{\n{rows}}};\n\n");
    let tasks = tasks + &judgement::hang(&plan.question);
    if plan.races() { tasks } else { tasks + &schedule(plan) }
}

fn schedule(plan: &Plan<'_>) -> String {
    let turns: Vec<String> = plan
        .case
        .schedule
        .iter()
        .filter_map(|it| match it.runner {
            Runner::Task(task) => {
                let steps = it.steps.map_or_else(|| "UNLIMITED".to_owned(), |steps| steps.to_string());
                Some(format!("{{ {}, {steps} }},", constant(plan, task)))
            }
            // The disk of a real kernel answers when it likes.
            Runner::Disk => None,
        })
        .collect();
    let lines: String = turns.chunks(ON_A_LINE).map(|it| format!("\t{}\n", it.join(" "))).collect();
    format!(
        "/* Who runs when, and for how many steps. */\nstatic const struct {{ int task, steps; }} schedule[] = {{\n{lines}}};\n\n"
    )
}

/// The functions of the tasks, where they are threads.
pub(super) fn functions(plan: &Plan<'_>) -> String {
    if !plan.threaded {
        return String::new();
    }
    let (mut text, mut number) = (String::new(), 0);
    for (index, task) in plan.case.tasks.iter().enumerate() {
        let _ = writeln!(text, "static void *task_{}(void *self)\n{{", task.name);
        let end = task.operations.iter().position(|it| *it == TaskOperation::Crash).unwrap_or(task.operations.len());
        for (place, operation) in task.operations.iter().enumerate().take(end) {
            let blank = if place == 0 { "" } else { "\n" };
            let _ = write!(text, "{blank}\tstep(self);\n{}", statements(plan, number + place, index, operation));
        }
        if let Some(crash) = task.operations.get(end) {
            text.push_str(&statements(plan, number + end, index, crash));
        }
        text.push_str("\treturn finished(self);\n}\n\n");
        number += task.operations.len();
    }
    text
}

/// The operations one after the other, up to a crash.
fn straight(plan: &Plan<'_>) -> String {
    let (mut text, mut number) = (String::new(), 0);
    for (index, task) in plan.case.tasks.iter().enumerate() {
        for operation in &task.operations {
            text.push_str(&statements(plan, number, index, operation));
            if *operation == TaskOperation::Crash {
                return text;
            }
            number += 1;
        }
    }
    text
}

/// The main function.
pub(super) fn main_function(plan: &Plan<'_>) -> String {
    let mut text = String::from("int main(int count, char **arguments)\n{\n");
    if plan.threaded {
        text.push_str("\tsize_t number;\n\n");
    }
    text.push_str("\tsetvbuf(stdout, NULL, _IOLBF, 0);\n\tif (count != 2) {\n");
    text.push_str("\t\tfprintf(stderr, \"usage: %s DIRECTORY\\n\", arguments[0]);\n\t\treturn 2;\n\t}\n");
    text.push_str("\town_folder(arguments[1]);\n\n");
    text.push_str(&setup::files(plan));
    if plan.stops {
        text.push_str("\n\topen_faults();\n");
    }
    let memories = setup::memories(plan);
    let _ = write!(text, "{}{memories}", if memories.is_empty() || plan.stops { "" } else { "\n" });
    text.push('\n');
    if plan.threaded {
        text.push_str(
            "\tfor (number = 0; number < sizeof(tasks) / sizeof(*tasks); number++)\n\t\tstart(&tasks[number]);\n",
        );
        text.push_str(if plan.races() {
            "\trace();\n"
        } else {
            "\tfor (number = 0; number < sizeof(schedule) / sizeof(*schedule); number++)\n\
             \t\tif (!tasks[schedule[number].task].finished)\n\
             \t\t\tturn(&tasks[schedule[number].task], schedule[number].steps);\n\
             \tfinish_all();\n"
        });
    } else {
        text.push_str(&straight(plan));
    }
    text.push('\n');
    text.push_str(&judgement::first_look(plan.case, &plan.question));
    text + &looks(plan) + &judgement::statements(plan.case, &plan.question) + "}\n"
}

/// Looks at every file at the end, in the ways in which the case was looked at.
fn looks(plan: &Plan<'_>) -> String {
    let looks = plan.manner.map_or(FinalLooks::ALL, |it| it.looks);
    let mut text = String::new();
    for file in &plan.case.files {
        let name = file.name;
        if looks.evicted && !looks.read {
            let _ = writeln!(text, "\tdrop_pages(file_{name}, 0, 0);");
        }
        let _ = writeln!(text, "\tlook_at(\"{name}\", file_{name});");
        if looks.mapping {
            let _ = writeln!(text, "\tlook_past_end(\"{name}\", file_{name});");
        }
        if looks.evicted && looks.read {
            let _ = writeln!(text, "\tlook_again(\"{name}\", file_{name});");
        }
    }
    text
}
