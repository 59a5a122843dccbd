//! A call that the kernel refused, by its name: a run in which that happened did not do what its case says.

use rustix::io::Errno;
use std::fmt;
use std::io;

/// A call that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The call, with what the kernel does not have of it, as `madvise(MADV_POPULATE_READ)`.
    pub call: &'static str,
    /// What the kernel said.
    pub errno: Errno,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.call, io::Error::from(self.errno))
    }
}

impl std::error::Error for Refusal {}

impl From<Refusal> for io::Error {
    fn from(refusal: Refusal) -> Self {
        Self::new(Self::from(refusal.errno).kind(), refusal)
    }
}

impl Ord for Refusal {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.call, self.errno.raw_os_error()).cmp(&(other.call, other.errno.raw_os_error()))
    }
}

impl PartialOrd for Refusal {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The result of a call, to be named.
pub(crate) trait Named<T> {
    /// The same; the error says which call it was.
    fn named(self, call: &'static str) -> Result<T, Refusal>;
}

impl<T> Named<T> for rustix::io::Result<T> {
    fn named(self, call: &'static str) -> Result<T, Refusal> {
        self.map_err(|errno| Refusal { call, errno })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_call() {
        let refused = Err::<(), _>(Errno::INVAL).named("madvise(MADV_POPULATE_READ)");
        let error = io::Error::from(refused.expect_err("it failed"));
        assert_eq!(error.to_string(), "madvise(MADV_POPULATE_READ): Invalid argument (os error 22)");
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }
}
