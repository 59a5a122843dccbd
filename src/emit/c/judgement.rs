//! What a C program judges: whether the finding that its case expects shows on the kernel that it runs on.
//!
//! The oracle judged a run of the simulator. Where every call that the finding stands on comes to the same here, in the
//! same order, and the same is seen at the same place, the oracle would say the same of this run. The program looks for
//! no more than that, and says so where it cannot.

use super::marks::{self, Marks, PAGE};
use crate::judge::{Judge, Signature};
use crate::report;
use crate::witness::{is_met_by, of_strategy};
use case::{Case, MemoryKind, TaskOperation};
use machine::{Machine, Strategy};
use oracle::{Call, Cell, Class, FileId, History, OperationId, Origin, Outcome, Profile, Verdict, Way};
use std::fmt::Write;

/// What a program is to find out.
#[derive(Clone, Debug)]
pub(super) enum Question {
    /// Nothing, for this reason.
    None(String),
    /// Whether a task hangs. That nothing hung in one run says nothing.
    Hang(String),
    /// Whether the same is seen again.
    Again(Sought),
}

/// A finding that can be seen again.
#[derive(Clone, Debug)]
pub(super) struct Sought {
    /// What it is: a class, a rule, and where it was seen.
    words: String,
    /// What each operation did, if the finding stands on it.
    told: Vec<Option<Told>>,
    /// What was seen.
    pub seen: Seen,
}

/// What an operation did in the run that was judged.
#[derive(Clone, Debug)]
struct Told {
    called: u32,
    returned: u32,
    /// As C writes it; `None` if it does not count.
    result: Option<String>,
}

/// What was seen, and where.
#[derive(Clone, Debug)]
pub(super) enum Seen {
    /// What calls returned, and nothing else.
    Results,
    /// Bytes of a file, from and to and which: by an operation, whose first byte is at this place in the file.
    By(usize, u32, Vec<Run>),
    /// The same at rest.
    AtRest(usize, Way, Vec<Run>),
    /// A file's size at rest, in bytes.
    Size(usize, u32),
}

/// From, to, and the byte as C writes it.
type Run = (u32, u32, String);

const NO_FINDING: &str = "the case expects no finding";

impl Question {
    /// The question of a case whose memories and operations have these marks.
    pub fn of(case: &Case, marks: &Marks, has_own_mark: &[bool]) -> Self {
        match finding(case) {
            Ok((strategy, verdict, history)) => {
                let words = words(case, strategy, &verdict);
                if matches!(verdict.class, Class::Deadlock | Class::Livelock) {
                    return Self::Hang(words);
                }
                match sought(case, marks, has_own_mark, &verdict, &history) {
                    Ok((told, seen)) => Self::Again(Sought { words, told, seen }),
                    Err(why) => Self::None(format!("{words}: {why}")),
                }
            }
            Err(why) => Self::None(why),
        }
    }

    /// Whether it has to be noted what an operation does.
    pub fn counts(&self, operation: usize) -> bool {
        matches!(self, Self::Again(it) if it.told.get(operation).is_some_and(Option::is_some))
    }

    /// Where in a file an operation looks, if it is the one that saw the finding.
    pub fn seen_by(&self, operation: usize) -> Option<u32> {
        match self {
            Self::Again(Sought { seen: Seen::By(it, start, _), .. }) if *it == operation => Some(*start),
            _ => None,
        }
    }
}

/// A finding that a case expects: the strategy that shows it, the verdict, and the history that was judged.
fn finding(case: &Case) -> Result<(&'static Strategy, Verdict, History), String> {
    if case.expectations.iter().all(|it| it.finding.is_none()) {
        return Err(NO_FINDING.to_owned());
    }
    let operations = || case.tasks.iter().flat_map(|it| &it.operations);
    if operations().any(|it| matches!(it, TaskOperation::Truncate { locked: false, .. })) {
        return Err("no call truncates without the inode's lock".to_owned());
    }
    if operations().any(|it| *it == TaskOperation::Crash) {
        return Err("no program can take its own power away".to_owned());
    }
    if !case.faults.is_empty() {
        return Err("it needs faults that no kernel injects on demand".to_owned());
    }
    // The latest of those that show it is the most like the kernel that this will run on.
    let of = |it: &Strategy| of_strategy(&case.expectations, it.id).find(|it| it.finding.is_some());
    let fitting = strategies::ALL.iter().filter(|it| Machine::refusal(case, it).is_none());
    let (strategy, expected) =
        fitting.rev().find_map(|it| Some((it, of(it)?))).ok_or("no strategy that shows it can run the case")?;
    let mut judge = Judge::new(Profile::Linux);
    let judgement = judge.replay(case, strategy);
    let is_it = |it: &&Verdict| is_met_by(expected, &Signature::of(case, strategy, it));
    let verdict = judgement.verdicts.iter().find(is_it).ok_or("the simulator does not show what the case expects")?;
    Ok((strategy, verdict.clone(), judgement.run.history.clone()))
}

fn words(case: &Case, strategy: &Strategy, verdict: &Verdict) -> String {
    let place = verdict.file.map(|file| {
        let cell = PAGE / case.geometry.page;
        format!(", bytes {}..{} of {}", verdict.start * cell, verdict.end * cell, case.files[file.index()].name)
    });
    let by = verdict.operation.filter(|it| report::operation(case, *it).is_some());
    let by = by.map_or_else(|| ", at rest".to_owned(), |it| format!(", by #{}", it.0));
    let by = if verdict.way.is_none() && verdict.operation.is_none() { String::new() } else { by };
    format!("{}{}{by}, as under {}", report::headline(verdict), place.unwrap_or_default(), strategy.id)
}

/// What has to come again, or why that cannot be seen.
fn sought(
    case: &Case,
    marks: &Marks,
    has_own_mark: &[bool],
    verdict: &Verdict,
    history: &History,
) -> Result<(Vec<Option<Told>>, Seen), &'static str> {
    let bytes = |cells: u32| cells * (PAGE / case.geometry.page);
    let seer = verdict.operation.map(OperationId::index);
    let count: usize = case.tasks.iter().map(|it| it.operations.len()).sum();
    if seer.is_some_and(|it| it >= count) {
        return Err("an observer of the simulator saw it");
    }
    let seen = match (verdict.class, verdict.file, seer, verdict.way) {
        (
            Class::LeakedBlock
            | Class::Oops
            | Class::AppendOverlap
            | Class::Torn
            | Class::Panic
            | Class::StackOverflow
            | Class::Hang,
            ..,
        ) => {
            return Err("no call shows it");
        }
        (Class::Return | Class::ShortRead, _, Some(_), _) => Seen::Results,
        (Class::Size, _, Some(_), _) => Seen::Results,
        (Class::Size, Some(file), None, Some(way @ (Way::Read | Way::Evicted))) => {
            let rest = history.rest.iter().find(|it| it.file == file && it.way == way);
            Seen::Size(file.index(), bytes(rest.ok_or("nobody looked at rest")?.size))
        }
        (_, Some(file), _, _) => {
            let runs =
                runs(case, marks, has_own_mark, verdict).ok_or("what would be seen is nothing that a program knows")?;
            match (seer, verdict.way) {
                (Some(seer), _) => Seen::By(seer, place(case, seer, file).ok_or("no call shows it")?, runs),
                (None, Some(way @ (Way::Read | Way::Evicted))) => Seen::AtRest(file.index(), way, runs),
                _ => return Err("no call shows it"),
            }
        }
        _ => return Err("no call shows it"),
    };
    let told = history.operations.iter().take(count).enumerate();
    let told = told.map(|(number, it)| told_of(&bytes, number, it, seer)).collect();
    Ok((told, seen))
}

/// What an operation did, if a finding can stand on it: looks of others do not matter.
fn told_of(
    bytes: &dyn Fn(u32) -> u32,
    number: usize,
    operation: &oracle::Operation,
    seer: Option<usize>,
) -> Option<Told> {
    let (called, returned) = (operation.invoked?, operation.returned?);
    let is_look = matches!(operation.call, Call::Read { .. } | Call::Stat { .. } | Call::Load { .. });
    if matches!(operation.call, Call::Other) || is_look && seer != Some(number) {
        return None;
    }
    let result = match (operation.call, operation.outcome?) {
        (Call::Stat { .. }, Outcome::Done(_)) => operation.position.map(|it| bytes(it).to_string()),
        (Call::Write { .. } | Call::Read { .. } | Call::Load { .. }, Outcome::Done(cells)) => {
            Some(bytes(cells).to_string())
        }
        (Call::Truncate { .. } | Call::Punch { .. } | Call::Fsync { .. }, Outcome::Done(_)) => Some("0".to_owned()),
        (_, Outcome::Failed(errno)) => Some(format!("-{errno:?}")),
        // A program looks at memory by system calls.
        (_, Outcome::BusError | Outcome::SegmentationFault) => Some("-EFAULT".to_owned()),
        (_, Outcome::Done(_)) => None,
    };
    Some(Told { called, returned, result })
}

/// Where in a file the first byte is that a read or a load looks at.
fn place(case: &Case, seer: usize, file: FileId) -> Option<u32> {
    let cell = PAGE / case.geometry.page;
    match report::operation(case, OperationId(u8::try_from(seer).ok()?))?.1 {
        TaskOperation::Read { range, .. } => Some(range.start * cell),
        TaskOperation::Load { memory, range } => match case.memories[*memory].kind {
            MemoryKind::Map { file: mapped, page, .. } if mapped == file.index() => {
                Some(page * PAGE + range.start * cell)
            }
            _ => None,
        },
        _ => None,
    }
}

/// The bytes that stand for what was seen; nothing if one of the cells has no byte.
fn runs(case: &Case, marks: &Marks, has_own_mark: &[bool], verdict: &Verdict) -> Option<Vec<Run>> {
    let cell = PAGE / case.geometry.page;
    let mut runs: Vec<Run> = Vec::new();
    for (at, seen) in (verdict.start..verdict.end).zip(&verdict.seen) {
        let byte = byte(case, marks, has_own_mark, *seen)?;
        match runs.last_mut().filter(|it| it.2 == byte) {
            Some(last) => last.1 += cell,
            None => runs.push((at * cell, (at + 1) * cell, byte)),
        }
    }
    (!runs.is_empty()).then_some(runs)
}

fn byte(case: &Case, marks: &Marks, has_own_mark: &[bool], cell: Cell) -> Option<String> {
    let origin = match cell.origin() {
        Origin::Zero { .. } => return Some("0".to_owned()),
        Origin::Written { operation, memory, .. } => {
            let memory = memory.index();
            match case.memories.get(memory)?.kind {
                MemoryKind::Anonymous if has_own_mark[memory] => marks::Origin::Memory(memory),
                MemoryKind::Anonymous => marks::Origin::Operation(operation.index()),
                MemoryKind::Map { .. } => return None,
            }
        }
        Origin::Stored { operation, .. } => marks::Origin::Operation(operation.index()),
        Origin::Content { file, .. } => marks::Origin::File(file.index()),
        _ => return None,
    };
    // A mark that there was no byte left for is zero.
    Some(marks.byte(origin)).filter(|it| it != "0")
}

/// The tables that the judging parts need.
pub(super) fn tables(question: &Question) -> String {
    let Question::Again(Sought { told, seen, .. }) = question else { return String::new() };
    let mut text = String::from(
        "/*\n * What was done in the run that showed the finding: whether it counts, when it was called and when it returned, and whether\n \
         * its result counts. The finding shows if all that counts comes to the same, and the same is seen.\n */\n\
         static const struct {\n\tint counts;\n\tlong called, returned;\n\tint has_result;\n\tlong result;\n} told[] = {\n",
    );
    for (number, it) in told.iter().enumerate() {
        if let Some(Told { called, returned, result }) = it {
            let (has_result, result) = (i32::from(result.is_some()), result.as_deref().unwrap_or("0"));
            let _ = writeln!(text, "\t[{number}] = {{ 1, {called}, {returned}, {has_result}, {result} }},");
        }
    }
    // Also where the last operations do not count.
    let _ = writeln!(text, "\t[{}] = {{ 0, 0, 0, 0, 0 }},\n}};\n", told.len());
    text.push_str("/* What is done here. */\nstatic struct {\n\tlong called, returned, result;\n} here[sizeof(told) / sizeof(*told)];\n\n");
    if let Seen::By(_, _, runs) | Seen::AtRest(_, _, runs) = seen {
        text.push_str(
            "/* What was seen. */\nstatic const struct {\n\tlong from, to;\n\tunsigned char byte;\n} sought[] = {\n",
        );
        for (from, to, byte) in runs {
            let _ = writeln!(text, "\t{{ {from}, {to}, {byte} }},");
        }
        text.push_str("};\n\n");
    }
    let nothing_to_see = i32::from(matches!(seen, Seen::Results));
    let _ = writeln!(text, "/* Whether it is seen here. */\nstatic int seen = {nothing_to_see};\n");
    text
}

/// What is said when a task hangs, and the exit code.
pub(super) fn hang(question: &Question) -> String {
    let (words, code) = match question {
        Question::Hang(words) => (format!("SHOWN: {words}"), 1),
        _ => ("CANNOT JUDGE: a task hangs, and the finding is another one".to_owned(), 2),
    };
    format!("#define HUNG \"{words}\"\n#define HUNG_CODE {code}\n\n")
}

/// The statement that looks for the finding at rest, before anything else looks there.
pub(super) fn first_look(case: &Case, question: &Question) -> String {
    let Question::Again(Sought { seen, .. }) = question else { return String::new() };
    let file = |number: usize| case.files[number].name;
    match seen {
        Seen::AtRest(number, Way::Read, _) => format!("\tseek_at_rest(file_{}, 0);\n", file(*number)),
        Seen::Size(number, size) => format!("\tseen = file_size(file_{}) == {size};\n", file(*number)),
        _ => String::new(),
    }
}

/// The statements that judge, at the end of the main function.
pub(super) fn statements(case: &Case, question: &Question) -> String {
    match question {
        Question::None(why) => format!("\tputs(\"\\nCANNOT JUDGE: {why}\");\n\treturn 2;\n"),
        Question::Hang(words) => {
            format!("\tputs(\"\\nCANNOT JUDGE: no task hung this time, which says nothing: {words}\");\n\treturn 2;\n")
        }
        Question::Again(Sought { words, seen, .. }) => {
            let look = match seen {
                Seen::AtRest(number, Way::Evicted, _) => {
                    format!("\tseek_at_rest(file_{}, 1);\n", case.files[*number].name)
                }
                _ => String::new(),
            };
            format!("{look}\treturn judgement(\"{words}\");\n")
        }
    }
}
