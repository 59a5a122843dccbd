//! The comment at the head of a C program: what it is about, how it is run, and what of the case it cannot do.

use super::plan::{PAGE, Plan};
use case::Expectation;
use host::Limits;

/// Lines of a case that are still worth having in a comment.
const MOST_LINES: usize = 60;
const LONGEST_LINE: usize = 400;

const WHAT_IT_DOES: [&str; 6] = [
    "It works in a folder of its own in the directory, which it takes away again. It prints what each call returned, and at",
    "the end what is in each file: which bytes were there at the beginning, which are whose write's, which are zeroes. Its",
    "last line and its exit code are what it judges:",
    "    1  SHOWN: all that the finding stands on came to what it came to in the simulator, and the same was seen",
    "    0  NOT SHOWN: something else was seen, or a call returned something else",
    "    2  CANNOT JUDGE: for the reason that is told; also if the program could not be set up",
];

/// The comment.
pub(super) fn comment(plan: &Plan<'_>, name: &str) -> String {
    let case = plan.case;
    let mut lines = vec![format!("{name}, a case of shortcopy, on the kernel that this runs on."), String::new()];
    if !case.comments.is_empty() {
        lines.extend(case.comments.iter().cloned().chain([String::new()]));
    }
    for expected in &case.expectations {
        lines.push(expectation(expected));
    }
    if !case.expectations.is_empty() {
        lines.push(String::new());
    }
    let threads = if plan.threaded { " -pthread" } else { "" };
    lines.push(format!("    gcc -Wall -Wextra -O1{threads} THIS.c -o THIS && ./THIS DIRECTORY"));
    lines.push(String::new());
    lines.extend(WHAT_IT_DOES.iter().map(|it| (*it).to_owned()));
    let cell = PAGE / case.geometry.page;
    if cell > 1 {
        lines.push(format!(
            "Offsets and lengths in the words of the case are in cells, of which each is {cell} bytes here."
        ));
    }
    if plan.threaded && !plan.races() {
        lines.push("A step of the schedule is an operation, or its stop at a page that is not there.".to_owned());
    }
    let limits: Vec<&str> = Limits::of(case).met().map(host::Limit::describe).collect();
    if !limits.is_empty() {
        lines.extend([String::new(), "What a real kernel does not do on demand:".to_owned()]);
        lines.extend(limits.iter().map(|it| format!("  - {it}")));
    }
    let mut bare = case.clone();
    bare.comments.clear();
    let text = bare.print();
    if text.lines().count() <= MOST_LINES && text.lines().all(|it| it.len() <= LONGEST_LINE) {
        lines.extend([String::new(), "The case:".to_owned(), String::new()]);
        lines.extend(text.lines().map(|it| format!("    {it}")));
    }
    let lines = lines.iter().map(|it| format!(" * {}", harmless(it)).trim_end().to_owned() + "\n");
    ["/*\n".to_owned()].into_iter().chain(lines).chain([" */\n".to_owned()]).collect()
}

fn expectation(expected: &Expectation) -> String {
    let strategy = &expected.strategy;
    match &expected.finding {
        None => format!("Expected of {strategy}: nothing wrong"),
        Some((class, detail)) => {
            let detail = detail.as_deref().map_or_else(String::new, |it| format!(" {it}"));
            let hangs = matches!(class.as_str(), "DEADLOCK" | "LIVELOCK");
            let hint = if hangs { " (a hang: /proc/PID/task/*/stack tells where)" } else { "" };
            format!("Expected of {strategy}: {class}{detail}{hint}")
        }
    }
}

/// The text without what would end a comment, begin another, or turn the direction of what follows.
fn harmless(text: &str) -> String {
    let is_bad = |it: char| {
        it.is_control()
            || matches!(it, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let plain: String = text.chars().map(|it| if is_bad(it) { '?' } else { it }).collect();
    // Twice, for what is left of `**/` and the like.
    let apart = plain.replace("*/", "* /").replace("/*", "/ *").replace("??", "? ?");
    apart.replace("??", "? ?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_cannot_end_early() {
        for text in ["*/", "/*/", "**//", "/**/", "????/", "a\u{202e}b\rc"] {
            let harmless = harmless(text);
            assert!(!harmless.contains("*/") && !harmless.contains("/*") && !harmless.contains("??"), "{harmless}");
            assert!(harmless.is_ascii());
        }
    }
}
