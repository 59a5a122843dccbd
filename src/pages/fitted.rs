//! Breaks what is generated into lines that can be read.

use textwrap::{Options, WordSeparator, WordSplitter};

/// Columns in a line of Markdown.
const WIDTH: usize = 140;

/// The same Markdown in lines of at most 140 columns. A row of a table and a code block stay as they are.
#[must_use]
pub fn fitted(text: &str) -> String {
    let mut out = String::new();
    let mut in_code = false;
    for line in text.lines() {
        in_code ^= line.starts_with("```");
        if in_code || line.starts_with('|') || line.chars().count() <= WIDTH {
            out += line;
        } else {
            // Names and paths keep their dashes, for the program takes them whole.
            let options = Options::new(WIDTH)
                .subsequent_indent(if line.starts_with("- ") { "  " } else { "" })
                .word_separator(WordSeparator::AsciiSpace)
                .word_splitter(WordSplitter::NoHyphenation)
                .break_words(false);
            out += &textwrap::fill(line, options);
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_whole_and_rows_stay_rows() {
        let (item, row) = (format!("- {}\n", "two-words ".repeat(30).trim()), format!("| {} |\n", "cell ".repeat(60)));
        let text = fitted(&[item.as_str(), &row].concat());
        assert!(text.ends_with(&row) && text.lines().nth(1).is_some_and(|it| it.starts_with("  two-words")));
        assert_eq!(text.matches("two-words").count(), 30);
        assert!(text.lines().filter(|it| !it.starts_with('|')).all(|it| it.len() <= WIDTH));
    }
}
