//! The explanation of a run: who did what at which step, one column a task, and what was wrong with it.

mod deadlock;
mod html;
mod names;
mod text;
mod words;

pub use html::page;
pub use text::render;

use crate::judge::{Events, Judgement};
use crate::report;
use crate::rulebook::{self, Demand};
use crate::under_test::UnderTest;
use case::Case;
use machine::{Event, TracedEvent};
use names::Names;
use oracle::Rule;
use schedule::DISK;
use serde::Serialize;

/// What an entry is about: how it is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A call or a return.
    Call,
    /// A lock taken or given back.
    Lock,
    /// A lock waited for.
    Wait,
    /// A flag, a size, a mapping, a block.
    State,
    /// Something only looked at.
    Look,
    /// Data moved.
    Copy,
    /// Data cleared.
    Clear,
    /// A fault, injected or not.
    Fault,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// What it is about.
    pub kind: Kind,
    /// In words.
    pub text: String,
}

/// All that one runner did in one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The step.
    pub step: u32,
    /// The runner, by its column.
    pub runner: usize,
    /// What happened.
    pub entries: Vec<Entry>,
}

/// A verdict in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reported {
    /// `ZERO transient (R1)`.
    pub headline: String,
    /// The sentence, the place, the operations, and the cells.
    pub details: String,
    /// The rule that is broken: what it demands, and who demands it.
    pub rule: String,
}

/// An explained run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The strategy's id, or the subject's name.
    pub strategy: String,
    /// What it does.
    pub what: String,
    /// The case as text.
    pub case: String,
    /// The columns: the tasks, and the disk if it did anything.
    pub runners: Vec<String>,
    /// The interleaving.
    pub rows: Vec<Row>,
    /// What was wrong.
    pub verdicts: Vec<Reported>,
    /// If the run ended in a deadlock: who holds what and waits for what, a line each.
    pub deadlock: Vec<String>,
}

/// Explains a recorded run of this case.
#[must_use]
pub fn explain(case: &Case, tested: impl Into<UnderTest>, judgement: Judgement<'_>) -> Explanation {
    let tested = tested.into();
    let history = judgement.run.history;
    let reported = |it, word: &str| Reported {
        headline: report::headline(it) + word,
        details: report::details(case, history, it),
        rule: rule_in_words(it.rule),
    };
    let wrong = judgement.verdicts.iter().map(|it| reported(it, ""));
    let accepted = judgement.accepted.iter().map(|it| reported(it, " (the strategy accepts it)"));
    let verdicts = wrong.chain(accepted).collect();
    let rows = match judgement.run.events {
        Events::Machine(events) => rows(case, events),
        Events::Subject(events) => rows_of_subject(case, events),
    };
    let mut runners: Vec<String> = case.tasks.iter().map(|task| task.name.to_string()).collect();
    if rows.iter().any(|row| row.runner == runners.len()) {
        runners.push("disk".to_owned());
    }
    Explanation {
        strategy: tested.id().to_owned(),
        what: tested.what().to_owned(),
        case: case.print(),
        runners,
        rows,
        verdicts,
        deadlock: deadlock::lines(case, tested, history),
    }
}

fn rule_in_words(rule: Rule) -> String {
    let Demand { title, what, source } = rulebook::demand(rule);
    format!("rule {rule}, {title}: {what}\nsource: {source}")
}

/// Something that a runner did, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The step.
    pub step: u32,
    /// The task's name, or `disk`.
    pub runner: String,
    /// What happened.
    pub what: String,
}

/// What these events of a recorded run of this case are in words, in order.
#[must_use]
pub fn told(case: &Case, events: &[TracedEvent]) -> Vec<Told> {
    let name = |row: &Row| case.tasks.get(row.runner).map_or_else(|| "disk".to_owned(), |it| it.name.to_string());
    let tell = |row: Row| {
        let runner = name(&row);
        let tell = move |it: Entry| Told { step: row.step, runner: runner.clone(), what: it.text };
        row.entries.into_iter().map(tell)
    };
    rows(case, events).into_iter().flat_map(tell).collect()
}

/// The events of each step together; a step that left no trace has no row.
fn rows(case: &Case, events: &[TracedEvent]) -> Vec<Row> {
    let mut names = Names::new(case);
    let mut rows: Vec<Row> = Vec::new();
    for it in events {
        let column = column(case, it.runner);
        // What happens before the first step, or while everything is looked at, is nobody's: but the names count.
        if column <= case.tasks.len() {
            add(&mut rows, it.step, column, words::entries(&mut names, it.event));
        }
        if let Event::Cache { .. } | Event::Uncache { .. } | Event::Allocate { .. } | Event::Map { .. } = it.event {
            names.learn(it.event);
        }
    }
    rows.retain(|row| !row.entries.is_empty());
    rows
}

/// The same of a subject, which tells in words of its own what happened.
fn rows_of_subject(case: &Case, events: &[subject::TracedEvent]) -> Vec<Row> {
    let mut rows = Vec::new();
    for it in events {
        let column = column(case, it.runner);
        if column <= case.tasks.len() {
            add(&mut rows, it.step, column, [Entry { kind: Kind::State, text: it.words.clone() }]);
        }
    }
    rows
}

/// The column of a runner: that of a task, the one of the disk behind them, or none.
fn column(case: &Case, runner: u8) -> usize {
    if runner == DISK { case.tasks.len() } else { usize::from(runner) }
}

/// Adds what a runner did in a step to what it did before in the same one.
fn add(rows: &mut Vec<Row>, step: u32, runner: usize, entries: impl IntoIterator<Item = Entry>) {
    match rows.last_mut().filter(|row| row.step == step && row.runner == runner) {
        Some(row) => row.entries.extend(entries),
        None => rows.push(Row { step, runner, entries: entries.into_iter().collect() }),
    }
}
