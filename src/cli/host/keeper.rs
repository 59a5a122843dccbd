//! What `shortcopy host` has found so far, the line that says so, and how it ends.

use crate::cli::failure::Ending;
use crate::cli::output::counted;
use crate::cli::progress::Progress;
use crate::host::Totals;
use indicatif::HumanCount;
use std::time::Duration;

/// What was found so far.
pub struct Keeper {
    pub progress: Progress,
    pub findings: usize,
    pub new: usize,
    pub unwritten: usize,
    /// Given cases that showed nothing because something could not be done here.
    pub unanswered: usize,
    pub failures: Vec<String>,
    /// The first finding's case.
    pub last: Option<String>,
}

impl Keeper {
    pub fn new() -> Self {
        Self {
            progress: Progress::new(),
            findings: 0,
            new: 0,
            unwritten: 0,
            unanswered: 0,
            failures: Vec::new(),
            last: None,
        }
    }

    pub fn show(&mut self, elapsed: Duration, totals: &Totals) {
        let line = line(elapsed, totals, self);
        self.progress.show_line(&line, elapsed.as_secs_f64());
    }

    pub const fn ending(&self) -> Ending {
        if self.unwritten > 0 || !self.failures.is_empty() {
            Ending::Trouble
        } else if self.new > 0 {
            Ending::Finding
        } else if self.unanswered > 0 {
            // Nobody shall take it for silence.
            Ending::Unmet
        } else {
            Ending::AsExpected
        }
    }
}

/// `12 s: 40,123 cases, 3,343 a second, 41,000 calls, 9,000 stops, 3 findings (1 new)`.
pub fn line(elapsed: Duration, totals: &Totals, keeper: &Keeper) -> String {
    let seconds = elapsed.as_secs_f64();
    let rate = HumanCount((totals.cases as f64 / seconds.max(0.001)) as u64);
    let prefixes = match (totals.prefixes, totals.prefixes_left_out) {
        (0, 0) => String::new(),
        (seen, left) => format!(" {} prefixes of {},", HumanCount(seen), HumanCount(seen + left)),
    };
    format!(
        "{seconds:.0} s: {}, {rate} a second, {}, {},{prefixes} {} ({} new)",
        counted(totals.cases, "case", "cases"),
        counted(totals.calls, "call", "calls"),
        counted(totals.stops, "stop", "stops"),
        counted(keeper.findings, "finding", "findings"),
        keeper.new
    )
}
