//! The plan of a C program: what it needs, so that it has nothing that it does not need.

use super::judgement::Question;
use super::marks::Marks;
pub(super) use super::marks::PAGE;
use case::{Case, Iovec, MemoryKind, MemoryRegion, PageRange, Runner, TaskOperation};
use host::Manner;

/// What lies behind a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Backing {
    /// Plain anonymous memory, all of it there from beginning to end.
    Plain,
    /// A memfd, into which its pages go when they are taken away.
    Swap,
    /// The file that it maps.
    File,
}

/// What a program needs.
#[derive(Debug)]
pub(super) struct Plan<'c> {
    pub case: &'c Case,
    pub manner: Option<Manner>,
    /// Whether tasks are threads.
    pub threaded: bool,
    /// Whether threads stop at pages that are not there.
    pub stops: bool,
    /// What lies behind each memory.
    pub backing: Vec<Backing>,
    /// Which memories have a mark of their own, instead of being filled for each write.
    pub has_own_mark: Vec<bool>,
    pub marks: Marks,
    /// What is to be found out.
    pub question: Question,
}

impl<'c> Plan<'c> {
    /// The plan for a case.
    pub fn of(case: &'c Case) -> Self {
        let manner = Manner::of(case);
        let races = manner.is_some_and(|it| it.racing);
        let scheduled = case.schedule.iter().any(|it| matches!(it.runner, Runner::Task(_)));
        let tasks = case.tasks.iter().filter(|it| !it.operations.is_empty()).count();
        let threaded = tasks > 1 && (scheduled || races);
        let memories = 0..case.memories.len();
        let backing: Vec<Backing> = memories.clone().map(|it| backing(case, it, threaded)).collect();
        let stops = threaded && backing.contains(&Backing::Swap);
        let has_own_mark: Vec<bool> = memories.map(|it| has_own_mark(case, it, threaded)).collect();
        let marks = Marks::of(case, &has_own_mark);
        let question = Question::of(case, &marks, &has_own_mark);
        Self { case, manner, threaded, stops, backing, has_own_mark, marks, question }
    }

    /// So many cells in bytes.
    pub const fn bytes(&self, cells: u32) -> u32 {
        cells * (PAGE / self.case.geometry.page)
    }

    /// The variable of a file's descriptor.
    pub fn file(&self, file: usize) -> String {
        format!("file_{}", self.case.files[file].name)
    }

    /// The variable of the descriptor that a task appends to a file with.
    pub fn appending(&self, task: usize, file: usize) -> String {
        format!("append_{}_{}", self.case.tasks[task].name, self.case.files[file].name)
    }

    /// An address in a memory.
    pub fn address(&self, memory: usize, offset: u32) -> String {
        let name = self.case.memories[memory].name;
        if offset == 0 { format!("memory_{name}") } else { format!("memory_{name} + {offset}") }
    }

    /// The address of pages of a memory, and their length.
    pub fn pages(&self, memory: usize, pages: PageRange) -> String {
        format!("{}, {}", self.address(memory, pages.start * PAGE), (pages.end - pages.start) * PAGE)
    }

    /// Whether any task stores to a memory.
    pub fn is_stored_to(&self, memory: usize) -> bool {
        let stores = |it: &TaskOperation| matches!(it, TaskOperation::Store { memory: it, .. } if *it == memory);
        self.case.tasks.iter().flat_map(|it| &it.operations).any(stores)
    }

    /// Whether the tasks go at once.
    pub fn races(&self) -> bool {
        self.manner.is_some_and(|it| it.racing)
    }

    /// The numbers of the writes that copy from a memory, through all tasks.
    pub fn writes_from(&self, memory: usize) -> Vec<usize> {
        let numbered = self.case.tasks.iter().flat_map(|it| &it.operations).enumerate();
        numbered.filter(|(_, it)| segments(it).iter().any(|it| it.memory == memory)).map(|(number, _)| number).collect()
    }
}

/// The segments of a write.
pub(super) fn segments(operation: &TaskOperation) -> &[Iovec] {
    match operation {
        TaskOperation::Write { segments, .. } | TaskOperation::Append { segments, .. } => segments,
        _ => &[],
    }
}

/// Bit `n`: page `n` is there at the beginning.
pub(super) const fn resident(memory: &MemoryRegion) -> u32 {
    if memory.mm.is_none() { u32::MAX } else { memory.resident & !memory.unreadable }
}

fn backing(case: &Case, number: usize, threaded: bool) -> Backing {
    let memory = &case.memories[number];
    if memory.kind != MemoryKind::Anonymous {
        return Backing::File;
    }
    let end = memory.pages * case.geometry.page;
    let all = (1_u32 << memory.pages) - 1;
    let takes_away = |it: &TaskOperation| match it {
        TaskOperation::Munmap { memory, .. }
        | TaskOperation::Mremap { memory }
        | TaskOperation::ReclaimPte { memory, .. } => *memory == number,
        TaskOperation::DontNeed { memory, .. } => *memory == number && threaded,
        TaskOperation::Load { memory, range } | TaskOperation::Store { memory, range } => {
            *memory == number && range.end > end
        }
        it => segments(it).iter().any(|it| it.memory == number && it.range.end > end),
    };
    let mut operations = case.tasks.iter().flat_map(|it| &it.operations);
    let is_plain = resident(memory) & all == all && !operations.any(takes_away);
    if is_plain { Backing::Plain } else { Backing::Swap }
}

/// Where stores and discards change what is in a memory, or writes of several threads copy from it, it cannot be filled
/// for each write.
fn has_own_mark(case: &Case, number: usize, threaded: bool) -> bool {
    if case.memories[number].kind != MemoryKind::Anonymous {
        return false;
    }
    let changes = |it: &TaskOperation| match it {
        TaskOperation::Store { memory, .. } | TaskOperation::DontNeed { memory, .. } => *memory == number,
        _ => false,
    };
    let writes = |it: &TaskOperation| segments(it).iter().any(|it| it.memory == number);
    let all = || case.tasks.iter().flat_map(|it| &it.operations);
    let writers = case.tasks.iter().filter(|it| it.operations.iter().any(writes)).count();
    all().any(changes) || !all().any(writes) || threaded && writers > 1
}
