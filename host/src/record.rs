//! What an operation did and saw here, before it is decoded.

use oracle::{Call, Clock, Errno, Outcome};

/// The record of one operation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    pub invoked: Option<Clock>,
    pub returned: Option<Clock>,
    pub outcome: Option<Outcome>,
    /// What a read or load saw.
    pub seen: Vec<u8>,
    /// Where an append went, or the size that a stat saw, in cells.
    pub position: Option<u32>,
    /// Bit `n`: memory `n`, from which it copies, may hold something other than what was filled in for it.
    pub shared_sources: u32,
}

impl Record {
    /// Forgets what came after the loss of power.
    pub fn cut_off(&mut self, moment: Clock) {
        if self.invoked.is_some_and(|it| it > moment) {
            *self = Self::default();
        } else if self.returned.is_some_and(|it| it > moment) {
            (self.returned, self.outcome, self.position) = (None, None, None);
            self.seen.clear();
        }
    }
}

/// A look of the harness's own, between the case's operations.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    pub call: Call,
    pub record: Record,
}

/// The error in the oracle's terms; `None` if a write path has no such error: then the call counts as not possible
/// here.
pub(crate) const fn errno(error: rustix::io::Errno) -> Option<Errno> {
    Some(match error {
        rustix::io::Errno::FAULT => Errno::EFAULT,
        rustix::io::Errno::NOMEM => Errno::ENOMEM,
        rustix::io::Errno::NOSPC => Errno::ENOSPC,
        rustix::io::Errno::IO => Errno::EIO,
        rustix::io::Errno::INTR => Errno::EINTR,
        rustix::io::Errno::INVAL => Errno::EINVAL,
        rustix::io::Errno::DEADLK => Errno::EDEADLK,
        rustix::io::Errno::AGAIN => Errno::EAGAIN,
        rustix::io::Errno::BUSY => Errno::EBUSY,
        _ => return None,
    })
}
