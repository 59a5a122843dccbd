//! What came of a run: counts, how the command ends, and what to type next.

use super::laboratory::{Row, Sample};
use super::outcome::{Outcome, expected};
use super::table::OfKernel;
use crate::cli::failure::{Ending, print_next};
use crate::cli::output::say_json;
use crate::cli::place::quoted;
use humantime::format_rfc3339_seconds;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::{Instant, SystemTime};

/// What came of it all.
pub struct Tally {
    pub start: Instant,
    pub ending: Ending,
    counts: BTreeMap<&'static str, usize>,
}

impl Tally {
    /// Nothing so far.
    pub fn new() -> Self {
        Self { start: Instant::now(), ending: Ending::AsExpected, counts: BTreeMap::new() }
    }

    /// Counts one kernel's outcomes.
    pub fn count(&mut self, kernel: &OfKernel, samples: &[Sample]) {
        for Row { case, judged, .. } in &kernel.rows {
            *self.counts.entry(judged.outcome.word()).or_default() += 1;
            let expectations = &samples[*case].selected.case.expectations;
            let is_new = judged.others(expectations).any(|it| it.cause.is_none());
            if is_new || judged.outcome == Outcome::Hung {
                self.ending = self.ending.max(Ending::Finding);
            }
            if judged.is_not_silent(expectations) {
                self.ending = self.ending.max(Ending::Unmet);
            }
        }
        if kernel.rows.iter().any(|it| it.judged.does_not_boot()) {
            self.ending = self.ending.max(Ending::Trouble);
        }
    }

    /// What a case expects has to be shown somewhere, if it has run anywhere. Where nothing has run, nothing was said:
    /// nobody shall take that for silence.
    pub fn judge_expectations(&mut self, kernels: &[OfKernel], samples: &[Sample]) {
        let mut all = kernels.iter().flat_map(|it| &it.rows).peekable();
        if all.peek().is_some() && all.all(|it| it.judged.outcome == Outcome::CannotRun) {
            self.ending = self.ending.max(Ending::Trouble);
        }
        for (case, sample) in samples.iter().enumerate() {
            let rows = || kernels.iter().flat_map(|it| &it.rows).filter(|it| it.case == case);
            let has = |outcome: Outcome| rows().any(|it| it.judged.outcome == outcome);
            let is_expected = expected(&sample.selected.case.expectations).next().is_some();
            if is_expected && has(Outcome::NotShown) && !has(Outcome::Shown) {
                self.ending = self.ending.max(Ending::Unmet);
            }
        }
    }

    pub fn print_json(&self, kernels: usize) {
        let count = |outcome: Outcome| self.counts.get(outcome.word()).copied().unwrap_or(0);
        say_json(&json!({
            "event": "summary", "kernels": kernels, "date": format_rfc3339_seconds(SystemTime::now()).to_string(),
            "shown": count(Outcome::Shown), "not_shown": count(Outcome::NotShown),
            "inconclusive": count(Outcome::Inconclusive), "cannot_run": count(Outcome::CannotRun),
            "hung": count(Outcome::Hung), "seconds": self.start.elapsed().as_secs_f64(),
        }));
    }

    /// The command to type about the first that is worth one.
    pub fn print_next(&self, kernels: &[OfKernel], samples: &[Sample]) {
        let rows = || kernels.iter().flat_map(|it| it.rows.iter().map(move |row| (it, row)));
        if let Some(console) = rows().find_map(|(_, it)| it.judged.console.as_ref()) {
            print_next(&format!("less {}", quoted(&console.display().to_string())));
        } else if let Some((kernel, row)) = rows().find(|(_, it)| it.judged.outcome == Outcome::Shown)
            && self.ending != Ending::AsExpected
        {
            let path = samples[row.case].selected.path.display().to_string();
            let name = quoted(&kernel.name);
            print_next(&format!("shortcopy kernels {} --kernel {name} --fs {} --json", quoted(&path), row.fs.word()));
        }
    }
}
