//! How a verdict's cells are told side by side.

use oracle::builder::{HistoryBuilder, content, written};
use oracle::{Cell, Checker, Outcome, Profile, ZeroSite, diff};

#[test]
fn runs_are_collapsed_and_told_in_words() {
    let mut b = HistoryBuilder::new(64);
    let (file, memory) = (b.file(128), b.memory(2));
    let w = b.write(file, 64, &[(memory, 0, 16), (memory, 64, 8)], (1, 5), Outcome::Done(24));
    let tail = vec![Cell::zero(ZeroSite::ShortCopyTail, Some(w)); 4];
    b.read(
        file,
        64,
        64,
        (6, 7),
        &[content(file, 64, 16), written(w, memory, 64, 4), tail, content(file, 88, 40)].concat(),
    );
    let history = b.finish();
    let mut checker = Checker::new();
    let verdicts = checker.check(&history, Profile::Linux);
    let text: String = verdicts.iter().map(|it| diff::render(it, &history)).collect();
    assert_eq!(
        text,
        "0x0040  content a+64..80 | expected written #0 m+0..16\n\
         0x0054  zero: the strategy cleared the rest of a short copy for #0 (4) | expected written #0 m+68..72\n"
    );
}
