//! Any bytes give a valid case; neither decoder panics; the two agree about what is valid.

use case::{Case, repair};
use fastrand::Rng;

use crate::random;
use crate::round_trip::parse;

/// Decodes both ways, and checks what must hold of any bytes.
fn check(bytes: &[u8]) -> u32 {
    let decoded = repair::decode(bytes);
    let text = decoded.case.print();
    assert_eq!(decoded.case.validate(), Ok(()), "{text}");
    assert_eq!(parse(&text), decoded.case);
    if let Ok(text) = std::str::from_utf8(bytes) {
        match Case::parse("a.case", text) {
            Ok(case) => assert_eq!((case, 0), (decoded.case, decoded.repaired), "{text}"),
            Err(error) => {
                assert!(decoded.repaired > 0, "{:?}\n{text}", miette::Report::new(error));
            }
        }
    }
    decoded.repaired
}

#[test]
fn flipped_bytes() {
    let mut rng = Rng::with_seed(2);
    for _ in 0..3_000 {
        let mut bytes = random::case(&mut rng).print().into_bytes();
        for _ in 0..rng.usize(1..8) {
            let at = rng.usize(..bytes.len());
            bytes[at] ^= 1 << rng.u32(0..8);
        }
        check(&bytes);
    }
}

#[test]
fn tokens_dropped_doubled_and_swapped() {
    let mut rng = Rng::with_seed(3);
    for _ in 0..3_000 {
        let text = random::case(&mut rng).print();
        let mut tokens: Vec<&str> = text.split_inclusive([' ', '\n', ',', '.', ':', '[', ']']).collect();
        for _ in 0..rng.usize(1..6) {
            let (a, b) = (rng.usize(..tokens.len()), rng.usize(..tokens.len()));
            match rng.u8(0..4) {
                0 => drop(tokens.remove(a.min(tokens.len() - 1))),
                1 => tokens.insert(a, tokens[b]),
                2 => tokens.swap(a, b),
                _ => tokens[a] = ["4294967296 ", "-1 ", "x", "0 ", "\n", "# ", "é ", "17"][rng.usize(..8)],
            }
            if tokens.is_empty() {
                break;
            }
        }
        check(tokens.concat().as_bytes());
    }
}

#[test]
fn lines_dropped_doubled_and_spliced_from_another_case() {
    let mut rng = Rng::with_seed(4);
    for _ in 0..2_000 {
        let (one, other) = (random::case(&mut rng).print(), random::case(&mut rng).print());
        let lines = one.lines().chain(other.lines()).filter(|_| rng.u8(0..3) != 0);
        let mut text = lines.collect::<Vec<_>>().join("\n");
        if rng.bool() {
            text.insert_str(0, "shortcopy case 1\n");
        }
        check(text.as_bytes());
    }
}

#[test]
fn any_bytes() {
    let mut rng = Rng::with_seed(5);
    for _ in 0..2_000 {
        let bytes: Vec<u8> = (0..rng.usize(0..300)).map(|_| rng.u8(..)).collect();
        assert!(check(&bytes) > 0);
    }
    assert!(check(b"") > 0);
    assert!(check(b"\n\n\n") > 0);
}

/// One text, what it becomes, how many repairs that takes.
#[track_caller]
fn becomes(lines: &str, expected: &str, repaired: u32) {
    let decoded = repair::decode(format!("shortcopy case 1\n{lines}").as_bytes());
    let head = "shortcopy case 1\ngeometry page 64 block 16\nfs block\n";
    assert_eq!(decoded.case.print().strip_prefix(head), Some(expected));
    assert_eq!(decoded.repaired, repaired);
}

#[test]
fn what_is_missing_is_added() {
    becomes("", "file a size 64 disk 0..64 cached -\ntask a\n", 2);
    becomes(
        "task w write x 0 [m 0..8]",
        "file a size 64 disk 0..64 cached -\nmemory a pages 2 resident 0,1\ntask w write a 0 [a 0..8]\n",
        2,
    );
}

#[test]
fn unknown_names_become_known_ones_by_their_first_letter() {
    becomes(
        "file a size 1\nfile b size 2\ntask t stat d\ntask t stat e\nschedule v:2 disk",
        "file a size 1 disk - cached -\nfile b size 2 disk - cached -\n\
         task t stat b\ntask t stat a\nschedule t:2 disk\n",
        3,
    );
}

#[test]
fn numbers_are_clamped_and_ranges_mended() {
    becomes(
        "file a size 9999 disk 64..10\nmemory m pages 99 resident -\n\
         task t read a 0..99999\ntask t write a 1000 [m 0..64]",
        "file a size 1024 disk 0..64 cached -\nmemory m pages 16 resident -\n\
         task t read a 0..1024\ntask t write a 1000 [m 0..24]\n",
        6,
    );
}

#[test]
fn what_cannot_be_understood_is_dropped() {
    becomes(
        "gibberish\nfile a size 0 !\ntask t stat a\ntask t dance a\ntask t stat a b c\nfault rain 1",
        "file a size 0 disk - cached -\ntask t stat a\ntask t stat a\n",
        5,
    );
}

#[test]
fn a_truncate_without_i_mutex_stays_where_there_are_some() {
    let decoded = repair::decode(b"shortcopy case 1\nfs cluster\nfile a size 0\ntask t truncate-unlocked a 0\n");
    assert_eq!((decoded.case.print().contains("truncate-unlocked a 0"), decoded.repaired), (true, 0));
    becomes(
        "file a size 0\ntask t truncate-unlocked a 0\nfs cluster",
        "file a size 0 disk - cached -\ntask t truncate a 0\n",
        2,
    );
}

#[test]
fn the_first_line_may_be_missing() {
    let decoded = repair::decode(b"file a size 7\ntask t stat a\n");
    assert_eq!((decoded.case.files[0].size, decoded.repaired), (7, 1));
}
