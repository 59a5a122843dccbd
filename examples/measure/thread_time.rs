//! Time that a thread has spent on a processor: unlike time on the clock, it does not tell of what else the machine
//! does.

use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// How long this thread has been on a processor since.
pub struct ThreadTime(Duration);

impl ThreadTime {
    pub fn start() -> Self {
        Self(spent())
    }

    pub fn elapsed(&self) -> Duration {
        spent().saturating_sub(self.0)
    }
}

fn spent() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.try_into().unwrap_or_default())
}
