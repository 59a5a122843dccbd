//! Compiles in the controls: the cases of `corpus/control`, which have to be silent.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("corpus/control");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)?.map(|it| Ok(it?.path())).collect::<io::Result<_>>()?;
    paths.retain(|it| it.extension().is_some_and(|it| it == "case"));
    paths.sort();
    let mut source = String::from("&[\n");
    for path in &paths {
        let name = path.file_stem().and_then(|it| it.to_str()).unwrap_or_default();
        let _ = writeln!(source, "    ({name:?}, include_str!({:?})),", path.display().to_string());
    }
    source.push_str("]\n");
    fs::write(PathBuf::from(env::var("OUT_DIR").expect("cargo sets it")).join("controls.rs"), source)
}
