//! A hunt as JUnit XML: one suite a strategy, in it one test for the search and one for each finding.

use super::format::{Told, story};
use super::keeper::{Row, Troubled};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use std::io;

type Xml = Writer<Vec<u8>>;

/// The whole document.
pub fn report(told: &Told) -> io::Result<String> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let (tests, failures, errors) = counts(told, |_| true);
    xml.create_element("testsuites")
        .with_attribute(("name", "shortcopy hunt"))
        .with_attribute(("tests", tests.as_str()))
        .with_attribute(("failures", failures.as_str()))
        .with_attribute(("errors", errors.as_str()))
        .with_attribute(("time", format!("{:.3}", told.summary.seconds).as_str()))
        .write_inner_content(|xml| told.strategies.iter().try_for_each(|strategy| suite(xml, told, strategy)))?;
    Ok(String::from_utf8_lossy(&xml.into_inner()).into_owned())
}

/// Tests, failures and errors of these strategies.
fn counts(told: &Told, is_one: impl Fn(&str) -> bool) -> (String, String, String) {
    let rows = told.rows.iter().filter(|it| is_one(it.signature.strategy));
    let (findings, new) = rows.fold((0, 0), |(all, new), it| (all + 1, new + usize::from(it.new)));
    let errors = told.troubles.iter().filter(|it| is_one(it.strategy)).count();
    let searches = told.strategies.iter().filter(|it| is_one(it)).count();
    ((searches + findings + errors).to_string(), new.to_string(), errors.to_string())
}

fn suite(xml: &mut Xml, told: &Told, strategy: &str) -> io::Result<()> {
    let (tests, failures, errors) = counts(told, |it| it == strategy);
    xml.create_element("testsuite")
        .with_attribute(("name", strategy))
        .with_attribute(("tests", tests.as_str()))
        .with_attribute(("failures", failures.as_str()))
        .with_attribute(("errors", errors.as_str()))
        .write_inner_content(|xml| {
            let seed = format!("search with seed {}", told.seed);
            xml.create_element("testcase")
                .with_attribute(("classname", strategy))
                .with_attribute(("name", seed.as_str()))
                .write_empty()?;
            let mut rows = told.rows.iter().filter(|it| it.signature.strategy == strategy);
            rows.try_for_each(|it| finding(xml, it))?;
            told.troubles.iter().filter(|it| it.strategy == strategy).try_for_each(|it| trouble(xml, it))
        })?;
    Ok(())
}

fn finding(xml: &mut Xml, row: &Row) -> io::Result<()> {
    let name = format!("{}: {}", row.signature, row.cause);
    xml.create_element("testcase")
        .with_attribute(("classname", row.signature.strategy))
        .with_attribute(("name", name.as_str()))
        .write_inner_content(|xml| {
            let story = text(&story(row));
            if row.new {
                xml.create_element("failure")
                    .with_attribute(("type", row.signature.class.as_str()))
                    .with_attribute(("message", format!("new: {}", row.signature).as_str()))
                    .write_text_content(BytesText::new(&story))?;
            } else {
                let defects = row.cause.to_string();
                xml.create_element("properties").write_inner_content(|xml| {
                    let property = xml.create_element("property").with_attribute(("name", "known-defect"));
                    property.with_attribute(("value", defects.as_str())).write_empty().map(|_| ())
                })?;
                xml.create_element("system-out").write_text_content(BytesText::new(&story))?;
            }
            Ok(())
        })?;
    Ok(())
}

fn trouble(xml: &mut Xml, trouble: &Troubled) -> io::Result<()> {
    let place = trouble.path.as_ref().map_or_else(String::new, |it| format!("Case: {}", it.display()));
    xml.create_element("testcase")
        .with_attribute(("classname", trouble.strategy))
        .with_attribute(("name", format!("a bug of shortcopy's own at case {}", trouble.at_case).as_str()))
        .write_inner_content(|xml| {
            let error = xml.create_element("error").with_attribute(("type", "trouble"));
            error
                .with_attribute(("message", text(&trouble.what).as_str()))
                .write_text_content(BytesText::new(&place))?;
            Ok(())
        })?;
    Ok(())
}

/// What XML may contain: a panic says whatever it wants.
fn text(it: &str) -> String {
    it.chars()
        .filter(|it| matches!(it, '\t' | '\n') || !it.is_control() && !matches!(it, '\u{fffe}' | '\u{ffff}'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::hunt::samples;
    use quick_xml::{Reader, XmlVersion};
    use std::collections::BTreeMap;

    /// How often each element begins, and the values of an attribute, after parsing; every name is closed again.
    fn parsed(document: &str) -> (BTreeMap<String, usize>, Vec<String>) {
        let mut reader = Reader::from_str(document);
        let (mut elements, mut messages, mut open) = (BTreeMap::new(), Vec::new(), Vec::new());
        loop {
            let event = reader.read_event().expect("it is XML");
            let start = match &event {
                Event::Start(it) => {
                    open.push(it.name().as_ref().to_vec());
                    it
                }
                Event::Empty(it) => it,
                Event::End(it) => {
                    assert_eq!(open.pop().as_deref(), Some(it.name().as_ref()));
                    continue;
                }
                Event::Eof => break,
                _ => continue,
            };
            *elements.entry(String::from_utf8_lossy(start.name().as_ref()).into_owned()).or_default() += 1;
            for attribute in start.attributes().map(|it| it.expect("an attribute")) {
                if matches!(attribute.key.as_ref(), b"message" | b"value") {
                    messages
                        .push(attribute.normalized_value(XmlVersion::Explicit1_0).expect("it is text").into_owned());
                }
            }
        }
        assert!(open.is_empty());
        (elements, messages)
    }

    #[test]
    fn new_findings_are_failures_and_known_ones_pass_with_their_defect() {
        let (rows, troubles) = (samples::rows(), samples::troubles());
        let document = report(&samples::told(&rows, &troubles)).expect("it is written");
        let (elements, messages) = parsed(&document);
        let count = |it: &str| elements.get(it).copied().unwrap_or_default();
        assert_eq!((count("testsuites"), count("testsuite")), (1, 2), "{document}");
        assert_eq!((count("failure"), count("error"), count("property"), count("system-out")), (1, 1, 1, 1));
        assert_eq!(count("testcase"), 2 + rows.len() + troubles.len());
        assert!(document.contains(r#"tests="5" failures="1" errors="1""#), "{document}");
        assert!(messages.contains(&"new: ZERO transient (R1) under baseline on block prepare-write".to_owned()));
        assert!(messages.contains(&"commits-more-than-it-copied".to_owned()), "{messages:?}");
        assert!(messages.contains(&"it said <no> & \"why\"".to_owned()), "{messages:?}");
    }
}
