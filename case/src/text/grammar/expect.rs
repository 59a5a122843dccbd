//! `fault`, `schedule` and `expect`: what goes wrong, who runs when, what should be found.

use super::Parser;
use super::tokens::unknown;
use crate::model::{Case, Expectation, Fault, Injection, Runner, Slice};
use crate::spelling;
use crate::text::lex::Kind;
use crate::text::policy::{Parsed, Policy, Problem};

impl<'t, P: Policy> Parser<'t, P> {
    /// `fault KIND AT [times N] [cells N]`
    pub(super) fn fault(&mut self) -> Parsed<()> {
        self.room_for_one("faults", self.case.faults.len(), Case::MAX_FAULTS)?;
        let token = self.token;
        let written = self.advance();
        let Some(mut kind) = Injection::from_word(written) else {
            return Err(self.refuse(token.span, |_| unknown("fault", written, &Injection::WORDS)));
        };
        let at = self.number("the chance at which it happens, counted from 1", 1..=Case::MAX_CHANCE)?;
        let times = if self.take_word(b"times") {
            self.number("how many times in a row it happens", 1..=Case::MAX_CHANCE)?
        } else {
            1
        };
        if let Injection::PartialCommit { cells } = &mut kind {
            self.keyword("cells")?;
            *cells = self.number("the number of cells", 1..=self.case.geometry.page)?;
        }
        self.end("`times N` or the end of the line")?;
        self.case.faults.push(Fault { kind, at, times });
        Ok(())
    }

    /// `schedule {TASK[:STEPS] | disk[:STEPS]}`
    pub(super) fn schedule(&mut self) -> Parsed<()> {
        while !self.at_end() {
            self.room_for_one("turns in the schedule", self.case.schedule.len(), Case::MAX_SLICES)?;
            let runner = if self.take_word(b"disk") { Runner::Disk } else { Runner::Task(self.task()?) };
            let steps = if self.take_symbol(b':') {
                Some(self.number("a number of steps", 1..=Case::MAX_STEPS)?)
            } else {
                None
            };
            self.case.schedule.push(Slice { runner, steps });
        }
        Ok(())
    }

    /// `expect STRATEGY (silent | CLASS [DETAIL])`
    pub(super) fn expectation(&mut self) -> Parsed<()> {
        self.room_for_one("expectations", self.case.expectations.len(), Case::MAX_EXPECTATIONS)?;
        let strategy = self.foreign("a strategy's name, or `all`", spelling::is_strategy)?;
        let class =
            self.foreign("`silent`, or a class like `ZERO`", |word| word == "silent" || spelling::is_class(word))?;
        let finding = if class == "silent" {
            None
        } else if self.at_end() {
            Some((class.to_owned(), None))
        } else {
            let detail = self.foreign("`transient`, `persistent`, a deadlock's cycle", spelling::is_detail)?;
            Some((class.to_owned(), Some(detail.to_owned())))
        };
        self.end("the end of the line")?;
        self.case.expectations.push(Expectation { strategy: strategy.to_owned(), finding });
        Ok(())
    }

    /// A word that another crate gives its meaning to.
    pub(super) fn foreign(&mut self, expected: &str, is_valid: impl Fn(&str) -> bool) -> Parsed<&'t str> {
        if self.token.kind == Kind::End {
            return Err(self
                .refuse(self.token.span, |_| Problem::new("the line ends too early", format!("expected {expected}"))));
        }
        let (word, span) = self.line.rest_of_word(self.token.span.start);
        self.token = self.line.token();
        match std::str::from_utf8(word) {
            Ok(text) if is_valid(text) => Ok(text),
            _ => Err(self.refuse(span, |_| {
                let written = String::from_utf8_lossy(word);
                Problem::new(format!("unexpected `{written}`"), format!("expected {expected}"))
            })),
        }
    }
}
