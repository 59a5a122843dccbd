//! How long decoding takes. Run with `--ignored --nocapture` and `--release`: a fuzzer decodes before each run.

use std::hint::black_box;
use std::time::{Duration, Instant};

use case::repair;
use fastrand::Rng;

use crate::random;

/// The best of many rounds, for one of `count` things: what else the computer did meanwhile only adds.
fn best(count: usize, round: impl Fn()) -> Duration {
    let rounds = (0..500).map(|_| {
        let start = Instant::now();
        round();
        start.elapsed()
    });
    rounds.min().unwrap_or_default() / u32::try_from(count).expect("few")
}

#[test]
#[ignore = "measures, checks nothing"]
fn decode_and_print() {
    let mut rng = Rng::with_seed(7);
    let cases: Vec<_> = std::iter::repeat_with(|| random::case(&mut rng))
        .filter(|case| (300..500).contains(&case.print().len()))
        .take(200)
        .collect();
    let texts: Vec<_> = cases.iter().map(|case| case.print()).collect();
    let bytes = texts.iter().map(String::len).sum::<usize>() / texts.len();
    let decode = best(texts.len(), || texts.iter().for_each(|text| drop(black_box(repair::decode(text.as_bytes())))));
    let print = best(cases.len(), || cases.iter().for_each(|case| drop(black_box(case.print()))));
    println!("a text of {bytes} bytes: decode {decode:?}, print {print:?}");
}
