//! What the fuzz targets do: `fuzz/` holds nothing but glue.

use crate::embargo::Embargo;
use crate::judge::{Judge, Signature};
use crate::reduce::reduce;
use crate::witness::Witnesses;
use arbitrary::{Arbitrary, Unstructured};
use case::{Case, Weights, crossover, generate, mutate, repair};
use fastrand::Rng;
use machine::{Machine, Strategy};
use oracle::Profile;
use std::fmt;

/// An input of a fuzzing engine: all of its bytes, as a case.
#[derive(Clone, PartialEq, Eq)]
pub struct Input {
    /// The case.
    pub case: Case,
}

impl Input {
    /// Any bytes at all are a case.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self { case: repair::decode(bytes).case }
    }
}

/// Engines ask for an input in one of two ways; both make the same case of the same bytes.
impl<'a> Arbitrary<'a> for Input {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(Self::from_bytes(u.bytes(u.len())?))
    }

    fn arbitrary_take_rest(u: Unstructured<'a>) -> arbitrary::Result<Self> {
        Ok(Self::from_bytes(u.take_rest()))
    }
}

/// The text of the case, so that what an engine prints of a crash can be pasted into a file.
impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.case.fmt(f)
    }
}

/// Runs inputs as cases under every strategy that fits, with the schedule that they give.
#[derive(Debug)]
pub struct Fuzzer {
    strategies: Vec<&'static Strategy>,
    judge: Judge,
    known: Witnesses,
}

/// A finding for which there is no witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFinding {
    /// What was found.
    pub signature: Signature,
    /// The smallest case that shows it.
    pub case: Case,
}

impl Fuzzer {
    /// A fuzzer that knows what these witnesses show.
    ///
    /// # Panics
    /// If one of them is not a case: what it shows must not pass for new.
    #[must_use]
    pub fn with_witnesses(texts: &[&str]) -> Self {
        let mut known = Witnesses::none();
        for text in texts {
            let case = Case::parse("a witness", text).unwrap_or_else(|error| panic!("{error}: {:?}", error.mistakes()));
            known.add(&case);
        }
        Self { strategies: strategies::ALL.iter().collect(), judge: Judge::new(Profile::Linux), known }
    }

    /// The same, and what these embargoes hold back is known too.
    ///
    /// # Panics
    /// If the text is no list of embargoes.
    #[must_use]
    pub fn and_embargoes(mut self, text: &str) -> Self {
        self.known.hold_back(Embargo::parse(text).expect("the embargoes are a list of them"));
        self
    }

    /// The same with this strategy alone.
    #[must_use]
    pub fn only(mut self, strategy: &'static Strategy) -> Self {
        self.strategies = vec![strategy];
        self
    }

    /// Runs an input.
    ///
    /// # Errors
    /// The first finding that no witness shows, with the smallest case for it.
    pub fn run(&mut self, input: &Input) -> Result<(), Box<NewFinding>> {
        let case = &input.case;
        for at in 0..self.strategies.len() {
            if Machine::refusal(case, self.strategies[at]).is_none() {
                self.run_under(case, self.strategies[at])?;
            }
        }
        Ok(())
    }

    fn run_under(&mut self, case: &Case, strategy: &Strategy) -> Result<(), Box<NewFinding>> {
        let verdicts = self.judge.replay(case, strategy).verdicts;
        let mut found = verdicts.iter().map(|it| Signature::of(case, strategy, it));
        let Some(signature) = found.find(|it| !self.known.knows(it)) else { return Ok(()) };
        let small = reduce(&mut self.judge, case, strategy, &signature, Profile::Linux, &mut |_| {});
        // A case that runs differently the second time is a bug of ours, and no less a crash.
        let case = small.unwrap_or_else(|error| panic!("{signature}: {error}\n{case}"));
        Err(Box::new(NewFinding { signature, case }))
    }

    /// Runs an input for a fuzzing engine, to which a new finding is a crash.
    ///
    /// # Panics
    /// With a report, if something new was found.
    pub fn run_or_crash(&mut self, input: &Input) {
        if let Err(finding) = self.run(input) {
            panic!("{}", finding.report());
        }
    }
}

impl NewFinding {
    /// What was found, and the commands that show it again.
    #[must_use]
    pub fn report(&self) -> String {
        let Self { signature, case } = self;
        let strategy = signature.strategy;
        format!(
            "new: {signature}\n\n\
             cat > finding.case <<'END'\n{case}END\n\
             cargo run --release -- run --strategy {strategy} finding.case\n\
             cargo run --release -- explain --strategy {strategy} finding.case\n"
        )
    }
}

/// Mutates `data[..size]` as a case, within the whole of `data`, and returns the new size; `None` where the engine's own mutator is to do
/// it: for a share of the calls, since it goes where the structured one does not, and when the case has become too long.
#[must_use]
pub fn mutate_input(data: &mut [u8], size: usize, seed: u32) -> Option<usize> {
    let mut random = Rng::with_seed(seed.into());
    let bytes = random_bytes(&mut random);
    let mut choices = Unstructured::new(&bytes);
    let case = match random.u8(..16) {
        0..4 => return None,
        4 => generate(&mut choices, &weights()),
        _ => {
            let mut case = Input::from_bytes(&data[..size]).case;
            mutate(&mut case, &mut choices, &weights());
            case
        }
    };
    put(&case, data)
}

/// Crosses two inputs as cases; `None` if the child is too long.
#[must_use]
pub fn cross_inputs(a: &[u8], b: &[u8], out: &mut [u8], seed: u32) -> Option<usize> {
    let bytes = random_bytes(&mut Rng::with_seed(seed.into()));
    let (a, b) = (Input::from_bytes(a).case, Input::from_bytes(b).case);
    put(&crossover(&a, &b, &mut Unstructured::new(&bytes)), out)
}

fn put(case: &Case, out: &mut [u8]) -> Option<usize> {
    let text = case.print();
    out.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
    Some(text.len())
}

fn random_bytes(random: &mut Rng) -> [u8; 512] {
    let mut bytes = [0; 512];
    random.fill(&mut bytes);
    bytes
}

/// What cases may contain: every filesystem that some strategy runs on, and a schedule, because there is no other scheduler here.
fn weights() -> Weights {
    let mut weights = Weights { schedule: true, ..Weights::default() };
    for (filesystem, form) in strategies::ALL.iter().flat_map(machine::Strategy::ground) {
        // No form: each strategy then takes the one that it needs, and the case is run under all of them.
        for form in [None, Some(form)] {
            if !weights.filesystems.contains(&(filesystem, form)) {
                weights.filesystems.push((filesystem, form));
            }
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::{Fuzzer, Input, cross_inputs, mutate_input};
    use arbitrary::{Arbitrary, Unstructured};
    use case::repair;

    /// A cleared tail that a reader sees.
    const CLEARED_TAIL: &str = "\
shortcopy case 1
fs block
file a size 64 disk 0..64 cached -
memory m pages 2 resident 1
task w write a 0 [m 0..40, m 60..84]
task r read a 0..64
task u reclaim-pte m page 1
schedule w:9 u:3 w:4 r
";

    fn first_finding(witnesses: &[&str]) -> Option<String> {
        let strategy = strategies::find("zero-tail-retry").expect("it is registered");
        let mut fuzzer = Fuzzer::with_witnesses(witnesses).only(strategy);
        fuzzer.run(&Input::from_bytes(CLEARED_TAIL.as_bytes())).err().map(|it| it.report())
    }

    #[test]
    fn a_finding_is_new_until_there_is_a_witness() {
        let report = first_finding(&[]).expect("zero-tail-retry shows its zeroes");
        assert!(report.starts_with("new: ZERO transient (R1) under zero-tail-retry on block"), "{report}");
        assert!(report.contains("explain --strategy zero-tail-retry finding.case"), "{report}");
        let text = report.split("<<'END'\n").nth(1).and_then(|rest| rest.split("END\n").next()).expect("the case");
        assert!(
            !first_finding(&[text]).is_some_and(|report| report.contains("ZERO transient (R1) under zero-tail-retry"))
        );
    }

    #[test]
    fn mutants_are_cases_and_fit() {
        let mut mutated = 0;
        for seed in 0..2_000 {
            let mut data = [0; 1024];
            data[..CLEARED_TAIL.len()].copy_from_slice(CLEARED_TAIL.as_bytes());
            if let Some(size) = mutate_input(&mut data, CLEARED_TAIL.len(), seed) {
                assert_eq!(repair::decode(&data[..size]).repaired, 0);
                mutated += 1;
            }
        }
        assert!((1_000..1_900).contains(&mutated), "{mutated} of 2000 went to the structured mutator");
    }

    #[test]
    fn children_are_cases_and_fit() {
        for seed in 0..500 {
            let mut out = [0; 1024];
            let size = cross_inputs(CLEARED_TAIL.as_bytes(), b"", &mut out, seed).expect("it fits");
            assert_eq!(repair::decode(&out[..size]).repaired, 0);
        }
        assert_eq!(cross_inputs(CLEARED_TAIL.as_bytes(), b"", &mut [0; 16], 1), None);
    }

    #[test]
    fn both_ways_of_asking_give_the_same_case() {
        for bytes in [CLEARED_TAIL.as_bytes(), b"task w write", b"\xff\0file a", b""] {
            let wanted = Input::from_bytes(bytes);
            assert_eq!(Input::arbitrary(&mut Unstructured::new(bytes)), Ok(wanted.clone()));
            assert_eq!(Input::arbitrary_take_rest(Unstructured::new(bytes)), Ok(wanted));
        }
    }
}
