//! What the fuzz targets do: `fuzz/` holds nothing but glue.

mod canary;
mod case_format;
mod crash;
mod differential;
mod feedback;
mod finding;
mod input;
mod mutator;
mod named;
mod oracle;
mod selection;
mod sequential;
mod state;
mod strategies;
mod trial;

pub use canary::Canary;
pub use crash::Crash;
pub use differential::{Differential, Disagreement};
pub use feedback::{COUNTERS, Feedback};
pub use finding::{New, NewFinding, Sieve};
pub use input::Input;
pub use mutator::{BLIND_VARIABLE, cross_inputs, mutate_input};
pub use selection::{SelectionError, VARIABLE as STRATEGIES_VARIABLE, from_environment, select};
pub use state::State;
pub use strategies::Strategies;

use self::oracle::Oracle;
use case::Case;
use machine::{Defect, DefectSet, Strategy};
use std::fmt;
use std::path::Path;
use std::sync::LazyLock;

/// The variable that names a file for what is found: then nothing is a crash.
pub const RECORD_VARIABLE: &str = "SHORTCOPY_RECORD";

/// The variable that rehearses crashes: names with commas between them. What these defects cause is taken for new, and
/// what these strategies declare to do otherwise than the rest is not taken.
pub const FORGET_VARIABLE: &str = "SHORTCOPY_FORGET";

/// What a target is made of.
#[derive(Debug)]
pub struct Setup {
    /// The strategies that it may run.
    pub strategies: Vec<&'static Strategy>,
    /// What it makes of verdicts.
    pub sieve: Sieve,
    /// What it tells the engine with, if the engine listens.
    pub counters: Option<&'static mut [u8]>,
}

impl Default for Setup {
    /// All strategies. What is known is compiled in.
    fn default() -> Self {
        Self { strategies: ::strategies::ALL.iter().collect(), sieve: Sieve::default(), counters: None }
    }
}

impl Setup {
    /// The same, with the strategies, the record and the gaps in what is known that the environment asks for.
    ///
    /// # Panics
    /// With what is wrong with them.
    #[must_use]
    pub fn and_environment(mut self) -> Self {
        self.strategies = from_environment().unwrap_or_else(|error| panic!("{error}"));
        if let Some(path) = std::env::var_os(RECORD_VARIABLE) {
            let path = Path::new(&path);
            self.sieve = Sieve::recording(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
        match std::env::var(FORGET_VARIABLE) {
            Ok(list) => self.forgetting(&list).unwrap_or_else(|error| panic!("{error}")),
            Err(_) => self,
        }
    }

    /// The same, as if the registry did not have these defects, and these strategies declared nothing.
    fn forgetting(mut self, list: &str) -> Result<Self, String> {
        let mut defects = DefectSet::NONE;
        for name in list.split(',').map(str::trim).filter(|it| !it.is_empty()) {
            match (Defect::find(name), ::strategies::find(name)) {
                (Some(defect), _) => defects.insert(defect),
                (None, Some(strategy)) => {
                    let silent = SILENT.iter().find(|it| it.id == strategy.id);
                    self.strategies
                        .iter_mut()
                        .filter(|it| it.id == strategy.id)
                        .for_each(|it| *it = silent.unwrap_or(it));
                }
                (None, None) => {
                    return Err(format!(
                        "{FORGET_VARIABLE}: {name:?} is neither a defect nor a strategy; `shortcopy list` has them all"
                    ));
                }
            }
        }
        self.sieve = self.sieve.forgetting(defects);
        Ok(self)
    }

    /// The same, and the engine is told what happens through these counters.
    #[must_use]
    pub fn and_counters(mut self, counters: &'static mut [u8]) -> Self {
        self.counters = Some(counters);
        self
    }
}

/// The strategies, as if they declared nothing. (What is leaked instead is a crash to an engine that looks for leaks.)
static SILENT: LazyLock<Vec<Strategy>> =
    LazyLock::new(|| ::strategies::ALL.iter().map(|it| Strategy { differs: &[], ..*it }).collect());

/// What a target does with an input. A panic is a crash.
pub enum Body {
    /// It wants a case.
    Case(Run<Case>),
    /// It wants the bytes as they are.
    Bytes(Run<[u8]>),
}

/// What is done with an input.
type Run<I> = Box<dyn FnMut(&I)>;

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Case(_) => "Case",
            Self::Bytes(_) => "Bytes",
        })
    }
}

impl Body {
    /// Runs an input.
    ///
    /// # Panics
    /// If there is something to report.
    pub fn run(&mut self, bytes: &[u8]) {
        match self {
            Self::Case(run) => run(&Input::from_bytes(bytes).case),
            Self::Bytes(run) => run(bytes),
        }
    }

    /// Runs an input that is decoded already.
    ///
    /// # Panics
    /// If there is something to report.
    pub fn run_case(&mut self, case: &Case) {
        match self {
            Self::Case(run) => run(case),
            Self::Bytes(run) => run(case.print().as_bytes()),
        }
    }
}

/// A fuzz target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: that of its file in `fuzz/fuzz_targets`.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub what: &'static str,
    /// Makes it.
    pub make: fn(Setup) -> Body,
}

/// All targets.
pub const TARGETS: &[Target] = &[
    Target {
        name: "strategies",
        what: "a case under the strategy that its first `expect` line names; what no known cause explains is a crash",
        make: |setup| {
            let mut target = Strategies::new(setup);
            Body::Case(Box::new(move |case| or_crash(target.run(case))))
        },
    },
    Target {
        name: "differential",
        what: "a case under all strategies that do not break on it: results, sizes and contents agree, up to what each declares",
        make: |setup| {
            let mut target = Differential::new(setup);
            Body::Case(Box::new(move |case| {
                if let Err(disagreement) = target.run(case) {
                    panic!("{}\n{disagreement}", disagreement.state());
                }
            }))
        },
    },
    Target {
        name: "crash",
        what: "power lost at every step of a case, and the filesystem mounted again",
        make: |setup| {
            let mut target = Crash::new(setup);
            Body::Case(Box::new(move |case| or_crash(target.run(case))))
        },
    },
    Target {
        name: "oracle",
        what: "small histories, judged by the oracle and by brute force",
        make: |_| {
            let mut target = Oracle::default();
            Body::Bytes(Box::new(move |bytes| target.run(bytes)))
        },
    },
    Target {
        name: "case_format",
        what: "any bytes decoded, printed and read again",
        make: |_| Body::Bytes(Box::new(case_format::run)),
    },
    Target {
        name: "canary",
        what: "has to crash within seconds: a test of the plumbing",
        make: |_| {
            let mut target = Canary::default();
            Body::Case(Box::new(move |case| target.run(case)))
        },
    },
];

/// The target of this name.
#[must_use]
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|it| it.name == name)
}

/// What the target of this name does, as the environment asks for it, told to the engine through these counters.
///
/// # Panics
/// If there is none, or if the environment asks for what is not there.
#[must_use]
pub fn body(name: &str, counters: &'static mut [u8]) -> Body {
    let setup = Setup::default().and_environment().and_counters(counters);
    (target(name).expect("the target is registered").make)(setup)
}

fn or_crash(result: Result<(), Box<NewFinding>>) {
    if let Err(finding) = result {
        panic!("{}", finding.report());
    }
}

#[cfg(test)]
mod tests {
    use super::{Input, Setup, Strategies};
    use machine::Strategy;

    /// A cleared tail that a reader sees.
    pub const CLEARED_TAIL: &str = "\
shortcopy case 1
fs block
file a size 64 disk 0..64 cached -
memory m pages 2 resident 1
task w write a 0 [m 0..40, m 60..84]
task r read a 0..64
task u reclaim-pte m page 1
schedule w:9 u:3 w:4 r
";

    fn first_finding(strategies: Vec<&'static Strategy>) -> Option<String> {
        let setup = Setup { strategies, ..Setup::default() };
        let input = Input::from_bytes(CLEARED_TAIL.as_bytes());
        Strategies::new(setup).run(&input.case).err().map(|it| it.report())
    }

    #[test]
    fn what_is_forgotten_is_a_crash() {
        let zero_tail = || super::select("zero-tail-retry").expect("it is registered");
        let crash = |list: &str| {
            let setup = Setup { strategies: zero_tail(), ..Setup::default() }.forgetting(list).expect("there are such");
            Strategies::new(setup).run(&Input::from_bytes(CLEARED_TAIL.as_bytes()).case).err()
        };
        assert!(crash("").is_none());
        let crashed = crash("zero-tail-is-committed").expect("nobody knows it then");
        assert_eq!(crashed.state().to_string(), "panic: zero-tail-is-committed in zero-tail-retry");
        let error = Setup::default().forgetting("nonsense").expect_err("there is none");
        assert!(error.contains("\"nonsense\" is neither a defect nor a strategy"), "{error}");
    }

    #[test]
    fn a_finding_is_new_if_nothing_known_explains_it() {
        assert_eq!(first_finding(super::select("zero-tail-retry").expect("it is registered")), None);
        let liar: &'static Strategy = Box::leak(Box::new(Strategy {
            id: "liar",
            write: |_, _, iov, _| Box::pin(async move { Ok(iov.count()) }),
            ..Strategy::USUAL
        }));
        let report = first_finding(vec![liar]).expect("nothing explains what was not written");
        assert!(report.starts_with("panic: liar on block "), "{report}");
        assert!(report.contains("\nnew: ") && report.contains("\ncause: unexplained\n"), "{report}");
        for command in ["run", "explain", "why", "shrink", "adopt"] {
            assert!(report.contains(&format!("{command} --strategy liar finding.case")), "{report}");
        }
        assert!(report.contains("\nmended all\n"), "{report}");
    }
}
