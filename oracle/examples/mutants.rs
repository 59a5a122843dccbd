//! How strong the tests of the oracle are: one small thing in it is made wrong at a time, and some test has to fail.
//!
//! All mutants are built at once. A function that has mutants becomes a choice between its body and the mutated ones,
//! by a number in the environment; so a mutant costs no build, only the tests that it takes to catch it. What does not
//! compile is left out. `mutants-floor` holds the share that must be caught, in per mille, and the names of mutants
//! that are known to change nothing.
//!
//! `cargo run -p shortcopy-oracle --example mutants -- [--list | --share k/n | part of a name]`
#![allow(clippy::disallowed_methods, reason = "mutants are tried side by side, and no history depends on this")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::{env, fs};

/// What is mutated, below `src`.
const PLACES: [&str; 5] = ["rules", "model", "classify.rs", "persistence.rs", "report.rs"];

/// What replaces an operator that stands between spaces.
const OPERATORS: [(&str, &[&str]); 16] = [
    ("==", &["!="]),
    ("!=", &["=="]),
    ("&&", &["||"]),
    ("||", &["&&"]),
    ("<", &["<=", ">="]),
    ("<=", &["<", ">"]),
    (">", &[">=", "<="]),
    (">=", &[">", "<"]),
    ("+", &["-"]),
    ("-", &["+"]),
    ("*", &["+"]),
    ("/", &["*"]),
    ("%", &["/"]),
    ("+=", &["-="]),
    ("-=", &["+="]),
    ("|=", &["&="]),
];

/// One thing that is wrong.
struct Mutant {
    file: usize,
    /// The function's body in the file, and the part of it that is replaced.
    body: (usize, usize),
    part: (usize, usize),
    by: String,
    what: String,
    name: String,
    /// Its name in `mutants-floor`: without line and column, which move.
    known_as: String,
}

/// A function: where it begins (with `const`, if it is), where its body is, and what it returns.
struct Function {
    start: usize,
    body: (usize, usize),
    returns: String,
    name: String,
}

/// The source with everything that is no code blanked out, byte by byte.
fn code_only(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = if bytes[at..].starts_with(b"//") {
            at + bytes[at..].iter().position(|it| *it == b'\n').unwrap_or(bytes.len() - at)
        } else if bytes[at] == b'"' {
            let mut end = at + 1;
            while bytes[end] != b'"' {
                end += 1 + usize::from(bytes[end] == b'\\');
            }
            end + 1
        } else if bytes[at] == b'\'' && bytes.get(at + 2) == Some(&b'\'') {
            at + 3
        } else {
            at += 1;
            continue;
        };
        code[at..end].iter_mut().filter(|it| **it != b'\n').for_each(|it| *it = b'_');
        at = end;
    }
    code
}

/// The place of the bracket that closes the one at `open`.
fn closing(code: &[u8], open: usize) -> usize {
    let mut depth = 0;
    for (at, it) in code.iter().enumerate().skip(open) {
        match it {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    panic!("a bracket at {open} is not closed")
}

fn functions(text: &str, code: &[u8]) -> Vec<Function> {
    let plain = std::str::from_utf8(code).expect("what is blanked out is replaced byte by byte");
    let end = text.find("#[cfg(test)]").unwrap_or(text.len());
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(here) = plain[at..end].find("fn ").map(|it| it + at) {
        at = here + 3;
        if !plain[..here].ends_with([' ', '\n']) {
            continue;
        }
        let Some(arguments) = plain[here..].find('(').map(|it| it + here) else { break };
        let after = closing(code, arguments) + 1;
        let Some(open) = plain[after..].find(['{', ';']).map(|it| it + after).filter(|it| code[*it] == b'{') else {
            continue;
        };
        let start = if plain[..here].ends_with("const ") { here - 6 } else { here };
        let name = plain[here + 3..arguments].split('<').next().unwrap_or_default().to_owned();
        let returns = text[after..open].trim().trim_start_matches("->").trim().to_owned();
        let close = closing(code, open);
        found.push(Function { start, body: (open, close + 1), returns, name });
        at = close;
    }
    found
}

/// Tells the same apart where a function has it several times.
fn nth(what: &str, before: usize) -> String {
    if before == 0 { what.to_owned() } else { format!("{what}, {}", before + 1) }
}

/// What a whole body may be replaced by.
fn whole_bodies(returns: &str) -> &'static [&'static str] {
    match returns {
        "" => &["{}"],
        "bool" => &["{ true }", "{ false }"],
        "u32" | "usize" => &["{ 0 }", "{ 1 }"],
        _ if returns.starts_with("Option<") => &["{ None }"],
        _ => &[],
    }
}

fn mutants_of(file: usize, place: &str, text: &str, found: &mut Vec<Mutant>) {
    let code = code_only(text);
    for it in functions(text, &code) {
        let (from, to) = it.body;
        let mut add = |part: (usize, usize), by: &str, what: &str| {
            let before = &text[..part.0];
            let line = before.matches('\n').count() + 1;
            let column = part.0 - before.rfind('\n').map_or(0, |it| it + 1) + 1;
            let what = format!("{what} in {}", it.name);
            let same = found.iter().filter(|it| it.file == file && it.what == what).count();
            let name = format!("{place}:{line}:{column}: {}", nth(&what, same));
            let known_as = format!("{place}: {}", nth(&what, same));
            found.push(Mutant { file, body: it.body, part, by: by.to_owned(), what, name, known_as });
        };
        for by in whole_bodies(&it.returns) {
            add(it.body, by, &format!("the whole body is {by}"));
        }
        for at in from..to {
            let before = std::str::from_utf8(&code[from..at]).unwrap_or_default();
            let rest = std::str::from_utf8(&code[at..to]).unwrap_or_default();
            for (operator, others) in OPERATORS {
                let here = rest.strip_prefix(operator).is_some_and(|it| it.starts_with([' ', '\n']));
                let is_closure = operator.starts_with('|')
                    && (before.trim_end().ends_with(['=', '(', ',', '|']) || before.ends_with("move "));
                if here && before.ends_with(' ') && !is_closure {
                    for other in others {
                        add((at, at + operator.len()), other, &format!("{operator} is {other}"));
                    }
                }
            }
            let is_not = rest.starts_with('!') && !rest.starts_with("!=");
            if is_not && before.ends_with([' ', '(', '\n', '!', '|']) {
                add((at, at + 1), "", "! is left out");
            }
            if before.ends_with(" if ") && !rest.starts_with("let ") {
                let guard = rest.find("=>").filter(|end| !rest[..*end].contains(['{', '}', ';']));
                for by in ["true", "false"] {
                    if let Some(end) = guard {
                        add((at, at + rest[..end].trim_end().len()), by, &format!("the guard is {by}"));
                    }
                }
            }
        }
    }
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).expect("the folder is there").map(|it| it.expect("it can be read").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
}

/// The file with all its mutants, and the lines of each.
fn with_mutants(text: &str, mutants: &[(usize, &Mutant)]) -> (String, Vec<(usize, usize, usize)>) {
    let code = code_only(text);
    let (mut out, mut lines, mut at) = (String::new(), Vec::new(), 0);
    for it in functions(text, &code) {
        let own = mutants.iter().filter(|(_, mutant)| mutant.body == it.body);
        if own.clone().next().is_none() {
            continue;
        }
        // A body that returns some iterator has a type of its own.
        let (before, after) =
            if it.returns.starts_with("impl Iterator") { ("(", ").collect::<Vec<_>>().into_iter()") } else { ("", "") };
        out += &text[at..it.start];
        out += text[it.start..it.body.0].trim_start_matches("const ");
        out += "{ match crate::mutant() {\n";
        for (number, mutant) in own {
            let first = out.matches('\n').count() + 1;
            let (body, part) = (mutant.body, mutant.part);
            let whole = [&text[body.0..part.0], &mutant.by, &text[part.1..body.1]].concat();
            writeln!(out, "{number} => {{ {before}{whole}{after} }}").expect("a string takes all");
            lines.push((first, out.matches('\n').count(), *number));
        }
        writeln!(out, "_ => {{ {before}{}{after} }} }} }}", &text[it.body.0..it.body.1]).expect("a string takes all");
        at = it.body.1;
    }
    out += &text[at..];
    (out, lines)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the folder can be made");
    for entry in fs::read_dir(from).expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        let target = to.join(path.file_name().expect("it has a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("it can be copied");
        }
    }
}

/// A workspace of the oracle alone, without what reads the documentation.
fn prepare(root: &Path, place: &Path) {
    let _ = fs::remove_dir_all(place.join("oracle"));
    for part in ["src", "tests"] {
        copy(&root.join("oracle").join(part), &place.join("oracle").join(part));
    }
    fs::remove_file(place.join("oracle/tests/documentation.rs")).expect("it is there");
    let manifest = fs::read_to_string(root.join("oracle/Cargo.toml")).expect("it is there");
    let own = manifest.split_once("[[bench]]").expect("it has a benchmark").0.replace("divan = \"0.1\"\n", "");
    fs::write(place.join("oracle/Cargo.toml"), own).expect("it can be written");
    let manifest = fs::read_to_string(root.join("Cargo.toml")).expect("it is there");
    let package =
        manifest.split("[workspace.package]").nth(1).and_then(|it| it.split("\n[").next()).unwrap_or_default();
    let workspace = format!(
        "[workspace]\nmembers = [\"oracle\"]\nresolver = \"3\"\n[workspace.package]{package}\n\
         [profile.dev]\nopt-level = 1\ndebug = false\n"
    );
    fs::write(place.join("Cargo.toml"), workspace).expect("it can be written");
    fs::copy(root.join("Cargo.lock"), place.join("Cargo.lock")).expect("it is there");
}

/// Builds the tests: the binaries, or the places of errors.
fn build(place: &Path) -> Result<Vec<PathBuf>, Vec<(String, usize)>> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(place).args(["test", "--no-run", "--message-format", "short"]).env("RUSTFLAGS", "-Awarnings");
    cargo.env_remove("CARGO_TARGET_DIR").stdout(Stdio::null());
    let output = cargo.output().expect("cargo runs");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        let binaries = text.lines().filter(|it| it.contains("Executable"));
        let path = |it: &str| it.rsplit('(').next().map(|it| place.join(it.trim_end_matches(')')));
        return Ok(binaries.filter_map(path).collect());
    }
    let error = |line: &str| {
        let (place, _) = line.split_once(": error")?;
        let mut parts = place.split(':');
        Some((parts.next()?.to_owned(), parts.next()?.parse().ok()?))
    };
    let errors: Vec<(String, usize)> = text.lines().filter_map(error).collect();
    assert!(!errors.is_empty(), "the build failed:\n{text}");
    Err(errors)
}

/// Whether some test fails.
fn is_caught(binaries: &[PathBuf], place: &Path, mutant: usize) -> bool {
    binaries.iter().any(|binary| {
        let mut test = Command::new("timeout");
        test.arg("20").arg(binary).current_dir(place.join("oracle")).stdout(Stdio::null()).stderr(Stdio::null());
        test.env("SHORTCOPY_MUTANT", mutant.to_string()).env("RUST_BACKTRACE", "0").env("SHORTCOPY_HISTORIES", "1500");
        !test.status().expect("a test runs").success()
    })
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let share = arguments.iter().position(|it| it == "--share").map(|it| {
        let (number, of) = arguments[it + 1].split_once('/').expect("a share is k/n");
        (number.parse::<usize>().expect("a number"), of.parse::<usize>().expect("a number"))
    });
    let filter = if share.is_some() { None } else { arguments.first() };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is in the workspace");
    let place = root.join("target/mutants");
    let source = root.join("oracle/src");
    let mut files = Vec::new();
    for it in PLACES {
        if it.ends_with(".rs") { files.push(source.join(it)) } else { rust_files(&source.join(it), &mut files) }
    }
    let texts: Vec<String> = files.iter().map(|it| fs::read_to_string(it).expect("it can be read")).collect();
    let short = |path: &Path| path.strip_prefix(&source).expect("it is below").display().to_string();
    let mut mutants = Vec::new();
    for (index, (file, text)) in files.iter().zip(&texts).enumerate() {
        mutants_of(index, &short(file), text, &mut mutants);
    }
    if arguments.iter().any(|it| it == "--list") {
        mutants.iter().enumerate().for_each(|(number, it)| println!("{number} {}", it.name));
        return;
    }
    prepare(root, &place);
    let library = fs::read_to_string(source.join("lib.rs")).expect("it is there");
    let switch = "\npub(crate) fn mutant() -> u32 {\n    static MUTANT: std::sync::OnceLock<u32> = std::sync::OnceLock::new();\n    \
                  *MUTANT.get_or_init(|| std::env::var(\"SHORTCOPY_MUTANT\").map_or(u32::MAX, |it| it.parse().unwrap_or(u32::MAX)))\n}\n";
    fs::write(place.join("oracle/src/lib.rs"), library + switch).expect("it can be written");
    let mut unviable = BTreeSet::new();
    let mut binaries = loop {
        let mut lines = Vec::new();
        for (index, (file, text)) in files.iter().zip(&texts).enumerate() {
            let is_own = |it: &(usize, &Mutant)| it.1.file == index && !unviable.contains(&it.0);
            let own: Vec<(usize, &Mutant)> = mutants.iter().enumerate().filter(is_own).collect();
            let (text, ranges) = with_mutants(text, &own);
            lines.push(ranges);
            fs::write(place.join("oracle/src").join(short(file)), text).expect("it can be written");
        }
        let errors = match build(&place) {
            Ok(binaries) => break binaries,
            Err(errors) => errors,
        };
        let known = unviable.len();
        for (path, line) in &errors {
            let index = files.iter().position(|file| path.ends_with(&format!("src/{}", short(file))));
            let ranges = index.map(|it| &lines[it]).into_iter().flatten();
            unviable.extend(ranges.filter(|it| it.0 <= *line && *line <= it.1).map(|it| it.2));
        }
        assert!(unviable.len() > known, "errors that no mutant is the reason of: {errors:?}");
        eprintln!("{} do not compile", unviable.len());
    };
    // The slow ones last.
    binaries.sort_by_key(|it| {
        let name = it.display().to_string();
        ["rules-", "public-", "durability-", "controls-", "silence-"]
            .iter()
            .position(|it| name.contains(it))
            .unwrap_or(4)
    });
    assert!(!is_caught(&binaries, &place, usize::MAX), "the tests fail with nothing wrong");
    let floor = fs::read_to_string(root.join("oracle/mutants-floor")).unwrap_or_default();
    let equivalent =
        |mutant: &Mutant| floor.lines().any(|it| it.split(" # ").next().is_some_and(|it| it.trim() == mutant.known_as));
    let numbers = (0..mutants.len()).filter(|it| !unviable.contains(it));
    let numbers = numbers.filter(|it| filter.is_none_or(|part| mutants[*it].name.contains(part.as_str())));
    let numbers = numbers.filter(|it| share.is_none_or(|(number, of)| it % of == number));
    let numbers: Vec<usize> = numbers.filter(|it| !equivalent(&mutants[*it])).collect();
    let todo = Mutex::new(numbers.iter());
    let missed = Mutex::new(BTreeSet::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let next = todo.lock().expect("nobody panics").next();
                    let Some(&number) = next else { break };
                    if !is_caught(&binaries, &place, number) {
                        println!("missed: {}", mutants[number].name);
                        missed.lock().expect("nobody panics").insert(number);
                    }
                }
            });
        }
    });
    let missed = missed.into_inner().expect("nobody panics");
    for (file, path) in files.iter().enumerate() {
        let own = numbers.iter().filter(|it| mutants[**it].file == file).count();
        let lost = missed.iter().filter(|it| mutants[**it].file == file).count();
        if own > 0 {
            println!("{:24} {:4} of {own:4} caught", short(path), own - lost);
        }
    }
    let caught = numbers.len() - missed.len();
    let share = caught * 1000 / numbers.len().max(1);
    println!("{caught} of {} caught: {}.{} %", numbers.len(), share / 10, share % 10);
    let least =
        floor.lines().find_map(|it| it.strip_prefix("floor ")).map_or(0, |it| it.trim().parse().expect("a number"));
    if share < least && filter.is_none() {
        eprintln!("the floor is {}.{} %: see oracle/mutants-floor", least / 10, least % 10);
        std::process::exit(1);
    }
}
