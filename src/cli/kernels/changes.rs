//! `shortcopy kernels --bisect`: boots the kernels that a search for a change asks for, and tells each step.

use super::bisect::{Found, search, verdict};
use super::chosen::{Candidate, Kernels};
use super::laboratory::{Laboratory, Row};
use super::table::{self, OfKernel};
use super::tally::Tally;
use super::{machine_failure, rounds};
use crate::cli::failure::{Ending, Failure};
use crate::cli::output::{counted, say, say_json};
use host::mount::Kind;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

/// For each case on each filesystem, the first kernel that says something else than those before.
pub fn bisect(
    json: bool,
    laboratory: &mut Laboratory<'_>,
    kernels: &Kernels,
    candidates: &[Candidate],
    tally: &mut Tally,
) -> Result<Vec<OfKernel>, Failure> {
    let mut steps = Steps { json, kernels, candidates, done: BTreeMap::new(), tally };
    let pairs: Vec<(Kind, usize)> =
        laboratory.filesystems.iter().flat_map(|fs| (0..laboratory.samples.len()).map(|case| (*fs, case))).collect();
    for (fs, case) in pairs {
        let found = search(candidates.len(), |at| steps.ask(laboratory, at, fs, case))?;
        if laboratory.stop.load(Ordering::Relaxed) {
            break;
        }
        steps.tell(laboratory, fs, case, &found);
    }
    Ok(steps.done.into_values().collect())
}

/// The kernels that a search has booted.
struct Steps<'a> {
    json: bool,
    kernels: &'a Kernels,
    candidates: &'a [Candidate],
    done: BTreeMap<usize, OfKernel>,
    tally: &'a mut Tally,
}

impl Steps<'_> {
    /// What a kernel says of a case; it is booted once, with all cases.
    fn ask(
        &mut self,
        laboratory: &mut Laboratory<'_>,
        at: usize,
        fs: Kind,
        case: usize,
    ) -> Result<Option<bool>, Failure> {
        if !self.done.contains_key(&at) && !laboratory.stop.load(Ordering::Relaxed) {
            let rows = match self.kernels.kernel(&self.candidates[at]) {
                Ok(kernel) => {
                    if self.done.is_empty() {
                        laboratory.choose_accelerator(&kernel).map_err(|it| machine_failure(&it))?;
                    }
                    rounds::run(laboratory, &kernel, &|_| ()).map_err(|it| machine_failure(&it))?
                }
                Err(failure) => {
                    failure.print();
                    self.tally.ending = self.tally.ending.max(Ending::Trouble);
                    laboratory.cannot_run("it could not be fetched")
                }
            };
            let kernel = OfKernel { name: self.candidates[at].version().to_string(), rows };
            self.tally.count(&kernel, laboratory.samples);
            if self.json {
                table::print_json(&kernel, laboratory.samples);
            } else {
                let seconds = self.tally.start.elapsed().as_secs();
                let one = |it: &Row| {
                    let path = laboratory.samples[it.case].selected.path.display();
                    format!("  {path} on {}: {}", it.fs.word(), table::words(&it.judged))
                };
                say(format!("{} ({seconds} s)", kernel.name));
                kernel.rows.iter().for_each(|it| say(one(it)));
            }
            self.done.insert(at, kernel);
        }
        let rows = self.done.get(&at).map_or(&[][..], |it| &it.rows);
        let row = rows.iter().find(|it| it.fs == fs && it.case == case);
        Ok(row.and_then(|it| verdict(it.judged.outcome)))
    }

    fn tell(&self, laboratory: &Laboratory<'_>, fs: Kind, case: usize, found: &Found) {
        let path = &laboratory.samples[case].selected.path;
        let name = |at: &usize| self.candidates[*at].version().as_str();
        let Found::Change { before, first, shows, between } = found else {
            let words = match found {
                Found::NoChange { shows: true } => "both ends show it: no change to find",
                Found::NoChange { shows: false } => "neither end shows it: no change to find",
                Found::Change { .. } | Found::Mute => "fewer than two kernels can say anything of it",
            };
            if !self.json {
                say(format!("{} on {}: {words}", path.display(), fs.word()));
            }
            return;
        };
        if self.json {
            say_json(&json!({
                "event": "first", "kernel": name(first), "before": name(before), "case": path, "fs": fs.word(),
                "shows": shows, "between": between.iter().map(name).collect::<Vec<_>>(),
            }));
            return;
        }
        let what = if *shows { "the first that shows it" } else { "the first that no longer shows it" };
        let mute = match between.len() {
            0 => String::new(),
            count => format!("; {} between could not say", counted(count, "kernel", "kernels")),
        };
        say(format!("{} on {}: {} is {what}, after {}{mute}", path.display(), fs.word(), name(first), name(before)));
    }
}
