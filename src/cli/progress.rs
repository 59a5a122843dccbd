//! How far long work is: a live line on a terminal, a plain line now and then in a log.

use super::output::counted;
use crate::hunt::Summary;
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Seconds between two lines in a log.
const LOG_INTERVAL: f64 = 10.0;

/// Shows progress on standard error.
pub enum Progress {
    /// A line that is drawn again and again.
    Live(ProgressBar),
    /// A new line, when the time for it has come.
    Log {
        /// The second of the next one.
        next: f64,
    },
}

impl Progress {
    /// As standard error has it.
    pub fn new() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self::Log { next: LOG_INTERVAL };
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        Self::Live(bar)
    }

    /// So far.
    pub fn show(&mut self, summary: &Summary) {
        self.show_line(&line(summary), summary.seconds);
    }

    /// So far, in a line of somebody else's, after so many seconds.
    pub fn show_line(&mut self, line: &str, seconds: f64) {
        match self {
            Self::Live(bar) => {
                bar.set_message(line.to_owned());
                bar.tick();
            }
            Self::Log { next } if seconds >= *next => {
                *next += LOG_INTERVAL;
                eprintln!("{line}");
            }
            Self::Log { .. } => {}
        }
    }

    /// Prints something without disturbing the live line.
    pub fn suspend(&self, print: impl FnOnce()) {
        match self {
            Self::Live(bar) => bar.suspend(print),
            Self::Log { .. } => print(),
        }
    }

    /// Removes the live line.
    pub fn finish(&self) {
        if let Self::Live(bar) = self {
            bar.finish_and_clear();
        }
    }
}

/// `12 s: 1,234,567 cases, 102,880 a second, 3 findings (1 new)`.
pub fn line(summary: &Summary) -> String {
    let Summary { cases, seconds, findings, new, .. } = *summary;
    let rate = HumanCount(summary.cases_per_second() as u64);
    let (cases, findings) = (counted(cases, "case", "cases"), counted(findings, "finding", "findings"));
    format!("{seconds:.0} s: {cases}, {rate} a second, {findings} ({new} new)")
}

/// Shows how many of how many are done, where that is known.
pub struct Steps {
    what: &'static str,
    bar: Option<ProgressBar>,
    next: Instant,
}

impl Steps {
    /// Of these things.
    pub fn new(what: &'static str) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| ProgressBar::new(0));
        if let (Some(bar), Ok(style)) =
            (&bar, ProgressStyle::with_template("{bar:40} {pos} of {len} {msg}, {eta} left"))
        {
            bar.set_style(style);
            bar.set_message(what);
        }
        Self { what, bar, next: Instant::now() + Duration::from_secs_f64(LOG_INTERVAL) }
    }

    /// So far.
    pub fn show(&mut self, done: usize, total: usize) {
        if let Some(bar) = &self.bar {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        } else if Instant::now() >= self.next {
            self.next += Duration::from_secs_f64(LOG_INTERVAL);
            eprintln!("{done} of {total} {}", self.what);
        }
    }

    /// Prints something without disturbing the bar.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Removes the bar.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
