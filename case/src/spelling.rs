//! Which bytes the free words of a case may contain: names of strategies and defects, classes, details, comments.
//!
//! The grammar and [`Case::validate`](crate::Case::validate) both ask here, so that what is valid prints and reads
//! back.

/// Whether a byte separates words. A carriage return does, so that files with DOS line ends can be read.
pub(crate) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

/// Whether it can be a strategy's name.
pub(crate) fn is_strategy(word: &str) -> bool {
    let letters = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.' | b'_');
    (1..=64).contains(&word.len()) && word.as_bytes()[0].is_ascii_lowercase() && word.bytes().all(letters)
}

/// Whether it can be a defect's name.
pub(crate) fn is_defect(word: &str) -> bool {
    is_strategy(word)
}

/// Whether it can be a class of findings.
pub(crate) fn is_class(word: &str) -> bool {
    let letters = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    (1..=32).contains(&word.len()) && word.as_bytes()[0].is_ascii_uppercase() && word.bytes().all(letters)
}

/// Whether it can be the detail of a finding.
pub(crate) fn is_detail(word: &str) -> bool {
    (1..=160).contains(&word.len()) && !word.starts_with('#') && word.bytes().all(|b| b.is_ascii_graphic())
}

/// Whether a `#` line reads back as this text.
pub(crate) fn is_comment(text: &str) -> bool {
    !text.contains('\n') && !text.bytes().next_back().is_some_and(is_blank)
}
