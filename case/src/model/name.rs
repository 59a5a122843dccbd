//! How files, memories and tasks are called.

use std::fmt;

/// A name of a file, memory or task: 1 to 11 of `a-z 0-9 _`, beginning with a letter; kept inline.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    length: u8,
    bytes: [u8; 11],
}

impl Name {
    /// Makes a name; `None` if the text is not one.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        Self::from_bytes(text.as_bytes())
    }

    /// Makes a name of bytes that nobody has looked at yet.
    pub(crate) fn from_bytes(text: &[u8]) -> Option<Self> {
        let valid = matches!(text.first(), Some(b'a'..=b'z'))
            && text.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'_');
        if !valid || text.len() > 11 {
            return None;
        }
        let mut bytes = [0; 11];
        bytes[..text.len()].copy_from_slice(text);
        Some(Self { length: text.len() as u8, bytes })
    }

    /// The name as bytes, to compare with text without looking at it twice.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or("")
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
