//! The target `case_format`: decoding takes any bytes, printing loses nothing, and the strict reader and the repairing
//! one agree on what is valid.

use case::Case;
use case::repair::{self, Decoded};

/// Reads bytes both ways, prints the case and reads it again.
///
/// # Panics
/// If a case is not what it was before.
pub fn run(bytes: &[u8]) {
    let Decoded { case, repaired, .. } = repair::decode(bytes);
    case.validate().unwrap_or_else(|why| panic!("panic: what was repaired is not valid\n{why}\n{case}"));
    let text = case.print();
    match Case::parse("printed", &text) {
        Ok(again) if again == case => {}
        Ok(again) => panic!("panic: another case is read than was printed\n{text}\n{again}"),
        Err(error) => panic!("panic: what was printed cannot be read\n{error} {:?}\n{text}", error.mistakes()),
    }
    let again = repair::decode(text.as_bytes());
    assert!(again.repaired == 0 && again.case == case, "panic: what is valid was repaired\n{text}");
    let Ok(given) = std::str::from_utf8(bytes) else { return };
    if let Ok(strict) = Case::parse("given", given) {
        assert!(repaired == 0 && strict == case, "panic: the two readers do not agree\n{given}");
    }
}
