//! A hunt as SARIF 2.1.0, the format in which static analysers tell what they found (OASIS, 27 March 2020).

use super::format::{Told, story, why};
use super::keeper::{Row, Troubled};
use oracle::Class;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use std::path::Path;

/// What a URI has to escape in a path.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The whole document.
pub fn report(told: &Told) -> Value {
    let classes: Vec<Class> = Class::ALL.iter().copied().filter(|class| is_seen(told, *class)).collect();
    let rules = classes.iter().map(|it| json!({"id": it.as_str()}));
    let results = told.rows.iter().map(|row| {
        let index = classes.iter().position(|it| *it == row.signature.class);
        result(row, index)
    });
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "shortcopy",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules.collect::<Vec<_>>(),
            }},
            "automationDetails": {"id": format!("shortcopy-hunt/{}", told.seed)},
            "invocations": [{
                "executionSuccessful": told.troubles.is_empty(),
                "toolExecutionNotifications": told.troubles.iter().map(notification).collect::<Vec<_>>(),
            }],
            "results": results.collect::<Vec<_>>(),
        }],
    })
}

fn is_seen(told: &Told, class: Class) -> bool {
    told.rows.iter().any(|it| it.signature.class == class)
}

fn result(row: &Row, rule_index: Option<usize>) -> Value {
    let Row { signature, cause, new, .. } = row;
    let place = signature.place().map_or_else(String::new, |(filesystem, form)| format!("/{filesystem}/{form}"));
    let place = format!("{}{place}", signature.strategy);
    let mut location = json!({"logicalLocations": [{"fullyQualifiedName": place, "kind": "module"}]});
    if let Some(path) = &row.path {
        location["physicalLocation"] = physical(path);
    }
    json!({
        "ruleId": signature.class.as_str(),
        "ruleIndex": rule_index,
        "level": if *new { "error" } else { "note" },
        "message": {"text": format!("{}: {}\n{}", if *new { "new" } else { "known" }, signature, story(row))},
        "locations": [location],
        // The same finding of another hunt is the same alert.
        "partialFingerprints": {"finding/v1": format!("{signature}: {cause}")},
        "properties": {"rule": signature.rule.as_str(), "cause": cause, "why": why(row)},
    })
}

fn notification(trouble: &Troubled) -> Value {
    let text =
        format!("a bug of shortcopy's own, under {} at case {}: {}", trouble.strategy, trouble.at_case, trouble.what);
    let mut notification = json!({"level": "error", "message": {"text": text}});
    if let Some(path) = &trouble.path {
        notification["locations"] = json!([{"physicalLocation": physical(path)}]);
    }
    notification
}

/// A case. Relative, since a checkout has another path on each machine.
fn physical(path: &Path) -> Value {
    let path = path.display().to_string();
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    let uri = format!("{scheme}{}", utf8_percent_encode(&path, ESCAPED));
    json!({"artifactLocation": {"uri": uri}, "region": {"startLine": 1}})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::hunt::samples;

    /// What the schema requires of each object that is in the document, by its name there.
    const REQUIRED: &[(&str, &[&str])] = &[
        ("", &["version", "runs"]),
        ("runs", &["tool"]),
        ("tool", &["driver"]),
        ("driver", &["name"]),
        ("rules", &["id"]),
        ("invocations", &["executionSuccessful"]),
        ("toolExecutionNotifications", &["message"]),
        ("results", &["message"]),
    ];

    /// Holds every object, at whatever depth, to what is required of it.
    fn hold(name: &str, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|it| hold(name, it)),
            Value::Object(fields) => {
                for (_, required) in REQUIRED.iter().filter(|(it, _)| *it == name) {
                    required.iter().for_each(|it| assert!(fields.contains_key(*it), "{name} has no {it}: {value}"));
                }
                if name == "message" {
                    assert!(fields["text"].is_string(), "a message has a text: {value}");
                }
                fields.iter().filter(|(it, _)| *it != "properties").for_each(|(name, it)| hold(name, it));
            }
            _ => {}
        }
    }

    #[test]
    fn it_has_what_the_schema_requires_and_tells_new_from_known() {
        let (rows, troubles) = (samples::rows(), samples::troubles());
        let document = report(&samples::told(&rows, &troubles)).to_string();
        let document: Value = serde_json::from_str(&document).expect("it is JSON");
        hold("", &document);
        let run = &document["runs"][0];
        let levels: Vec<&str> =
            run["results"].as_array().expect("results").iter().filter_map(|it| it["level"].as_str()).collect();
        assert_eq!(levels, ["error", "note"]);
        assert_eq!(run["invocations"][0]["executionSuccessful"], false);
        for result in run["results"].as_array().expect("results") {
            let index = result["ruleIndex"].as_u64().expect("a rule") as usize;
            assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        }
        let known = &run["results"][1];
        assert!(
            known["message"]["text"].as_str().is_some_and(|it| it.contains("commits-more-than-it-copied")),
            "{known}"
        );
        let place = &known["locations"][0];
        assert_eq!(place["logicalLocations"][0]["fullyQualifiedName"], "no-prefault/libfs/after-patch-1");
        assert_eq!(place["physicalLocation"]["artifactLocation"]["uri"], "find%20ings/it.case");
    }
}
