//! What `shortcopy host` says while it runs, and of each finding.

use super::TestBed;
use super::keeper::{Keeper, line};
use super::run::Run;
use crate::cli::failure::print_next;
use crate::cli::output::{counted, say, say_json};
use crate::cli::place::quoted;
use crate::host::{Found, Repeated, Replayed, Store, Totals};
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
        let new = found.cause.is_none();
        let store = Store::new(&self.arguments.findings, filesystem);
        let path = store.keep(found, &kernel(), &self.test_bed.mount);
        self.keeper.new += usize::from(new && !found.told_before);
        self.keeper.findings += usize::from(!found.told_before);
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
                "cause": found.cause.iter().map(|it| [it]).collect::<Vec<_>>(), "face": found.face,
                "told_before": found.told_before,
                "at_case": found.at_case, "seconds": seconds, "kernel": kernel(), "mount": self.test_bed.mount,
                "repeats": found.repeats, "of": found.of, "sensitive": found.sensitive,
                "uninit_if_sprayed": found.uninit_if_sprayed,
            }));
            return;
        }
        let style = if new { AnsiColor::Red.on_default() } else { AnsiColor::Yellow.on_default() };
        let persistence = shown.persistence.as_deref().unwrap_or("");
        let news = match (&found.cause, found.told_before) {
            (Some(cause), _) => format!("known, {cause}"),
            (None, true) => "told before, with another face".to_owned(),
            (None, false) => "new".to_owned(),
        };
        self.keeper.progress.suspend(|| {
            say(format!(
                "{style}{}{style:#} {persistence} {} ({news}, {} of {} times): {}",
                shown.class,
                shown.rule,
                found.repeats,
                found.of,
                shown.in_public().message
            ));
            case.iter().for_each(|it| say(format!("  {it}")));
            found.memory().iter().for_each(|it| say(format!("  {it}")));
            if found.sensitive {
                say("  what it shows is only there: it is for nobody but those named in SECURITY.md");
                return;
            }
            shown.details.iter().skip(1).for_each(|it| say(format!("    {it}")));
        });
        self.keeper.last = self.keeper.last.take().or(case);
    }

    /// What a given case showed. A worker numbers the very cases that it was given, so there is one.
    pub fn tell_ran(&mut self, ran: &Replayed) {
        let Replayed { number, times, findings, inconclusive, limits } = ran;
        let path = self.arguments.cases[*number].display().to_string();
        let filesystem = &self.test_bed.filesystem;
        let news = findings.iter().filter(|it| it.cause.is_none()).count();
        self.keeper.findings += findings.len();
        self.keeper.new += news;
        self.keeper.unanswered += usize::from(findings.is_empty() && *inconclusive > 0);
        let told: Vec<Repeated> =
            findings.iter().map(|it| Repeated { shown: it.shown.in_public(), ..it.clone() }).collect();
        let details = self.keep_details(&path, findings);
        if self.arguments.json {
            say_json(&json!({
                "case": path, "strategy": "host", "fs": filesystem, "expected": news == 0, "times": times,
                "findings": told, "inconclusive": {"times": inconclusive, "why": limits}, "kernel": kernel(),
                "mount": self.test_bed.mount, "limits": limits, "details": details,
            }));
            return;
        }
        say(format!("{path}: {}", shown_in_words(ran)));
        for Repeated { shown, times: seen, cause } in &told {
            let known = cause.as_ref().map_or_else(|| "new".to_owned(), |it| format!("known, {it}"));
            say(format!("  {} ({}; {known}), {seen} of {}", shown.class, shown.rule, counted(*times, "time", "times")));
            shown.details.iter().for_each(|it| say(format!("    {it}")));
        }
        details.iter().for_each(|it| {
            say(format!("  what it showed is in {it}: it is for nobody but those named in SECURITY.md"))
        });
        limits.iter().for_each(|it| say(format!("  not here: {it}")));
    }

    /// Writes down what only those may read who mend it; where that is. What cannot be written is not told otherwise.
    fn keep_details(&self, case: &str, findings: &[Repeated]) -> Option<String> {
        let lines =
            |it: &Repeated| format!("{} ({})\n{}\n", it.shown.class, it.shown.rule, it.shown.details.join("\n"));
        let text: String = findings.iter().filter(|it| it.shown.is_sensitive()).map(lines).collect();
        if text.is_empty() {
            return None;
        }
        let store = Store::new(&self.arguments.findings, &self.test_bed.filesystem);
        match store.keep_details(case, &text) {
            Ok(path) => Some(path.display().to_string()),
            Err(error) => {
                eprintln!("cannot keep what {case} showed: {error}");
                None
            }
        }
    }

    pub fn summary(&self, totals: &Totals) {
        let seconds = self.start.elapsed().as_secs_f64();
        let Keeper { findings, new, failures, .. } = &self.keeper;
        if self.arguments.json {
            say_json(&json!({
                "event": "summary", "cases": totals.cases, "runs": totals.runs, "calls": totals.calls, "stops": totals.stops,
                "prefixes": totals.prefixes, "prefixes_left_out": totals.prefixes_left_out,
                "read_otherwise": totals.read_otherwise, "inconclusive": totals.inconclusive,
                "steps": totals.calls + totals.stops, "seconds": seconds,
                "prepared_seconds": self.prepared.as_secs_f64(), "cases_per_second": totals.cases as f64 / seconds,
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
        if totals.inconclusive > 0 {
            let runs = counted(totals.inconclusive, "run", "runs");
            say(format!("  inconclusive: {runs} showed nothing, but did not do all that the case says"));
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

/// What a case showed, in a few words.
fn shown_in_words(ran: &Replayed) -> String {
    let words = ran.findings.iter().map(|it| {
        let persistence = it.shown.persistence.as_ref().map_or_else(String::new, |it| format!(" {it}"));
        format!("{}{persistence}", it.shown.class)
    });
    let words: Vec<String> = words.collect();
    match (words.is_empty(), ran.inconclusive) {
        (false, _) => words.join(", "),
        (true, 0) => "nothing".to_owned(),
        (true, runs) => {
            format!("inconclusive: {runs} of {} could not do what the case says", counted(ran.times, "run", "runs"))
        }
    }
}
