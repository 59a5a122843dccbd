//! What an engine is told of a run beside the edges of our own code: which states of pages and blocks followed which, and what other tasks did
//! in between.

use crate::judge::Judgement;
use machine::TracedEvent;

/// How many counters there are.
pub const COUNTERS: usize = 1 << 15;

/// Counters of an engine, each one byte that saturates; none, if nobody wants to know.
#[derive(Debug, Default)]
pub struct Feedback {
    counters: Option<Counters>,
    /// The last event on each page, and who did it.
    last: Vec<Option<(u8, u16)>>,
}

/// Where the counters are.
#[derive(Debug)]
enum Counters {
    Engine(&'static mut [u8]),
    Kept(Box<[u8]>),
}

impl Feedback {
    /// Tells nobody.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Counts into these.
    #[must_use]
    pub fn to(counters: &'static mut [u8]) -> Self {
        Self { counters: Some(Counters::Engine(counters)), last: Vec::new() }
    }

    /// Counts into counters of its own.
    #[must_use]
    pub fn kept() -> Self {
        Self { counters: Some(Counters::Kept(vec![0; COUNTERS].into_boxed_slice())), last: Vec::new() }
    }

    /// The counters, to read and to clear; `None` if nobody wants to know.
    pub fn counters(&mut self) -> Option<&mut [u8]> {
        match self.counters.as_mut()? {
            Counters::Engine(counters) => Some(counters),
            Counters::Kept(counters) => Some(counters),
        }
    }

    /// Whether anybody wants to know: runs have to be recorded then.
    #[must_use]
    pub const fn is_wanted(&self) -> bool {
        self.counters.is_some()
    }

    /// Counts what happened in a recorded run of the strategy with this number.
    pub fn add(&mut self, strategy: usize, judgement: &Judgement<'_>) {
        let counters: &mut [u8] = match &mut self.counters {
            None => return,
            Some(Counters::Engine(counters)) => counters,
            Some(Counters::Kept(counters)) => counters,
        };
        self.last.clear();
        for TracedEvent { runner, event, .. } in judgement.run.events {
            let Some(page) = event.page() else { continue };
            let page = usize::from(page.number());
            if self.last.len() <= page {
                self.last.resize(page + 1, None);
            }
            let shape = event.shape();
            if let Some((before, last)) = self.last[page].replace((*runner, shape)) {
                // Which strategy it was, the edges of the code tell; that another task came in between is worth more than which one.
                let place = place(0, last, shape, before != *runner);
                counters[place % counters.len()] = counters[place % counters.len()].saturating_add(1);
            }
        }
        for verdict in judgement.verdicts {
            let place = place(1 + strategy, verdict.class as u16, verdict.rule as u16, false);
            counters[place % counters.len()] = counters[place % counters.len()].saturating_add(1);
        }
    }
}

const fn place(strategy: usize, first: u16, second: u16, crossed: bool) -> usize {
    let key = (strategy as u64) << 40 | (first as u64) << 24 | (second as u64) << 8 | crossed as u64;
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize
}

#[cfg(test)]
mod tests {
    use super::Feedback;
    use crate::fuzzing::tests::CLEARED_TAIL;
    use crate::judge::Judge;
    use case::Case;
    use oracle::Profile;

    fn counted(schedule: &str) -> Vec<usize> {
        let text = CLEARED_TAIL.replace("schedule w:9 u:3 w:4 r\n", schedule);
        let case = Case::parse("it", &text).expect("a case");
        let strategy = strategies::find("zero-tail-retry").expect("it is registered");
        let mut feedback = Feedback::kept();
        feedback.add(0, &Judge::recording(Profile::Linux).replay(&case, strategy));
        let counted = feedback.counters().expect("they are there").iter().enumerate();
        counted.filter(|(_, count)| **count > 0).map(|(place, _)| place).collect()
    }

    #[test]
    fn another_interleaving_is_something_new_and_the_same_is_not() {
        let sequential = counted("");
        assert!(!sequential.is_empty());
        assert_eq!(sequential, counted(""));
        assert_ne!(sequential, counted("schedule w:9 u:3 w:4 r\n"));
    }
}
