//! The clock of a run: numbers its moments in order, and keeps their times if those are needed.

use crate::time::Time;
use oracle::Clock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The moments so far. Their numbers leave room for one more before each of them.
#[derive(Debug)]
pub(crate) struct HistoryClock {
    count: AtomicU32,
    /// The time of each. The lock is held while the time is taken, so that moments and times have the same order.
    times: Option<Mutex<Vec<Time>>>,
}

/// The moment with this number.
const fn clock(number: u32) -> Clock {
    2 * number + 3
}

impl HistoryClock {
    /// A clock that has not begun. `timed` says whether it keeps the times.
    pub fn new(timed: bool) -> Self {
        Self { count: AtomicU32::new(0), times: timed.then(Mutex::default) }
    }

    /// The next moment, and its time.
    pub fn tick(&self) -> (Clock, Time) {
        let Some(mut times) = self.times() else {
            return (clock(self.count.fetch_add(1, Ordering::SeqCst)), Time::default());
        };
        let now = Time::now();
        times.push(now);
        (clock(times.len() as u32 - 1), now)
    }

    /// A moment after all those earlier than this time, and before all others. A call's first moment is taken before
    /// the call and its last one after it, so its effects fall on the right side.
    pub fn moment_at(&self, time: Time) -> Clock {
        let earlier = self.times().map_or(0, |times| times.partition_point(|it| *it < time));
        clock(earlier as u32) - 1
    }

    fn times(&self) -> Option<MutexGuard<'_, Vec<Time>>> {
        self.times.as_ref().map(|it| it.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_falls_between_the_moments_before_and_after_it() {
        let clock = HistoryClock::new(true);
        let before_all = Time::now();
        let (first, at) = clock.tick();
        let between = Time(at.0 + 1);
        while Time::now() <= between {}
        let (second, _) = clock.tick();
        assert!(clock.moment_at(before_all) < first);
        // A moment at the very time is not known to be earlier.
        assert!(clock.moment_at(at) < first);
        let moment = clock.moment_at(between);
        assert!(first < moment && moment < second, "{first} {moment} {second}");
        assert!(clock.moment_at(Time::now()) > second);
        let untimed = HistoryClock::new(false);
        assert!(untimed.tick().0 < untimed.tick().0);
    }
}
