//! The table of kernels and cases, and what does not fit into it.

use super::laboratory::{Row, Sample};
use super::outcome::{Judged, Outcome};
use crate::cli::output::{say, say_json, terminal_width};
use anstyle::AnsiColor;
use comfy_table::{ContentArrangement, LineStyle, Table, presets};
use host::mount::Kind;
use serde_json::json;
use std::collections::BTreeMap;

/// What one kernel came to.
#[derive(Debug)]
pub struct OfKernel {
    pub name: String,
    pub rows: Vec<Row>,
}

/// One JSON object for each case and filesystem.
pub fn print_json(kernel: &OfKernel, samples: &[Sample]) {
    for Row { fs, case, judged } in &kernel.rows {
        say_json(&json!({
            "event": "result", "kernel": kernel.name, "fs": fs.word(), "case": samples[*case].selected.path,
            "outcome": judged.outcome.word(), "shown": judged.shown, "times": judged.times,
            "findings": judged.findings, "why": judged.why, "console": judged.console,
        }));
    }
}

/// A table for each filesystem, and below it what needs words.
pub fn print(kernels: &[OfKernel], samples: &[Sample], filesystems: &[Kind]) {
    let names = names(samples);
    // What there is more of goes down the page.
    let cases_go_down = samples.len() > kernels.len();
    for (number, fs) in filesystems.iter().enumerate() {
        if number > 0 {
            say("");
        }
        let at = |kernel: &OfKernel, case: usize| {
            let row = kernel.rows.iter().find(|it| it.fs == *fs && it.case == case);
            row.map_or_else(String::new, |it| words(&it.judged))
        };
        let corner = fs.word().to_owned();
        let table = if cases_go_down {
            let rows =
                names.iter().enumerate().map(|(case, name)| (name, kernels.iter().map(|it| at(it, case)).collect()));
            drawn(corner, kernels.iter().map(|it| &it.name), rows.collect())
        } else {
            let rows = kernels.iter().map(|it| (&it.name, (0..samples.len()).map(|case| at(it, case)).collect()));
            drawn(corner, names.iter(), rows.collect())
        };
        say(table);
    }
    let notes = notes(kernels, samples, &names);
    if !notes.is_empty() {
        say("");
    }
    notes.iter().for_each(say);
}

/// A table with these columns, and rows by their names.
fn drawn<'n>(corner: String, columns: impl Iterator<Item = &'n String>, rows: Vec<(&String, Vec<String>)>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING.header_separator(LineStyle::none().fill('─').junction('─')));
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(terminal_width().unwrap_or(u16::MAX));
    table.set_header([corner].into_iter().chain(columns.cloned()));
    for (name, cells) in rows {
        table.add_row([name.clone()].into_iter().chain(cells));
    }
    table.trim_fmt()
}

/// What the cases are called: their files' names, with as many folders as it takes to tell them apart.
fn names(samples: &[Sample]) -> Vec<String> {
    let name = |sample: &Sample, folders: usize| {
        let path = sample.selected.path.with_extension("");
        let parts: Vec<String> = path.components().map(|it| it.as_os_str().to_string_lossy().into_owned()).collect();
        parts[parts.len().saturating_sub(folders + 1)..].join("/")
    };
    let unique = |sample: &Sample| {
        let is_one =
            |folders: &usize| samples.iter().filter(|it| name(it, *folders) == name(sample, *folders)).count() == 1;
        name(sample, (0..4).find(is_one).unwrap_or(4))
    };
    samples.iter().map(unique).collect()
}

/// An outcome in two words.
pub fn words(judged: &Judged) -> String {
    match judged.outcome {
        Outcome::Shown => judged.shown.map_or_else(|| "shown".to_owned(), |it| format!("shown {it}/{}", judged.times)),
        Outcome::NotShown => "not shown".to_owned(),
        Outcome::Inconclusive => "inconclusive".to_owned(),
        Outcome::CannotRun => "cannot run".to_owned(),
        Outcome::Hung => "hung".to_owned(),
    }
}

/// What is true of several: a note, cases by their numbers, and filesystems by their words.
type Shared = (String, Vec<usize>, Vec<&'static str>);

/// What the table has no room for, each sentence once, with where it is true.
fn notes(kernels: &[OfKernel], samples: &[Sample], names: &[String]) -> Vec<String> {
    let mut cases: BTreeMap<(String, usize, Kind), Vec<usize>> = BTreeMap::new();
    for (number, kernel) in kernels.iter().enumerate() {
        for Row { fs, case, judged } in &kernel.rows {
            for note in of_row(judged, &samples[*case]) {
                cases.entry((note, number, *fs)).or_default().push(*case);
            }
        }
    }
    // The same cases on several filesystems, then the same of several kernels.
    let mut filesystems: BTreeMap<(String, usize, Vec<usize>), Vec<&'static str>> = BTreeMap::new();
    for ((note, kernel, fs), cases) in cases {
        filesystems.entry((note, kernel, cases)).or_default().push(fs.word());
    }
    let mut places: BTreeMap<Shared, Vec<&str>> = BTreeMap::new();
    for ((note, kernel, cases), filesystems) in filesystems {
        places.entry((note, cases, filesystems)).or_default().push(&kernels[kernel].name);
    }
    let (style, count) = (AnsiColor::BrightBlack.on_default(), kernels.len());
    let lines = places.into_iter().map(|((note, cases, filesystems), kernels)| {
        let cases: Vec<&str> = cases.iter().map(|it| names[*it].as_str()).collect();
        let (cases, kernels) = (or_all(&cases, samples.len(), "all cases"), or_all(&kernels, count, "all kernels"));
        format!("{cases} on {}: {note} {style}({kernels}){style:#}", filesystems.join(", "))
    });
    lines.collect()
}

/// These names, or a word for them if they are all of so many.
fn or_all(names: &[&str], of: usize, all: &str) -> String {
    if names.len() > 1 && names.len() == of { all.to_owned() } else { names.join(", ") }
}

/// What one outcome has to say.
fn of_row(judged: &Judged, sample: &Sample) -> Vec<String> {
    let mut notes = Vec::new();
    for it in judged.others(&sample.selected.case.expectations) {
        let detail = it.persistence.iter().chain(&it.rule).map(|it| format!(" {it}")).collect::<String>();
        let times = it.times.map_or_else(String::new, |times| format!(", {times} of {} times", judged.times));
        let known = it.cause.as_ref().map_or_else(String::new, |it| format!("; known, {it}"));
        let secret = if it.is_sensitive() { "; SECURITY.md says whom to tell" } else { "" };
        notes.push(format!("shows {}{detail}{times}{known}{secret}", it.class));
    }
    if !judged.why.is_empty() {
        notes.push(format!("{}: {}", judged.outcome.word().replace('-', " "), judged.why.join("; ")));
    }
    notes.extend(judged.console.iter().map(|it| format!("its console is in {}", it.display())));
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::select::Selected;

    fn sample(number: usize, path: &str) -> Sample {
        let case = case::repair::decode(b"shortcopy case 1\n").case;
        Sample::new(number, Selected { path: path.into(), case }, Vec::new())
    }

    #[test]
    fn cases_have_as_many_folders_in_their_names_as_it_takes() {
        let samples = [sample(0, "a/x.case"), sample(1, "b/x.case"), sample(2, "b/y.case")];
        assert_eq!(names(&samples), ["a/x", "b/x", "y"]);
    }

    #[test]
    fn a_sentence_is_said_once_with_all_its_places() {
        let samples = [sample(0, "x.case"), sample(1, "y.case")];
        let row = |fs, case, why: &str| Row { fs, case, judged: Judged::cannot_run(why) };
        let all = |fs| [0, 1].map(|case| row(fs, case, "no loop"));
        let kernel = |name: &str, rows: Vec<Row>| OfKernel { name: name.to_owned(), rows };
        let both = |name| kernel(name, all(Kind::Ext4).into_iter().chain(all(Kind::Xfs)).collect());
        let kernels = [both("6.1"), both("7.0"), kernel("7.1", vec![row(Kind::Xfs, 1, "no xfs")])];
        let notes = notes(&kernels, &samples, &names(&samples));
        let plain: Vec<String> = notes.iter().map(|it| anstream::adapter::strip_str(it).to_string()).collect();
        let expected = ["all cases on ext4, xfs: cannot run: no loop (6.1, 7.0)", "y on xfs: cannot run: no xfs (7.1)"];
        assert_eq!(plain, expected);
    }
}
