//! The comparison: two views of one case, and in what they differ.

use super::seen::{Matter, Seen, SeenOperation, SeenRest};
use case::{Case, File, TaskOperation};
use oracle::{Call, Outcome, Way};
use std::fmt;

/// What of a run differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Aspect {
    /// One of the two stopped before the end.
    Stop,
    /// What an operation returned.
    Return,
    /// Where an append went.
    Position,
    /// A size that was seen on the way.
    Size,
    /// Content that was seen on the way.
    Content,
    /// A size at rest.
    RestSize,
    /// Content at rest.
    RestContent,
    /// Which blocks have a place on the disk at rest.
    Blocks,
    /// What a mapping shows between the end of the file and the end of its last page.
    Tail,
}

impl Aspect {
    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Return => "return",
            Self::Position => "position",
            Self::Size => "size",
            Self::Content => "content",
            Self::RestSize => "rest-size",
            Self::RestContent => "rest-content",
            Self::Blocks => "blocks",
            Self::Tail => "tail",
        }
    }
}

/// What one side shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observation {
    /// A return value; `None` if there was none.
    Outcome(Option<Outcome>),
    /// A size or a position.
    Number(Option<u32>),
    /// What a cell holds.
    Matter(Matter),
    /// Whether a block has a place on the disk.
    Allocated(bool),
    /// Whether it stopped before the end.
    Stopped(bool),
}

impl fmt::Display for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outcome(Some(Outcome::Done(count))) => write!(f, "{count}"),
            Self::Outcome(Some(Outcome::Failed(errno))) => write!(f, "{errno:?}"),
            Self::Outcome(Some(other)) => write!(f, "{other:?}"),
            Self::Outcome(None) => f.write_str("nothing"),
            Self::Number(Some(number)) => write!(f, "{number}"),
            Self::Number(None) => f.write_str("nowhere"),
            Self::Matter(matter) => matter.fmt(f),
            Self::Allocated(true) => f.write_str("allocated"),
            Self::Allocated(false) => f.write_str("a hole"),
            Self::Stopped(true) => f.write_str("stopped"),
            Self::Stopped(false) => f.write_str("ended"),
        }
    }
}

/// A difference between the simulator and a kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// In what.
    pub aspect: Aspect,
    /// The operation, by its place in the case; `None` at rest.
    pub operation: Option<usize>,
    /// How the file was looked at, at rest.
    pub way: Option<Way>,
    /// The file, at rest.
    pub file: Option<usize>,
    /// The first cell of its file or memory of which this is true; 0 where it is not about cells.
    pub at: u32,
    /// How many cells.
    pub cells: u32,
    /// What the simulator shows.
    pub simulated: Observation,
    /// What the kernel shows.
    pub real: Observation,
    /// In words, all but the two.
    pub subject: String,
}

impl Difference {
    /// What makes two differences of the same kind: in what they differ, and of what operation.
    #[must_use]
    pub fn kind(&self, case: &Case) -> String {
        let operation = self.operation.and_then(|it| operation_of(case, it)).map_or("", TaskOperation::word);
        let way = self.way.map_or("", |way| match way {
            Way::Read => "read",
            Way::Mapping => "mapping",
            Way::Evicted => "evicted",
            Way::Crash => "crash",
        });
        let sides = match (self.simulated, self.real) {
            (Observation::Matter(simulated), Observation::Matter(real)) => {
                format!("-{}-{}", sort(simulated), sort(real))
            }
            (Observation::Number(simulated), Observation::Number(real)) if simulated < real => "-longer".to_owned(),
            (Observation::Number(_), Observation::Number(_)) => "-shorter".to_owned(),
            (_, Observation::Allocated(true)) => "-more".to_owned(),
            (_, Observation::Allocated(false)) => "-fewer".to_owned(),
            _ => String::new(),
        };
        format!("{}-{operation}{way}{sides}", self.aspect.word())
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { simulated, real, subject, .. } = self;
        write!(f, "{subject}: {simulated} in the simulator, {real} on the kernel")
    }
}

const fn sort(matter: Matter) -> &'static str {
    match matter {
        Matter::Zero => "zero",
        Matter::Nobody => "nobody",
        Matter::Data(_) => "data",
    }
}

fn operation_of(case: &Case, number: usize) -> Option<&TaskOperation> {
    case.tasks.iter().flat_map(|it| &it.operations).nth(number)
}

/// All differences, in the order in which they came to be: what is on the way, then what is at rest. They end at an
/// operation that changes something and cannot be had on the kernel: from there on the two have different files.
#[must_use]
pub fn compare(case: &Case, simulated: &Seen, real: &Seen) -> Vec<Difference> {
    let mut differences = Vec::new();
    if simulated.stop.is_some() || real.stop.is_some() {
        let why = simulated.stop.iter().chain(&real.stop).map(String::as_str).collect::<Vec<_>>().join(", ");
        differences.push(Difference {
            aspect: Aspect::Stop,
            operation: None,
            way: None,
            file: None,
            at: 0,
            cells: 0,
            simulated: Observation::Stopped(simulated.stop.is_some()),
            real: Observation::Stopped(real.stop.is_some()),
            subject: why,
        });
        return differences;
    }
    for (number, (mine, theirs)) in simulated.operations.iter().zip(&real.operations).enumerate() {
        if theirs.outcome.is_none() {
            if changes_something(&mine.call) {
                return differences;
            }
            continue;
        }
        let words = operation_of(case, number).map_or_else(String::new, |it| case.print_operation(it));
        operation(&mut differences, (number, &format!("#{number} {words}")), mine, theirs);
    }
    for mine in &simulated.rest {
        if let Some(theirs) = real.rest.iter().find(|it| (it.file, it.way) == (mine.file, mine.way)) {
            rest(&mut differences, case, mine, theirs);
        }
    }
    if let (Some(mine), Some(theirs)) = (&simulated.allocated, &real.allocated) {
        for (file, (mine, theirs)) in mine.iter().zip(theirs).enumerate() {
            let size = real.rest.iter().find(|it| it.file == file).map_or(0, |it| it.size);
            blocks(&mut differences, case, (file, size), mine, theirs);
        }
    }
    differences
}

/// Whether what follows depends on it.
const fn changes_something(call: &Call) -> bool {
    !matches!(call, Call::Other | Call::Read { .. } | Call::Stat { .. } | Call::Load { .. } | Call::Fsync { .. })
}

fn operation(
    differences: &mut Vec<Difference>,
    (number, subject): (usize, &str),
    mine: &SeenOperation,
    theirs: &SeenOperation,
) {
    let difference = |aspect, simulated, real| Difference {
        aspect,
        operation: Some(number),
        way: None,
        file: None,
        at: 0,
        cells: 0,
        simulated,
        real,
        subject: subject.to_owned(),
    };
    if mine.outcome != theirs.outcome {
        let (simulated, real) = (Observation::Outcome(mine.outcome), Observation::Outcome(theirs.outcome));
        differences.push(difference(Aspect::Return, simulated, real));
        return;
    }
    if mine.position != theirs.position {
        let is_size = matches!(mine.call, Call::Stat { .. });
        let aspect = if is_size { Aspect::Size } else { Aspect::Position };
        let (simulated, real) = (Observation::Number(mine.position), Observation::Number(theirs.position));
        differences.push(difference(aspect, simulated, real));
    }
    // A load that ended in a signal has seen something on the way, which no program gets.
    if !matches!(mine.outcome, Some(Outcome::Done(_))) {
        return;
    }
    let start = match mine.call {
        Call::Read { offset, .. } | Call::Load { offset, .. } => offset,
        _ => 0,
    };
    for run in runs(&mine.observed, &theirs.observed) {
        let at = start + run.at;
        let it = difference(Aspect::Content, run.simulated, run.real);
        let subject = format!("{subject} at {at}");
        differences.push(Difference { at, cells: run.cells, subject, ..it });
    }
}

/// The blocks inside the file. What lies past its end is nobody's business: filesystems allocate ahead. Where the file
/// had blocks past its end from the beginning, the model counts none.
fn blocks(differences: &mut Vec<Difference>, case: &Case, (file, size): (usize, u32), mine: &[u32], theirs: &[u32]) {
    let File { name, size: first, extents, .. } = &case.files[file];
    let ahead = extents.iter().filter(|it| it.range.end > *first).map(|it| it.range.start.max(*first)).min();
    for logical in 0..size.div_ceil(case.geometry.block) {
        let (simulated, real) = (mine.contains(&logical), theirs.contains(&logical));
        let at = logical * case.geometry.block;
        if simulated != real && ahead.is_none_or(|ahead| at < ahead) {
            differences.push(Difference {
                aspect: Aspect::Blocks,
                operation: None,
                way: None,
                file: Some(file),
                at,
                cells: case.geometry.block,
                simulated: Observation::Allocated(simulated),
                real: Observation::Allocated(real),
                subject: format!("file {name} at rest, the block at {at}"),
            });
        }
    }
}

fn rest(differences: &mut Vec<Difference>, case: &Case, mine: &SeenRest, theirs: &SeenRest) {
    let name = case.files[mine.file].name;
    let how = match mine.way {
        Way::Read => "by read",
        Way::Mapping => "through a mapping",
        Way::Evicted => "from the disk",
        Way::Crash => "after a crash",
    };
    let subject = format!("file {name} at rest, {how}");
    let base = Difference {
        aspect: Aspect::RestSize,
        operation: None,
        way: Some(mine.way),
        file: Some(mine.file),
        at: 0,
        cells: 0,
        simulated: Observation::Number(Some(mine.size)),
        real: Observation::Number(Some(theirs.size)),
        subject: subject.clone(),
    };
    if mine.size != theirs.size {
        differences.push(base);
        return;
    }
    for run in runs(&mine.content, &theirs.content) {
        let aspect = if run.at < mine.size { Aspect::RestContent } else { Aspect::Tail };
        let subject = format!("{subject}, at {}", run.at);
        let Run { at, cells, simulated, real } = run;
        differences.push(Difference { aspect, at, cells, simulated, real, subject, ..base.clone() });
    }
    if mine.content.len() != theirs.content.len() {
        // A read that came back short, or an error: what was seen ends at different places.
        let at = mine.content.len().min(theirs.content.len()) as u32;
        let length = |it: &SeenRest| Observation::Number(Some(it.content.len() as u32));
        let subject = format!("{subject}, how much of it");
        let (simulated, real) = (length(mine), length(theirs));
        differences.push(Difference { aspect: Aspect::RestContent, at, simulated, real, subject, ..base });
    }
}

/// Cells next to each other that differ in the same way.
struct Run {
    at: u32,
    cells: u32,
    simulated: Observation,
    real: Observation,
}

fn runs(mine: &[Matter], theirs: &[Matter]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut before = None;
    for (at, (mine, theirs)) in (0..).zip(mine.iter().zip(theirs)) {
        let sorts = (mine != theirs).then(|| (sort(*mine), sort(*theirs)));
        match runs.last_mut() {
            Some(run) if sorts.is_some() && sorts == before => run.cells += 1,
            _ if sorts.is_some() => {
                let (simulated, real) = (Observation::Matter(*mine), Observation::Matter(*theirs));
                runs.push(Run { at, cells: 1, simulated, real });
            }
            _ => {}
        }
        before = sorts;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conform::model_of;
    use machine::Machine;
    use schedule::CaseGiven;

    const CASE: &str = "\
shortcopy case 1
geometry page 64 block 64
fs block write-begin-trims
file a size 128 disk 0..64 cached 0 uptodate, 1 uptodate
memory m pages 2 resident 0 none 1
task w write a 0 [m 40..80]
task w stat a
task w read a 0..128
";

    fn case() -> Case {
        Case::parse("it", CASE).expect("a case")
    }

    fn simulated(case: &Case) -> Seen {
        let strategy = strategies::find(model_of("ext4").expect("a model").strategy).expect("it is registered");
        let mut machine = Machine::new();
        Seen::of(machine.run(case, strategy, &mut CaseGiven::default()).history, case.tasks[0].operations.len())
    }

    fn kinds(case: &Case, mine: &Seen, theirs: &Seen) -> Vec<String> {
        compare(case, mine, theirs).iter().map(|it| it.kind(case)).collect()
    }

    #[test]
    fn two_runs_of_the_same_do_not_differ() {
        let case = case();
        assert_eq!(compare(&case, &simulated(&case), &simulated(&case)), []);
    }

    #[test]
    fn a_count_that_is_one_less_differs() {
        let (case, mine) = (case(), simulated(&case()));
        let mut theirs = mine.clone();
        assert_eq!(mine.operations[0].outcome, Some(Outcome::Done(24)));
        theirs.operations[0].outcome = Some(Outcome::Done(23));
        let differences = compare(&case, &mine, &theirs);
        assert_eq!(kinds(&case, &mine, &theirs), ["return-write"]);
        let words = differences[0].to_string();
        assert_eq!(words, "#0 write a 0 [m 40..80]: 24 in the simulator, 23 on the kernel");
    }

    #[test]
    fn sizes_and_cells_differ_each_by_itself() {
        let (case, mine) = (case(), simulated(&case()));
        let mut theirs = mine.clone();
        theirs.operations[1].position = Some(129);
        // Two cells next to each other are one difference, a third further on is another.
        for at in [3, 4, 9] {
            theirs.operations[2].observed[at] = Matter::Zero;
        }
        let rest = theirs.rest.iter_mut().find(|it| it.way == Way::Evicted).expect("a look at the disk");
        rest.content[70] = Matter::Nobody;
        let expected = [
            "size-stat-longer",
            "content-read-data-zero",
            "content-read-data-zero",
            "rest-content-evicted-zero-nobody",
        ];
        assert_eq!(kinds(&case, &mine, &theirs), expected);
        let cells: Vec<u32> = compare(&case, &mine, &theirs).iter().map(|it| it.cells).collect();
        assert_eq!(cells, [0, 2, 1, 1]);
    }

    #[test]
    fn who_made_a_zero_and_a_look_that_one_side_lacks_do_not_matter() {
        let (case, mine) = (case(), simulated(&case()));
        let mut theirs = mine.clone();
        let zero = oracle::Cell::zero(oracle::ZeroSite::Punch, None);
        assert_eq!(mine.operations[2].observed[100], Matter::of(zero));
        theirs.rest.retain(|it| it.way == Way::Read);
        assert_eq!(kinds(&case, &mine, &theirs), [""; 0]);
    }

    #[test]
    fn nothing_is_compared_after_what_the_kernel_cannot_do() {
        let (case, mine) = (case(), simulated(&case()));
        let mut theirs = mine.clone();
        theirs.operations[0].outcome = None;
        theirs.operations[1].position = Some(7);
        assert_eq!(kinds(&case, &mine, &theirs), [""; 0]);
    }
}
