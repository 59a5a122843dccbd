//! Plants wrong lines and hunts for them: what share of `tests/planted/faults.toml` the hunt reports as new, and how
//! soon.
//!
//! All of them are planted in one copy of the tree, each behind a number that the environment chooses, so that one
//! build serves all. What was measured stands in a log, and is not measured again.

#[path = "measure/log.rs"]
mod log;

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// The variable by which the planted build knows which line is the wrong one.
const VARIABLE: &str = "SHORTCOPY_PLANTED";

/// What the copy of `machine` gets beside its own code.
const SWITCH: &str = r#"
/// Whether this planted line is the one that runs.
#[must_use]
pub fn planted(number: u32) -> bool {
    static CHOSEN: std::sync::OnceLock<Option<u32>> = std::sync::OnceLock::new();
    *CHOSEN.get_or_init(|| std::env::var("SHORTCOPY_PLANTED").ok()?.parse().ok()) == Some(number)
}
"#;

/// Plants wrong lines, one at a time, and hunts for each.
#[derive(Parser)]
struct Arguments {
    /// Only this one; repeatable
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// How long to hunt for each
    #[arg(long, default_value = "60s")]
    time: humantime::Duration,
    /// How many threads hunt
    #[arg(long, default_value = "1")]
    jobs: u16,
    /// The seed of each hunt
    #[arg(long, default_value = "1")]
    seed: u64,
    /// Where the copy of the tree, its build and the log are
    #[arg(long, value_name = "DIR", default_value = "target/planted")]
    folder: PathBuf,
    /// Measure again what stands in the log
    #[arg(long)]
    again: bool,
}

/// One wrong line.
#[derive(Deserialize)]
struct Planted {
    name: String,
    file: PathBuf,
    after: String,
    old: String,
    new: String,
}

#[derive(Deserialize)]
struct List {
    planted: Vec<Planted>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list: List = toml::from_str(&fs::read_to_string(root.join("tests/planted/faults.toml"))?)?;
    let folder = root.join(&arguments.folder);
    let log = folder.join("log.jsonl");
    plant_all(root, &folder.join("tree"), &list.planted)?;
    let program = build(&folder)?;
    let done = if arguments.again { BTreeSet::new() } else { measured(&log)? };
    let chosen = |it: &&Planted| arguments.only.is_empty() || arguments.only.contains(&it.name);
    for (number, it) in list.planted.iter().enumerate().filter(|(_, it)| chosen(it) && !done.contains(&it.name)) {
        let result = hunt(&program, number, it, &arguments)?;
        println!("{result}");
        writeln!(fs::OpenOptions::new().create(true).append(true).open(&log)?, "{result}")?;
    }
    summarise(&log)
}

/// Copies the tree and plants everything, last things first, so that places stay where they are.
fn plant_all(root: &Path, tree: &Path, list: &[Planted]) -> Result<()> {
    let files = Command::new("git").args(["ls-files", "-z"]).current_dir(root).output()?.stdout;
    for name in files.split(|it| *it == 0).filter(|it| !it.is_empty()) {
        let name = std::str::from_utf8(name)?;
        let (from, to) = (root.join(name), tree.join(name));
        if let (Ok(content), Some(parent)) = (fs::read(from), to.parent()) {
            fs::create_dir_all(parent)?;
            // What did not change is not touched, so that it is not built again.
            if fs::read(&to).ok().as_ref() != Some(&content) || list.iter().any(|it| it.file == Path::new(name)) {
                fs::write(to, content)?;
            }
        }
    }
    for file in list.iter().map(|it| &it.file).collect::<BTreeSet<_>>() {
        let path = tree.join(file);
        let text = fs::read_to_string(&path)?;
        let mut places = Vec::new();
        for (number, it) in list.iter().enumerate().filter(|(_, it)| it.file == *file) {
            let after = text.find(&it.after).with_context(|| format!("{}: `{}` is not there", it.name, it.after))?;
            let at = text[after..].find(&it.old).with_context(|| format!("{}: `{}` is not there", it.name, it.old))?;
            places.push((after + at, number, it));
        }
        places.sort_by_key(|(at, ..)| *at);
        fs::write(&path, planted(&text, &places)?)?;
    }
    let library = tree.join("machine/src/lib.rs");
    fs::write(&library, fs::read_to_string(root.join("machine/src/lib.rs"))? + SWITCH)?;
    Ok(())
}

/// The text with every wrong line behind its number. Several may stand in one place.
fn planted(text: &str, places: &[(usize, usize, &Planted)]) -> Result<String> {
    let mut result = String::new();
    let (mut at, mut index) = (0, 0);
    while let Some((place, _, first)) = places.get(index) {
        ensure!(*place >= at, "{} overlaps another planted line", first.name);
        result.push_str(&text[at..*place]);
        let here = places[index..].iter().take_while(|(it, ..)| it == place).collect::<Vec<_>>();
        ensure!(here.iter().all(|it| it.2.old == first.old), "{} overlaps another planted line", first.name);
        let switch = if first.file.starts_with("machine") { "crate::planted" } else { "machine::planted" };
        result.push('(');
        for (_, number, it) in &here {
            let new = it.new.trim_end_matches(';');
            result.push_str(&format!("if {switch}({number}) {{ {new} }} else "));
        }
        result.push_str(&format!("{{ {} }})", first.old.trim_end_matches(';')));
        result.push_str(if first.old.ends_with(';') { ";" } else { "" });
        at = place + first.old.len();
        index += here.len();
    }
    result.push_str(&text[at..]);
    Ok(result)
}

fn build(folder: &Path) -> Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["build", "--release", "--no-default-features", "--features", "cli", "--bin", "shortcopy"])
        .current_dir(folder.join("tree"));
    let status = cargo.env("CARGO_TARGET_DIR", folder.join("build")).env("RUSTFLAGS", "-A warnings").status()?;
    ensure!(status.success(), "the planted tree does not build");
    Ok(folder.join("build/release/shortcopy"))
}

/// Hunts until something new is reported, or the time is up.
fn hunt(program: &Path, number: usize, it: &Planted, arguments: &Arguments) -> Result<Value> {
    let start = Instant::now();
    let findings = tempfile::tempdir()?;
    let mut hunt = Command::new(program);
    hunt.args(["hunt", "--json", "--time", &arguments.time.to_string()]);
    hunt.args(["--seed", &arguments.seed.to_string(), "--jobs", &arguments.jobs.to_string()]);
    hunt.arg("--findings").arg(findings.path()).env(VARIABLE, number.to_string());
    let mut child = hunt.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let Some(output) = child.stdout.take() else { bail!("no output") };
    let mut found = Value::Null;
    // A control that is not silent, or a panic, is told as well; what counts is a finding that is new.
    let mut troubles = 0;
    for line in BufReader::new(output).lines() {
        let event: Value = serde_json::from_str(&line?)?;
        troubles += u32::from(event["event"] == json!("trouble"));
        if event["new"] == json!(true) {
            found = event;
            break;
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    let seconds = (start.elapsed().as_secs_f64() * 10.0).round() / 10.0;
    Ok(json!({
        "name": it.name,
        "new": !found.is_null(),
        "class": found["class"],
        "strategy": found["strategy"],
        "fs": found["fs"],
        "seconds": seconds,
        "troubles": troubles,
    }))
}

/// The names of what stands in the log.
fn measured(log: &Path) -> Result<BTreeSet<String>> {
    Ok(log::lines(log)?.iter().map(|it| it["name"].as_str().unwrap_or("").to_owned()).collect())
}

fn summarise(log: &Path) -> Result<()> {
    let rows = log::lines(log)?;
    let survivors: Vec<&str> =
        rows.iter().filter(|it| it["new"] == json!(false)).filter_map(|it| it["name"].as_str()).collect();
    println!("{} of {} were reported as new", rows.len() - survivors.len(), rows.len());
    survivors.iter().for_each(|it| println!("not found: {it}"));
    Ok(())
}
