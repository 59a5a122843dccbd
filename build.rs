//! Compiles in the corpus's controls, which have to be silent, and its witnesses and lists, so that the program needs
//! no checkout.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let corpus = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("corpus");
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    println!("cargo::rerun-if-changed=build.rs");
    let controls = below(&corpus.join("control"), "case")?;
    fs::write(out.join("controls.rs"), table(&controls, |it| it.file_stem().unwrap_or_default().into()))?;

    let mut files = below(&corpus.join("witness"), "case")?;
    files.extend(["embargo.json", "real-kernels.json", "searched.json"].map(|it| corpus.join(it)));
    files.sort();
    for file in files.iter().filter(|it| it.parent() == Some(&corpus)) {
        println!("cargo::rerun-if-changed={}", file.display());
    }
    let inside = |it: &Path| it.strip_prefix(&corpus).unwrap_or(it).to_owned();
    fs::write(out.join("corpus.rs"), table(&files, inside))
}

/// The files below a folder with this extension, in order.
fn below(folder: &Path, extension: &str) -> io::Result<Vec<PathBuf>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.append(&mut below(&path, extension)?);
        } else if path.extension().is_some_and(|it| it == extension) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The source of a table of names and texts.
fn table(files: &[PathBuf], name: impl Fn(&Path) -> PathBuf) -> String {
    let mut source = String::from("&[\n");
    for path in files {
        let (name, path) = (name(path), path.display());
        let _ = writeln!(source, "    ({:?}, include_str!({:?})),", name.display().to_string(), path.to_string());
    }
    source.push_str("]\n");
    source
}
