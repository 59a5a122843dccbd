//! What `shortcopy host --json` tells of a case, read in a guest's output.

use case::Expectation;
use serde::{Deserialize, Serialize};

/// What `shortcopy host` tells of one case.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Told {
    /// Its path in the guest.
    pub case: String,
    /// How often it was run, if that is told.
    pub times: Option<u32>,
    /// What it has shown.
    #[serde(default)]
    pub findings: Vec<Found>,
    /// What of it cannot be had on a real kernel.
    #[serde(default)]
    pub limits: Vec<String>,
    /// The runs that say nothing.
    pub inconclusive: Option<Inconclusive>,
}

/// Something that a case has shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// What was seen.
    pub class: String,
    /// `transient`, `persistent`, or nothing.
    pub persistence: Option<String>,
    /// The rule that it breaks.
    #[serde(default)]
    pub rule: Option<String>,
    /// For a deadlock, its notation.
    #[serde(default, skip_serializing)]
    pub cycle: Option<String>,
    /// In how many runs, if that is told.
    pub times: Option<u32>,
    /// The known fault behind it.
    #[serde(default)]
    pub cause: Option<String>,
}

/// Runs in which something could not be done that the case asks for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Inconclusive {
    /// How many.
    pub times: u32,
    /// What, and why not.
    #[serde(default)]
    pub why: Vec<String>,
}

/// Classes that show what memory or another file held: nothing more of such a finding is told.
const SENSITIVE: [oracle::Class; 3] = [oracle::Class::Uninit, oracle::Class::StaleBlock, oracle::Class::ForeignFile];

impl Found {
    /// Whether it shows what memory or another file held.
    pub fn is_sensitive(&self) -> bool {
        SENSITIVE.iter().any(|it| it.as_str() == self.class)
    }

    /// Whether this is what an expectation names: the class, and the detail if it has one.
    pub fn is(&self, expectation: &Expectation) -> bool {
        expectation.finding.as_ref().is_some_and(|(class, detail)| {
            let details = [&self.persistence, &self.cycle];
            *class == self.class && detail.as_ref().is_none_or(|it| details.contains(&&Some(it.clone())))
        })
    }

    /// What may be told of it.
    pub fn public(self) -> Self {
        if self.is_sensitive() {
            Self { persistence: None, rule: None, cycle: None, cause: None, ..self }
        } else {
            self
        }
    }
}

/// The cases that are told of in this output, and what went wrong otherwise: `failures` of the summary.
pub fn read(output: &[u8]) -> (Vec<Told>, Vec<String>) {
    #[derive(Deserialize)]
    struct Summary {
        #[serde(default)]
        failures: Vec<String>,
    }
    let output = String::from_utf8_lossy(output);
    let mut told = Vec::new();
    let mut failures = Vec::new();
    for line in output.lines() {
        // A line that was cut off is neither.
        if let Ok(it) = serde_json::from_str(line) {
            told.push(it);
        } else if let Ok(Summary { failures: some }) = serde_json::from_str(line) {
            failures.extend(some);
        }
    }
    (told, failures)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read_and_what_is_cut_off_is_not() {
        let found = r#""persistence":"transient","rule":"R1","cycle":null,"message":"m","details":["d"]"#;
        let output = format!(
            r#"{{"case":"/0.case","expected":true,"findings":[{{"class":"SIZE",{found}}}],"mount":"m","limits":["l"]}}
{{"case":"/1.case","times":10,"findings":[{{"class":"ZERO","times":3,"cause":"it",{found}}}],"limits":[],
 "inconclusive":{{"times":7,"why":["madvise: EINVAL"]}}}}
{{"event":"summary","cases":0,"failures":["a worker ended"]}}
{{"case":"/2.case","findings":[]"#
        );
        // An object is a line.
        let output = output.replace("\n ", "");
        let (told, failures) = read(output.as_bytes());
        assert_eq!(failures, ["a worker ended"]);
        assert_eq!(told.len(), 2);
        assert_eq!((told[0].times, told[0].findings[0].times, told[0].limits.len()), (None, None, 1));
        assert_eq!((told[1].times, told[1].findings[0].times), (Some(10), Some(3)));
        assert_eq!(told[1].findings[0].cause.as_deref(), Some("it"));
        assert_eq!(told[1].inconclusive.as_ref().map(|it| it.times), Some(7));
    }

    #[test]
    fn of_what_is_sensitive_only_the_class_is_told() {
        let found = Found {
            class: "UNINIT".into(),
            persistence: Some("persistent".into()),
            rule: Some("R2".into()),
            cycle: None,
            times: Some(2),
            cause: None,
        };
        let line = serde_json::to_string(&found.clone().public()).expect("an object");
        assert_eq!(line, r#"{"class":"UNINIT","persistence":null,"rule":null,"times":2,"cause":null}"#);
        let plain = Found { class: "ZERO".into(), ..found };
        assert_eq!(plain.clone().public(), plain);
    }
}
