//! Holds what is written of the fuzz targets to the registry of them: the document, and the files that hand them to the
//! engines.

use shortcopy::fuzzing::TARGETS;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_document_lists_the_targets() {
    let text = fs::read_to_string(root().join("docs/continuous-fuzzing.md")).expect("the document is there");
    let listed: Vec<&str> = text.lines().filter(|it| it.starts_with("| `")).take(TARGETS.len()).collect();
    let targets: Vec<String> = TARGETS.iter().map(|it| format!("| `{}` | {} |", it.name, it.what)).collect();
    assert_eq!(listed, targets);
}

#[test]
fn each_target_has_a_file_for_each_engine() {
    let names: BTreeSet<String> = TARGETS.iter().map(|it| it.name.to_owned()).collect();
    for folder in ["fuzz/fuzz_targets", "fuzz/afl/src/bin"] {
        let files = fs::read_dir(root().join(folder)).expect("the folder is there");
        let files: BTreeSet<String> = files
            .map(|it| it.expect("a file").path().file_stem().expect("a name").to_string_lossy().into_owned())
            .collect();
        assert_eq!(files, names, "in {folder}");
    }
}

/// A target of the registry that runs nothing of a case would be none.
#[test]
fn each_target_takes_any_bytes() {
    for target in TARGETS.iter().filter(|it| it.name != "canary") {
        let mut body = (target.make)(shortcopy::fuzzing::Setup::default());
        for bytes in [&b""[..], b"\xff\xfe", b"shortcopy case 1\nfs block\ntask r read a 0..1\n"] {
            body.run(bytes);
        }
    }
}
