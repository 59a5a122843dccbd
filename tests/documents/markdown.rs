//! What the tests need to know of a Markdown file.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// A document's parts, each with the line that it begins in.
#[derive(Debug, Default)]
pub struct Document {
    /// Code blocks: language, text.
    pub blocks: Vec<(usize, String, String)>,
    /// Code within a line.
    pub code: Vec<(usize, String)>,
    /// Where links and pictures lead.
    pub links: Vec<(usize, String)>,
    /// What follows the `#` in a link to a heading.
    pub anchors: Vec<String>,
    /// Words outside code.
    pub prose: Vec<(usize, String)>,
}

impl Document {
    /// Reads Markdown with tables.
    pub fn parse(text: &str) -> Self {
        let mut it = Self::default();
        let (mut language, mut heading) = (None, None);
        for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
            let line = 1 + text[..range.start].matches('\n').count();
            match event {
                Event::Start(Tag::CodeBlock(kind)) => {
                    let word = if let CodeBlockKind::Fenced(word) = kind { word.to_string() } else { String::new() };
                    it.blocks.push((line, word, String::new()));
                    language = Some(());
                }
                Event::End(TagEnd::CodeBlock) => language = None,
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => it.anchors.extend(heading.take().map(|words| anchor(&words))),
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    it.links.push((line, dest_url.to_string()));
                }
                Event::Code(words) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&words);
                    }
                    it.code.push((line, words.to_string()));
                }
                Event::Text(words) if language.is_some() => {
                    it.blocks.last_mut().expect("a block was opened").2.push_str(&words);
                }
                Event::Text(words) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&words);
                    }
                    it.prose.push((line, words.to_string()));
                }
                _ => {}
            }
        }
        it
    }
}

/// The anchor that a heading gets: lower case, no punctuation, a dash for each blank.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|it| it.is_alphanumeric() || matches!(it, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|it| if it == ' ' { '-' } else { it }).collect()
}

#[test]
fn anchors_are_those_of_a_forge() {
    assert_eq!(anchor("K1 The kernel's own rules"), "k1-the-kernels-own-rules");
    assert_eq!(anchor("`zero-tail-is-committed`"), "`zero-tail-is-committed`".trim_matches('`'));
}
