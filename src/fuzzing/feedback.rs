//! What an engine is told of a run beside the edges of our own code: which states of pages and blocks followed which,
//! and what other tasks did in between.

use crate::judge::Judgement;
use machine::TracedEvent;

/// How many counters there are.
pub const COUNTERS: usize = 1 << 15;

/// Counts what happens in runs, into counters of one byte each that saturate.
#[derive(Debug, Default)]
pub struct Feedback {
    /// The last event on each page, and who did it.
    last: Vec<Option<(u8, u16)>>,
}

impl Feedback {
    /// Counts what happened in a recorded run of the strategy with this number.
    pub fn add(&mut self, counters: &mut [u8], strategy: usize, judgement: &Judgement<'_>) {
        self.last.clear();
        for TracedEvent { runner, event, .. } in judgement.run.events.machine() {
            let Some(page) = event.page() else { continue };
            let page = usize::from(page.number());
            if self.last.len() <= page {
                self.last.resize(page + 1, None);
            }
            let shape = event.shape();
            if let Some((before, last)) = self.last[page].replace((*runner, shape)) {
                // Which strategy it was, the edges of the code tell; that another task came in between is worth more
                // than which one.
                count(counters, place(0, last, shape, before != *runner));
            }
        }
        for verdict in judgement.verdicts {
            count(counters, place(1 + strategy, verdict.class as u16, verdict.rule as u16, false));
        }
    }
}

fn count(counters: &mut [u8], place: usize) {
    let place = place % counters.len();
    counters[place] = counters[place].saturating_add(1);
}

const fn place(strategy: usize, first: u16, second: u16, crossed: bool) -> usize {
    let key = (strategy as u64) << 40 | (first as u64) << 24 | (second as u64) << 8 | crossed as u64;
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as usize
}

#[cfg(test)]
mod tests {
    use super::{COUNTERS, Feedback};
    use crate::fuzzing::tests::CLEARED_TAIL;
    use crate::judge::Judge;
    use case::Case;
    use oracle::Profile;

    fn counted(schedule: &str) -> Vec<usize> {
        let text = CLEARED_TAIL.replace("schedule w:9 u:3 w:4 r\n", schedule);
        let case = Case::parse("it", &text).expect("a case");
        let strategy = strategies::find("zero-tail-retry").expect("it is registered");
        let mut counters = vec![0; COUNTERS];
        Feedback::default().add(&mut counters, 0, &Judge::recording(Profile::Linux).replay(&case, strategy));
        counters.iter().enumerate().filter(|(_, count)| **count > 0).map(|(place, _)| place).collect()
    }

    #[test]
    fn another_interleaving_is_something_new_and_the_same_is_not() {
        let sequential = counted("");
        assert!(!sequential.is_empty());
        assert_eq!(sequential, counted(""));
        assert_ne!(sequential, counted("schedule w:9 u:3 w:4 r\n"));
    }
}
