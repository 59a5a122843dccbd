//! The target `differential`: the same case, one task after the other, under all strategies that do not break on it.
//! What the calls return, how long the files are and what is in them at rest is the same for all, up to the differences
//! that a strategy declares.

use super::Setup;
use super::sequential::make_sequential;
use super::state::State;
use super::trial::Trial;
use crate::judge::Judge;
use case::{Case, Form};
use machine::{Defect, DefectSet, Difference, Machine, Strategy};
use oracle::{Call, Cell, Errno, FileId, History, OperationId, Origin, Outcome, Profile, Quirk, QuirkSeen, Way};
use std::fmt;

/// Compares strategies.
#[derive(Debug)]
pub struct Differential {
    strategies: Vec<&'static Strategy>,
    trial: Trial,
    inquiry: DisagreementInquiry,
    sequential: Case,
}

/// What there is to see of a run.
#[derive(Clone, Debug)]
struct Seen {
    strategy: &'static Strategy,
    form: Form,
    /// Whether the operation is a write, and what it returned.
    outcomes: Vec<(bool, Option<Outcome>)>,
    /// Of a store to a mapping of a file, from where on what it stored may be there or not.
    uncertain_from: Vec<Option<u32>>,
    /// The files at rest.
    rest: Vec<(FileId, Way, u32, Vec<Cell>)>,
}

/// Two strategies with nothing wrong about either that did not do the same.
#[derive(Clone, Debug)]
pub struct Disagreement {
    /// The two.
    pub strategies: [&'static str; 2],
    /// In what they differ, in a word: results, sizes or contents.
    pub kind: &'static str,
    /// The same in full.
    pub what: String,
    /// The case, without its schedule.
    pub case: Case,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { strategies: [first, second], what, case, .. } = self;
        writeln!(f, "differs: {first} and {second}: {what}\n")?;
        writeln!(f, "cat > differs.case <<'END'\n{case}END")?;
        writeln!(f, "cargo run --release -- explain --strategy {first} differs.case")?;
        writeln!(f, "cargo run --release -- explain --strategy {second} differs.case")
    }
}

impl Disagreement {
    /// By what it is told from other crashes.
    #[must_use]
    pub fn state(&self) -> State {
        let Self { strategies: [first, second], kind, .. } = self;
        State::new(&format!("{kind} of {first} and {second}"))
    }
}

/// In what two runs differ.
struct Discrepancy {
    kind: &'static str,
    what: String,
    /// The first operation that they do not return the same from.
    operation: Option<OperationId>,
}

/// Looks for the cause of a disagreement.
#[derive(Debug)]
struct DisagreementInquiry {
    judge: Judge,
    forgotten: DefectSet,
}

impl DisagreementInquiry {
    /// Whether the operation is a write of which one counts less than it could, which the oracle forgives by name; or
    /// the two do the same as soon as one defect is mended that is known to be in either.
    fn explains(
        &mut self,
        pair: [&'static Strategy; 2],
        form: Form,
        case: &Case,
        operation: Option<OperationId>,
    ) -> bool {
        self.judge.mend(DefectSet::NONE);
        let counts_less = |it: &&'static Strategy| {
            let _ = self.judge.replay(case, *it);
            let short = |it: &QuirkSeen| it.quirk == Quirk::ShortCount && it.operation == operation;
            operation.is_some() && self.judge.quirks().iter().any(short)
        };
        if pair.iter().any(counts_less) {
            return true;
        }
        let known = |it: &Defect| {
            let scope = it.record().scope;
            !self.forgotten.contains(*it) && pair.iter().any(|it| scope.contains(it.id, case.filesystem, form))
        };
        let candidates: Vec<Defect> = Defect::ALL.iter().copied().filter(known).collect();
        candidates.into_iter().any(|it| {
            self.judge.mend(DefectSet::of(it));
            let [first, second] = pair.map(|it| Seen::of(self.judge.replay(case, it).run.history, it, form));
            first.differs_from(&second).is_none()
        })
    }
}

impl Differential {
    /// With what the engine set up.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        Self {
            strategies: setup.strategies,
            inquiry: DisagreementInquiry { judge: Judge::new(Profile::Linux), forgotten: setup.sieve.forgotten() },
            trial: Trial::new(setup.sieve, setup.counters).remembering(),
            sequential: Case::default(),
        }
    }

    /// Runs a case, made sequential, under every strategy that fits.
    ///
    /// # Errors
    /// The first disagreement between a strategy and the first one that runs on the same form.
    pub fn run(&mut self, case: &Case) -> Result<(), Box<Disagreement>> {
        self.trial.count();
        self.sequential.clone_from(case);
        make_sequential(&mut self.sequential);
        let case = &self.sequential;
        let mut references: Vec<Seen> = Vec::new();
        for (number, strategy) in self.strategies.iter().copied().enumerate() {
            let Some(form) = strategy.form_for(case) else { continue };
            if Machine::refusal(case, strategy).is_some() {
                continue;
            }
            let judgement = self.trial.run(case, strategy, number);
            if !judgement.verdicts.is_empty() || !judgement.accepted.is_empty() || ran_out(judgement.run.history) {
                continue;
            }
            let seen = Seen::of(judgement.run.history, strategy, form);
            match references.iter().find(|it| it.form == form) {
                None => references.push(seen),
                Some(reference) => {
                    if let Some(Discrepancy { kind, what, operation }) = reference.differs_from(&seen) {
                        let pair = [reference.strategy, strategy];
                        if !self.inquiry.explains(pair, form, case, operation) {
                            let strategies = pair.map(|it| it.id);
                            return Err(Box::new(Disagreement { strategies, kind, what, case: case.clone() }));
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

impl Seen {
    fn of(history: &History, strategy: &'static Strategy, form: Form) -> Self {
        let is_write = |call: &Call| matches!(call, Call::Write { .. });
        let outcomes = history.operations.iter().map(|it| (is_write(&it.call), it.outcome)).collect();
        let rest = history.rest.iter().map(|it| (it.file, it.way, it.size, history.cells[it.content.range()].to_vec()));
        let uncertain_from = (0..history.operations.len()).map(|it| uncertain_from(history, it)).collect();
        Self { strategy, form, outcomes, uncertain_from, rest: rest.collect() }
    }

    /// In what the two differ; `None` if that is what one of them declares.
    fn differs_from(&self, other: &Self) -> Option<Discrepancy> {
        for (number, ((is_write, mine), (_, others))) in self.outcomes.iter().zip(&other.outcomes).enumerate() {
            if mine != others {
                // From here on the two have different files.
                let declared = *is_write && (self.may_return(*mine, *others) || other.may_return(*others, *mine));
                let operation = Some(OperationId(number as u8));
                let what = format!("operation #{number} returns {mine:?} and {others:?}");
                return (!declared).then_some(Discrepancy { kind: "results", what, operation });
            }
        }
        for (mine, others) in self.rest.iter().zip(&other.rest) {
            let ((file, way, size, cells), (.., other_size, other_cells)) = (mine, others);
            if size != other_size {
                let what = format!("file {} is {size} and {other_size} long ({way:?})", file.index());
                return Some(Discrepancy { kind: "sizes", what, operation: None });
            }
            // Through a mapping more can be seen than there is.
            let mut cells = (0..*size).zip(cells.iter().zip(other_cells));
            let differing = cells.find(|(at, (mine, others))| !self.are_alike(*at, **mine, **others));
            if let Some((at, _)) = differing {
                let what = format!("file {} is not the same at {at} ({way:?})", file.index());
                return Some(Discrepancy { kind: "contents", what, operation: None });
            }
        }
        None
    }

    /// Whether two cells at the same place are the same for this target. Zeroes are, wherever they come from. So are a
    /// zero and a store that may be there or not.
    fn are_alike(&self, at: u32, mine: Cell, others: Cell) -> bool {
        let may_be_zero = |cell: Cell| match cell.origin() {
            Origin::Stored { operation, .. } => self.uncertain_from[operation.index()].is_some_and(|from| at >= from),
            _ => cell.is_zero(),
        };
        mine == others || mine.is_zero() && may_be_zero(others) || others.is_zero() && may_be_zero(mine)
    }

    /// Whether this strategy declares that it may return this where another returns that.
    fn may_return(&self, mine: Option<Outcome>, others: Option<Outcome>) -> bool {
        self.strategy.differs.iter().any(|difference| match difference {
            Difference::ShortCount => match (mine, others) {
                (Some(Outcome::Done(mine)), Some(Outcome::Done(others))) => mine < others,
                (Some(Outcome::Failed(Errno::EFAULT)), Some(Outcome::Done(_))) => true,
                _ => false,
            },
        })
    }
}

/// Whether blocks or frames ran out, which is the only way for a fault to hit a sequential case. How far a write gets
/// then is each strategy's own: some ask for a page at once, some for a segment.
fn ran_out(history: &History) -> bool {
    history.operations.iter().any(|it| !it.faults.is_empty())
}

/// From where in its file on what an operation stored may be there or not, if it is a store to a mapping of one: past
/// the end that the file had then, since it is there when the file has grown, unless somebody has written the page out
/// in between, and who does is each strategy's own; and everywhere if it ended in a signal, since nobody is told how
/// much of it was done.
fn uncertain_from(history: &History, operation: usize) -> Option<u32> {
    let (before, it) = (&history.operations[..operation], &history.operations[operation]);
    let Call::Store { memory, .. } = it.call else { return None };
    let (mapped, _) = history.memories[memory.index()].mapped?;
    if !matches!(it.outcome, Some(Outcome::Done(_))) {
        return Some(0);
    }
    // The case looks after each change.
    let looked = before.iter().rev().find_map(|it| match it.call {
        Call::Stat { file } if file == mapped => it.position,
        _ => None,
    });
    Some(looked.unwrap_or(history.files[mapped.index()].size))
}

#[cfg(test)]
mod tests {
    use super::{Differential, Seen, Setup};
    use case::{Case, Form};
    use machine::Strategy;
    use oracle::{Cell, OperationId, Origin, ZeroSite};

    fn disagreement(strategies: [&'static Strategy; 2], text: &str) -> Option<String> {
        let setup = Setup { strategies: strategies.to_vec(), ..Setup::default() };
        let case = Case::parse("it", text).expect("a case");
        Differential::new(setup).run(&case).err().map(|it| it.what)
    }

    fn named(id: &str) -> &'static Strategy {
        strategies::find(id).expect("it is registered")
    }

    /// The second segment ends in the middle: two-copy counts what of it could be copied, gup-two-kmap the segment
    /// before it only.
    const SHORT: &str = "\
shortcopy case 1
fs block
file a size 64 disk 0..64 cached 0 uptodate
memory m pages 1 resident 0
task w write a 20 [m 0..64, m 60..80]
";

    #[test]
    fn a_short_count_has_to_be_declared() {
        let declares = named("gup-two-kmap");
        assert_eq!(disagreement([named("two-copy"), declares], SHORT), None);
        let silent = Box::leak(Box::new(Strategy { differs: &[], ..*declares }));
        let what = disagreement([named("two-copy"), silent], SHORT).expect("nobody declares it");
        assert!(what.starts_with("operation #0 returns"), "{what}");
    }

    /// The second segment ends early: baseline counts by the page, and what mends the other one makes it count all that
    /// could be copied.
    #[test]
    fn a_count_that_the_oracle_calls_short_is_no_disagreement() {
        let text = "\
shortcopy case 1
geometry page 64 block 16
fs block
file a size 60 disk 0..64 cached -
memory m pages 1 resident 0
task u write a 85 [m 0..64, m 0..107]
task u stat a
mended all
";
        assert_eq!(disagreement([named("baseline"), named("unpaging-lock")], text), None);
    }

    #[test]
    fn a_size_that_a_later_truncate_hides_is_seen_by_the_oracle_first() {
        let text = "\
shortcopy case 1
geometry page 64 block 64
machine fault-locks-page
fs server
file a size 64 disk 0..64 cached -
memory m pages 2 maps a page 0 resident -
memory n pages 1 resident 0
task w append a [n 64..128]
task w mlock m
task w truncate a 0
";
        assert_eq!(disagreement([named("baseline"), named("gup-two-kmap")], text), None);
    }

    /// The first write is short and ends within the page that is then stored to.
    #[test]
    fn what_was_stored_past_the_end_may_surface_or_not() {
        let text = "\
shortcopy case 1
fs cont write-begin-trims
file a size 128 disk 0..128 cached 0 blocks 2 3
memory m pages 3 maps a page 0 resident -
memory n pages 3 resident -
task w write a 94 [n 113..194, n 192..256]
task w store m 128..192
task w write a 221 [n 63..64]
";
        assert_eq!(disagreement([named("perform-write-5.16"), named("perform-write-6.15")], text), None);
    }

    #[test]
    fn what_was_stored_within_the_file_is_compared() {
        let (form, outcomes, rest) = (Form::PrepareWrite, Vec::new(), Vec::new());
        let uncertain_from = vec![Some(128)];
        let seen = Seen { strategy: named("baseline"), form, outcomes, uncertain_from, rest };
        let zero = Cell::zero(ZeroSite::Start, None);
        let stored = Cell::new(Origin::Stored { operation: OperationId(0), offset: 0 });
        assert!(seen.are_alike(128, stored, zero), "it was past the end");
        assert!(!seen.are_alike(127, stored, zero), "it was within");
    }

    /// The store ends in a signal at the second page; then the write's failed copy clears the first one, which is no
    /// fault if nothing was stored.
    #[test]
    fn what_a_failed_store_has_done_is_not_compared() {
        let text = "\
shortcopy case 1
geometry page 64 block 64
machine fault-locks-page copy-clears-tail
fs nobh before-patch-1
file a size 0 disk 0..64 cached -
memory m pages 3 maps a page 0 resident 1
memory n pages 2 resident 0,1
task w write a 64 [n 50..114]
task w stat a
task w truncate a 64
task w stat a
task w mremap n
task w store m 0..191
task w read a 0..64
task w write a 0 [n 0..127]
task w stat a
";
        assert_eq!(disagreement([named("baseline"), named("gup-two-kmap")], text), None);
    }

    /// The disk is full after one block of the last page: baseline has written the segment before by then, whole-chunk
    /// nothing.
    #[test]
    fn how_far_a_write_gets_on_a_full_disk_is_not_compared() {
        let text = "\
shortcopy case 1
geometry page 64 block 8
fs extent
file a size 8 disk 0..8 cached -
memory m pages 4 resident 0,1,2,3
task w append a [m 0..256]
task w append a [m 0..256]
task w append a [m 0..256]
task w append a [m 0..248]
task w append a [m 0..8, m 0..8]
";
        assert_eq!(disagreement([named("baseline"), named("whole-chunk")], text), None);
    }
}
