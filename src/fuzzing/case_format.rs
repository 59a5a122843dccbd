//! The target `case_format`: decoding takes any bytes, printing loses nothing, and the strict reader and the repairing one agree on what is valid.

use case::{Case, repair};

/// Reads bytes both ways, prints the case and reads it again.
///
/// # Panics
/// If a case is not what it was before.
pub fn run(bytes: &[u8]) {
    let decoded = repair::decode(bytes);
    decoded.case.validate().unwrap_or_else(|why| panic!("what was repaired is not valid: {why}\n{}", decoded.case));
    let text = decoded.case.print();
    match Case::parse("printed", &text) {
        Ok(again) => assert_eq!(again, decoded.case, "another case came back from\n{text}"),
        Err(error) => panic!("what was printed cannot be read: {error} {:?}\n{text}", error.mistakes()),
    }
    let again = repair::decode(text.as_bytes());
    assert_eq!((again.repaired, &again.case), (0, &decoded.case), "what is valid was repaired:\n{text}");
    let Ok(given) = std::str::from_utf8(bytes) else { return };
    if let Ok(strict) = Case::parse("given", given) {
        assert_eq!((decoded.repaired, &strict), (0, &decoded.case), "the two readers do not agree on\n{given}");
    }
}
