//! `shortcopy corpus` as its users meet it: what goes to an engine and comes back, and that nothing is lost on the way.

use arbitrary::{Arbitrary, Unstructured};
use assert_cmd::Command;
use case::Case;
use serde_json::Value;
use shortcopy::fuzzing::{Body, Input};
use std::fs;
use std::path::Path;

/// A reader and a writer, as an engine might have left them: a word is damaged, and half of it is noise.
const ENGINE_INPUT: &[u8] = b"shortcopy case 1\nfs block\nfile a size 64 disk 0..64 cached -\nmemory m pages 1\n\
task w write a 0 [m 0..40]\ntask w wrote a 0 [m 0..40]\n\xff\xfe\x00noise\ntask r read a 0..64\n";

fn corpus(arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("shortcopy"));
    command.arg("corpus").args(arguments).current_dir(folder);
    command
}

fn lines(command: &mut Command, code: i32) -> Vec<Value> {
    let output = command.assert().code(code).get_output().stdout.clone();
    String::from_utf8_lossy(&output).lines().map(|line| serde_json::from_str(line).expect("a JSON object")).collect()
}

#[test]
fn an_engines_inputs_come_back_as_small_text_once() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("engine")).expect("a folder");
    for name in ["0123", "4567"] {
        fs::write(folder.path().join("engine").join(name), ENGINE_INPUT).expect("an input");
    }
    let taken = lines(&mut corpus(&["take", "engine", "--to", "seed", "--corpus", "seed", "--json"], folder.path()), 0);
    assert_eq!(taken.len(), 1, "{taken:?}");
    let path = taken[0]["case"].as_str().expect("a path");
    let text = fs::read_to_string(folder.path().join(path)).expect("it is written");
    assert!(Case::parse(path, &text).is_ok(), "{text}");
    // What is there already adds nothing.
    let again = lines(&mut corpus(&["take", "engine", "--to", "seed", "--corpus", "seed", "--json"], folder.path()), 0);
    assert!(again.is_empty(), "{again:?}");
}

#[test]
fn what_is_packed_is_what_was_there() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("one.case"), ENGINE_INPUT).expect("an input");
    let packed = lines(&mut corpus(&["pack", "one.case", "--to", "seeds.zip", "--json"], folder.path()), 0);
    assert_eq!((&packed[0]["read"], &packed[0]["packed"]), (&Value::from(1), &Value::from(1)));
    let file = fs::File::open(folder.path().join("seeds.zip")).expect("it is written");
    let mut archive = zip::ZipArchive::new(file).expect("an archive");
    let mut bytes = Vec::new();
    std::io::copy(&mut archive.by_index(0).expect("one file"), &mut bytes).expect("it can be read");
    assert_eq!(bytes, ENGINE_INPUT);
    corpus(&["pack", "nothing", "--to", "seeds.zip"], folder.path()).assert().code(2);
}

#[test]
fn migrating_reports_what_was_kept_repaired_and_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let valid = Input::from_bytes(ENGINE_INPUT).case.print();
    for (name, bytes) in [("kept.case", valid.as_bytes()), ("repaired.case", ENGINE_INPUT), ("lost.case", b"noise")] {
        fs::write(folder.path().join(name), bytes).expect("a file");
    }
    let fates = |arguments: &[&str], code| -> Vec<String> {
        lines(&mut corpus(arguments, folder.path()), code).iter().map(|it| it["fate"].to_string()).collect()
    };
    assert_eq!(fates(&["migrate", ".", "--check", "--json"], 3), ["\"kept\"", "\"lost\"", "\"repaired\""]);
    assert_eq!(fs::read(folder.path().join("repaired.case")).expect("it is there"), ENGINE_INPUT);
    assert_eq!(fates(&["migrate", "kept.case", "repaired.case", "--json"], 0), ["\"kept\"", "\"repaired\""]);
    assert_eq!(fs::read_to_string(folder.path().join("repaired.case")).expect("it is there"), valid);
    assert_eq!(fs::read(folder.path().join("repaired.case.before")).expect("it is there"), ENGINE_INPUT);
}

/// What the fuzz targets make of bytes, whatever engine hands them over, `run` makes of a file with these bytes, and a
/// `.case` file of the text.
#[test]
fn engines_and_replay_make_the_same_case_of_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let noise: Vec<u8> = (0..2_000_u32).map(|it| (it.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for bytes in [ENGINE_INPUT, &noise[..], &ENGINE_INPUT[..70], b""] {
        let wanted = Input::from_bytes(bytes).case;
        // libFuzzer's glue asks `arbitrary`, AFL++'s hands the bytes to the body.
        let libfuzzer = Input::arbitrary_take_rest(Unstructured::new(bytes)).expect("any bytes are a case");
        assert_eq!(libfuzzer.case, wanted);
        let expected = wanted.clone();
        Body::Case(Box::new(move |case| assert_eq!(*case, expected))).run(bytes);
        fs::write(folder.path().join("crash-1"), bytes).expect("a file");
        fs::write(folder.path().join("text.case"), wanted.print()).expect("a file");
        let runs = |name: &str| {
            let mut command = Command::new(assert_cmd::cargo::cargo_bin!("shortcopy"));
            command.args(["run", "--strategy", "all", "--json", name]).current_dir(folder.path());
            let output = command.output().expect("it runs").stdout;
            String::from_utf8_lossy(&output).replace(name, "the case")
        };
        assert!(!runs("crash-1").is_empty());
        assert_eq!(runs("crash-1"), runs("text.case"));
    }
}
