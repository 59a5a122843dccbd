//! What a failed write has left without counting it, on its way through mappings into other files: a consequence of a
//! known defect, however far it is from it. So no fuzz target stops.

use case::Case;
use machine::Machine;
use oracle::{Class, Profile};
use shortcopy::fuzzing::{Setup, Strategies};
use shortcopy::judge::Judge;
use std::collections::BTreeMap;

/// The files that the data goes through.
const FILES: [&str; 3] = ["b", "c", "d"];

/// What a file held before the data came: nothing, the same data cut off again, punched out again, or still there.
const BEFORE: [fn(&str) -> String; 4] = [
    |_| String::new(),
    |file| format!("task w write {file} 0 [m 0..64]\ntask w truncate {file} 0\n"),
    |file| format!("task w write {file} 0 [m 0..64]\ntask w punch {file} 0..64\n"),
    |file| format!("task w write {file} 0 [m 0..64]\n"),
];

/// What happens to a file once the data is in it, before it is copied on.
const AFTER: [fn(&str) -> String; 5] = [
    |_| String::new(),
    |file| format!("task w truncate {file} 40\n"),
    |file| format!("task w punch {file} 0..16\n"),
    |file| format!("task w reclaim {file} page 0\n"),
    |file| format!("task w writeback {file}\ntask w invalidate {file}\n"),
];

/// Three reads of a disk, one of which fails while the write brings a block in: what it has copied by then is there and
/// not counted.
fn text(copies: usize, before: fn(&str) -> String, after: fn(&str) -> String, fault: u32) -> String {
    let mut text = "shortcopy case 1\nfs extent iomap\nfile a size 64 disk 0..64 cached 0 blocks 2\n".to_owned();
    let files = &FILES[..copies];
    text.extend(files.iter().map(|it| format!("file {it} size 0 disk - cached -\n")));
    text += "memory m pages 1 resident 0\n";
    let sources: Vec<&str> = ["a"].into_iter().chain(files.iter().copied()).collect();
    text.extend(sources.iter().take(copies).map(|it| format!("memory n{it} pages 1 maps {it} page 0 resident -\n")));
    text += "task w store m 0..64\n";
    text.extend(files.iter().map(|it| before(it)));
    text += "task w write a 0 [m 1..128]\n";
    for (from, to) in sources.iter().zip(files) {
        text += &format!("task w write {to} 1 [n{from} 0..64]\n{}", after(to));
    }
    text.extend(files.iter().map(|it| format!("task w read {it} 0..64\n")));
    text + &format!("fault eio-read {fault}\n")
}

#[test]
fn what_was_not_counted_is_known_however_far_it_has_come() {
    let alone = |strategy| Strategies::new(Setup { strategies: vec![strategy], ..Setup::default() });
    let mut targets: Vec<Strategies> = strategies::ALL.iter().map(alone).collect();
    let mut judge = Judge::new(Profile::Linux);
    let mut shown: BTreeMap<Class, u32> = BTreeMap::new();
    for copies in 1..=3 {
        for (before, after) in BEFORE.iter().flat_map(|it| AFTER.iter().map(move |after| (it, after))) {
            for fault in 1..=3 {
                let text = text(copies, *before, *after, fault);
                let case = Case::parse("it", &text).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
                for strategy in strategies::ALL.iter().filter(|it| Machine::refusal(&case, it).is_none()) {
                    for verdict in judge.replay(&case, strategy).verdicts {
                        *shown.entry(verdict.class).or_default() += 1;
                    }
                }
                for target in &mut targets {
                    if let Err(finding) = target.run(&case) {
                        panic!("{}", finding.report());
                    }
                }
            }
        }
    }
    for class in [Class::Overrun, Class::Resurrected] {
        assert!(shown.get(&class).is_some_and(|it| *it > 20), "{shown:?}");
    }
}
