//! What `shortcopy host` says while it runs, and of each finding.

use super::TestBed;
use super::keeper::{Keeper, line};
use super::run::Run;
use crate::cli::failure::print_next;
use crate::cli::output::{counted, say, say_json};
use crate::cli::place::quoted;
use crate::host::{Found, Shown, Store, Totals};
use anstyle::AnsiColor;
use host::{kernel, spray};
use serde_json::json;

impl Run<'_> {
    pub fn announce(&self) {
        if let Some(warning) = spray::init_on_alloc().warning() {
            eprintln!("{warning}");
        }
        if !self.arguments.json {
            let TestBed { filesystem, mount, profile, .. } = &self.test_bed;
            eprintln!("{} on {filesystem}, profile {profile}, seed {}\n{mount}", kernel(), self.seed);
        }
        self.spray();
    }

    pub fn keep(&mut self, found: &Found) {
        let shown = &found.shown;
        let filesystem = &self.test_bed.filesystem;
        let new = !self.known.iter().any(|it| it.is(filesystem, &shown.class, &shown.rule));
        let store = Store::new(&self.arguments.findings, filesystem);
        let path = store.keep(found, &kernel(), &self.test_bed.mount);
        self.keeper.new += usize::from(new);
        self.keeper.findings += 1;
        let case = path.as_ref().map(|it| it.display().to_string()).ok();
        if let Err(error) = &path {
            self.keeper.unwritten += 1;
            eprintln!("cannot keep a finding: {error}\n{}", found.text);
        }
        let seconds = self.start.elapsed().as_secs_f64();
        if self.arguments.json {
            say_json(&json!({
                "event": "finding", "strategy": "host", "fs": filesystem, "class": shown.class,
                "persistence": shown.persistence, "rule": shown.rule, "cycle": shown.cycle, "new": new, "case": case,
                "at_case": found.at_case, "seconds": seconds, "kernel": kernel(), "mount": self.test_bed.mount,
                "repeats": found.repeats, "of": found.of, "sensitive": found.sensitive,
                "uninit_if_sprayed": found.uninit_if_sprayed,
            }));
            return;
        }
        let style = if new { AnsiColor::Red.on_default() } else { AnsiColor::Yellow.on_default() };
        let (persistence, news) = (shown.persistence.as_deref().unwrap_or(""), if new { "new" } else { "known" });
        self.keeper.progress.suspend(|| {
            say(format!(
                "{style}{}{style:#} {persistence} {} ({news}, {} of {} times): {}",
                shown.class, shown.rule, found.repeats, found.of, shown.message
            ));
            case.iter().for_each(|it| say(format!("  {it}")));
            found.memory().iter().for_each(|it| say(format!("  {it}")));
            shown.details.iter().skip(1).for_each(|it| say(format!("    {it}")));
        });
        self.keeper.last = self.keeper.last.take().or(case);
    }

    /// What the given case of this number showed. A worker numbers the very cases that it was given, so there is one.
    pub fn tell_ran(&mut self, number: usize, shown: &[Shown], limits: &[String]) {
        let path = self.arguments.cases[number].display().to_string();
        let filesystem = &self.test_bed.filesystem;
        let is_new = |it: &Shown| !self.known.iter().any(|known| known.is(filesystem, &it.class, &it.rule));
        self.keeper.findings += shown.len();
        self.keeper.new += shown.iter().filter(|it| is_new(it)).count();
        if self.arguments.json {
            say_json(&json!({
                "case": path, "strategy": "host", "fs": filesystem, "expected": !shown.iter().any(is_new),
                "findings": shown, "kernel": kernel(), "mount": self.test_bed.mount, "limits": limits,
            }));
            return;
        }
        let words = shown.iter().map(|it| format!("{} {}", it.class, it.persistence.as_deref().unwrap_or("")));
        let words: Vec<String> = words.collect();
        say(format!("{path}: {}", if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }));
        for it in shown {
            say(format!("  {} ({})", it.class, it.rule));
            it.details.iter().for_each(|it| say(format!("    {it}")));
        }
        limits.iter().for_each(|it| say(format!("  not here: {it}")));
    }

    pub fn summary(&self, totals: &Totals) {
        let seconds = self.start.elapsed().as_secs_f64();
        let Keeper { findings, new, failures, .. } = &self.keeper;
        if self.arguments.json {
            say_json(&json!({
                "event": "summary", "cases": totals.cases, "runs": totals.runs, "calls": totals.calls, "stops": totals.stops,
                "prefixes": totals.prefixes, "prefixes_left_out": totals.prefixes_left_out,
                "read_otherwise": totals.read_otherwise,
                "steps": totals.calls + totals.stops, "seconds": seconds, "cases_per_second": totals.cases as f64 / seconds,
                "findings": findings, "new": new, "failures": failures, "quirks": totals.quirks, "limits": totals.limits,
                "seed": self.seed, "fs": self.test_bed.filesystem, "kernel": kernel(), "mount": self.test_bed.mount,
            }));
            return;
        }
        say(line(self.start.elapsed(), totals, &self.keeper));
        for (name, count) in &totals.quirks {
            say(format!("  quirk {name}: {}", counted(*count, "time", "times")));
        }
        if totals.read_otherwise > 0 {
            say(format!(
                "  not told: {}: not wrong, or not in the same way, if bytes that fit two writes are read otherwise",
                counted(totals.read_otherwise, "history", "histories")
            ));
        }
        for limit in &totals.limits {
            say(format!("  not here: {limit}"));
        }
        if let Some(case) = &self.keeper.last {
            print_next(&self.replay(case));
        }
    }

    /// The command that runs a case on the same filesystem.
    fn replay(&self, case: &str) -> String {
        let arguments = self.arguments;
        let mut words: Vec<String> = arguments.defect.iter().map(|it| format!("--defect={}", it.word())).collect();
        words.extend(arguments.profile.iter().map(|it| format!("--profile={it}")));
        let switches = [
            ("--writeback-cache", arguments.writeback_cache),
            ("--crash", arguments.crash),
            ("--write-log", arguments.write_log),
        ];
        words.extend(switches.iter().filter(|(_, on)| *on).map(|(word, _)| (*word).to_owned()));
        words.push(quoted(case).into_owned());
        format!("shortcopy host {} {}", arguments.place.line(), words.join(" "))
    }
}
