//! Plants wrong lines and hunts for them: what share of a list in `tests/planted/` the hunt reports as new, and how
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

/// What the copy gets beside its own code.
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
    /// Where: in the simulated kernel, or in the example's page cache
    #[arg(long, value_enum, default_value = "kernel")]
    of: Of,
    /// Only this one; repeatable
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// How long to hunt for each
    #[arg(long, default_value = "60s")]
    time: humantime::Duration,
    /// How many threads hunt
    #[arg(long, default_value = "1")]
    jobs: u16,
    /// The seed of each hunt; repeatable
    #[arg(long, default_values = ["1"])]
    seed: Vec<u64>,
    /// Where the copy of the tree, its build and the log are
    #[arg(long, value_name = "DIR", default_value = "target/planted")]
    folder: PathBuf,
    /// Measure again what stands in the log
    #[arg(long)]
    again: bool,
}

/// Where wrong lines are planted.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Of {
    Kernel,
    OwnCache,
}

impl Of {
    const fn list(self) -> &'static str {
        match self {
            Self::Kernel => "tests/planted/faults.toml",
            Self::OwnCache => "tests/planted/own-cache.toml",
        }
    }

    /// The file that says which line is the wrong one.
    const fn switch(self) -> &'static str {
        match self {
            Self::Kernel => "machine/src/lib.rs",
            Self::OwnCache => "examples/own-cache/src/cache.rs",
        }
    }

    /// How a file asks it.
    fn question(self, file: &Path) -> &'static str {
        match self {
            Self::Kernel if file.starts_with("machine") => "crate::planted",
            Self::Kernel => "machine::planted",
            Self::OwnCache => "planted",
        }
    }

    /// What is built, and the program that comes of it.
    const fn artifact(self) -> (&'static [&'static str], &'static str) {
        match self {
            Self::Kernel => (&["--no-default-features", "--features", "cli", "--bin", "shortcopy"], "shortcopy"),
            Self::OwnCache => (&["-p", "own-cache", "--bin", "own-cache"], "own-cache"),
        }
    }
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
    /// What is put right before anything is planted.
    #[serde(default)]
    mended: Vec<Planted>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list: List = toml::from_str(&fs::read_to_string(root.join(arguments.of.list()))?)?;
    let folder = root.join(&arguments.folder);
    let log = folder.join("log.jsonl");
    plant_all(root, &folder.join("tree"), &list, arguments.of)?;
    let program = build(&folder, arguments.of)?;
    let done = if arguments.again { BTreeSet::new() } else { measured(&log)? };
    let chosen = |it: &&Planted| arguments.only.is_empty() || arguments.only.contains(&it.name);
    for (number, it) in list.planted.iter().enumerate().filter(|(_, it)| chosen(it)) {
        for seed in arguments.seed.iter().filter(|seed| !done.contains(&(it.name.clone(), **seed))) {
            let result = hunt(&program, number, it, *seed, &arguments)?;
            println!("{result}");
            writeln!(fs::OpenOptions::new().create(true).append(true).open(&log)?, "{result}")?;
        }
    }
    summarise(&log)
}

/// Copies the tree and plants everything, last things first, so that places stay where they are.
fn plant_all(root: &Path, tree: &Path, List { planted: list, mended }: &List, of: Of) -> Result<()> {
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
        let mut text = fs::read_to_string(&path)?;
        for it in mended.iter().filter(|it| it.file == *file) {
            ensure!(text.contains(&it.old), "{}: `{}` is not there", it.name, it.old);
            text = text.replacen(&it.old, &it.new, 1);
        }
        let mut places = Vec::new();
        for (number, it) in list.iter().enumerate().filter(|(_, it)| it.file == *file) {
            let after = text.find(&it.after).with_context(|| format!("{}: `{}` is not there", it.name, it.after))?;
            let at = text[after..].find(&it.old).with_context(|| format!("{}: `{}` is not there", it.name, it.old))?;
            places.push((after + at, number, it));
        }
        places.sort_by_key(|(at, ..)| *at);
        fs::write(&path, planted(&text, &places, of)?)?;
    }
    let library = tree.join(of.switch());
    fs::write(&library, fs::read_to_string(&library)? + SWITCH)?;
    Ok(())
}

/// The text with every wrong line behind its number. Several may stand in one place.
fn planted(text: &str, places: &[(usize, usize, &Planted)], of: Of) -> Result<String> {
    let mut result = String::new();
    let (mut at, mut index) = (0, 0);
    while let Some((place, _, first)) = places.get(index) {
        ensure!(*place >= at, "{} overlaps another planted line", first.name);
        result.push_str(&text[at..*place]);
        let here = places[index..].iter().take_while(|(it, ..)| it == place).collect::<Vec<_>>();
        ensure!(here.iter().all(|it| it.2.old == first.old), "{} overlaps another planted line", first.name);
        let switch = of.question(&first.file);
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

fn build(folder: &Path, of: Of) -> Result<PathBuf> {
    let (arguments, program) = of.artifact();
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release"]).args(arguments).current_dir(folder.join("tree"));
    let status = cargo.env("CARGO_TARGET_DIR", folder.join("build")).env("RUSTFLAGS", "-A warnings").status()?;
    ensure!(status.success(), "the planted tree does not build");
    Ok(folder.join("build/release").join(program))
}

/// Hunts until something new is reported, or the time is up.
fn hunt(program: &Path, number: usize, it: &Planted, seed: u64, arguments: &Arguments) -> Result<Value> {
    let start = Instant::now();
    let findings = tempfile::tempdir()?;
    let mut hunt = Command::new(program);
    hunt.args(["hunt", "--json", "--time", &arguments.time.to_string()]);
    hunt.args(["--seed", &seed.to_string(), "--jobs", &arguments.jobs.to_string()]);
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
        "seed": seed,
        "new": !found.is_null(),
        "class": found["class"],
        "strategy": found["strategy"],
        "fs": found["fs"],
        "at_case": found["at_case"],
        "seconds": seconds,
        "troubles": troubles,
    }))
}

/// The names and seeds of what stands in the log.
fn measured(log: &Path) -> Result<BTreeSet<(String, u64)>> {
    let name = |it: &Value| (it["name"].as_str().unwrap_or("").to_owned(), it["seed"].as_u64().unwrap_or(1));
    Ok(log::lines(log)?.iter().map(name).collect())
}

fn summarise(log: &Path) -> Result<()> {
    let rows = log::lines(log)?;
    let survivors: Vec<&str> =
        rows.iter().filter(|it| it["new"] == json!(false)).filter_map(|it| it["name"].as_str()).collect();
    println!("{} of {} were reported as new", rows.len() - survivors.len(), rows.len());
    survivors.iter().for_each(|it| println!("not found: {it}"));
    Ok(())
}
