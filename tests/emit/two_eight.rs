// The source maps the page that is written, and nobody touches it beforehand.
#[test]
fn two_eight_under_no_prefault() {
    use shortcopy::case::Case;
    use shortcopy::judge::{Judge, Signature};
    use shortcopy::oracle::Profile;
    use shortcopy::strategies;

    const CASE: &str = r"shortcopy case 1
# The source maps the page that is written, and nobody touches it beforehand.
geometry page 64 block 64
fs libfs after-patch-1
file a size 64 disk - cached -
memory m pages 1 maps a page 0 resident -
task w write a 0 [m 0..64]
task r read a 0..64
expect no-prefault DEADLOCK 2,8
expect temp-page silent
";

    let case = Case::parse("two-eight", CASE).expect("it is a case");
    let strategy = strategies::find("no-prefault").expect("there is such a strategy");
    let mut judge = Judge::new(Profile::Linux);
    let verdicts = judge.replay(&case, strategy).verdicts;
    let signature = |it| Signature::of(&case, strategy, it);
    let found: Vec<Signature> = verdicts.iter().map(signature).collect();
    let is_expected = |it: &Signature| it.class.as_str() == "DEADLOCK" && it.detail() == Some("2,8");
    assert!(found.iter().any(is_expected), "{found:?}");
}
