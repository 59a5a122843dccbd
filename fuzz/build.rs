//! Writes down the witnesses, so that a target knows them wherever it is run.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let corpus = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../corpus");
    let (folder, embargoes) = (corpus.join("witness"), corpus.join("embargo.json"));
    println!("cargo::rerun-if-changed={}", embargoes.display());
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut paths = Vec::new();
    if folder.exists() {
        find_cases(&folder, &mut paths)?;
    }
    paths.sort();
    let includes: String = paths.iter().map(|path| format!("    include_str!({path:?}),\n")).collect();
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it")).join("witnesses.rs");
    fs::write(
        out,
        format!("const WITNESSES: &[&str] = &[\n{includes}];\nconst EMBARGOES: &str = include_str!({embargoes:?});\n"),
    )
}

fn find_cases(folder: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find_cases(&path, paths)?;
        } else if path.extension().is_some_and(|it| it == "case") {
            paths.push(path);
        }
    }
    Ok(())
}
