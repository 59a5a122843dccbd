//! Writes down what the witnesses show, each finding once: there are thousands of them, and they show a few hundred things.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// What a case holds: its other lines are there because a case has to have them.
const HEAD: &str = "shortcopy case 1\nfile a size 0\ntask r read a 0..1\n";
/// Expectations of a case, at most.
const MOST_EXPECTATIONS: usize = 64;

fn main() -> io::Result<()> {
    let corpus = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../corpus");
    let (folder, embargoes) = (corpus.join("witness"), corpus.join("embargo.json"));
    println!("cargo::rerun-if-changed={}", embargoes.display());
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut shown = BTreeSet::new();
    if folder.exists() {
        collect(&folder, &mut shown)?;
    }
    let lines: Vec<String> = shown.into_iter().collect();
    let cases = lines.chunks(MOST_EXPECTATIONS).map(|lines| format!("{HEAD}{}\n", lines.join("\n")));
    let source = format!(
        "/// Cases that say together what the witnesses show.\npub const WITNESSES: &[&str] = &{:#?};\n\
         /// The list of embargoes.\npub const EMBARGOES: &str = {:?};\n",
        cases.collect::<Vec<_>>(),
        fs::read_to_string(embargoes)?,
    );
    fs::write(PathBuf::from(env::var("OUT_DIR").expect("cargo sets it")).join("known.rs"), source)
}

/// Adds the lines of what is expected in the cases below a folder.
fn collect(folder: &Path, shown: &mut BTreeSet<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, shown)?;
        } else if path.extension().is_some_and(|it| it == "case") {
            let text = fs::read_to_string(&path)?;
            shown.extend(text.lines().filter(|it| it.starts_with("expect ")).map(str::to_owned));
        }
    }
    Ok(())
}
