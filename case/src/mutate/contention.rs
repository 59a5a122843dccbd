//! Mutations that make tasks contend: two writers whose sources map each other's files, and a turn that ends in the
//! middle of a write. Single small changes hardly ever get there, because none of them alone shows anything new.

use super::{Mutator, schedule};
use crate::generate::{file_name, memory_name, name_tasks, unnamed};
use crate::targets;
use crate::{
    Cache, CachedPage, Case, FaultForm, File, Iovec, MemoryKind, MemoryRegion, OperationKind, PageRange, Range, Runner,
    Slice, Task, TaskOperation,
};

type M<'c, 'a, 'b> = Mutator<'c, 'a, 'b>;

/// Makes a write copy from a mapping of another file, and a second writer write to that file from a mapping of the
/// first. Either both sources are dropped after the writers have touched them, or they are absent and follow a first
/// segment, which is the only one that some strategies touch. Each writer's turn ends where it may hold the page that
/// the other needs.
pub(super) fn cross_writers(m: &mut M<'_, '_, '_>) -> bool {
    let Some((task, operation)) = m.write_of_user_memory() else { return false };
    let TaskOperation::Write { file, offset, .. } = m.case.tasks[task].operations[operation] else { return false };
    let page = offset / m.case.geometry.page;
    let Some(other) = m.other_file(file) else { return false };
    let (Some(mine), Some(others)) = (m.source(task, other, page), m.source(task, file, page)) else { return false };
    let sources = [mine.memory, others.memory];
    let room = m.case.geometry.page - offset % m.case.geometry.page;
    let length = if m.choices.chance(64) { m.choices.within(1, room) } else { room };
    let lead = m.lead(task, &sources, length);
    let segments = |source: Iovec| {
        let start = source.range.start;
        let rest = length - lead.map_or(0, |it| it.range.len());
        let source = Iovec { range: Range { start, end: start + rest }, ..source };
        lead.into_iter().chain([source]).collect()
    };
    m.case.tasks[task].operations[operation] = TaskOperation::Write { file, offset, segments: segments(mine) };
    let write = TaskOperation::Write { file: other, offset, segments: segments(others) };
    let Some(second) = m.put_write(task, write) else { return false };
    let dropper = if lead.is_none() { m.drop_sources(task, sources) } else { None };
    m.make_resident([mine, others], dropper.is_some());
    m.make_faults_wait([file, other], page, dropper.is_some());
    if m.weights.schedule {
        let first = m.choices.within(2, 6) + 6 * operation as u32;
        let turns = [(task, Some(first)), (second, Some(m.choices.within(2, 6)))];
        let turns = turns.into_iter().chain(dropper.map(|it| (it, None)));
        let turns = turns.map(|(task, steps)| Slice { runner: Runner::Task(task), steps });
        m.case.schedule.splice(0..0, turns);
        m.case.schedule.truncate(schedule::MOST);
    }
    name_tasks(&mut m.case.tasks);
    true
}

/// Ends a writer's first turn after a few steps, where it may hold a page, and lets another task go on.
pub(super) fn preempt_writer(m: &mut M<'_, '_, '_>) -> bool {
    let tasks = m.case.tasks.len();
    if !m.weights.schedule || m.case.schedule.len() + 2 > schedule::MOST || tasks < 2 {
        return false;
    }
    let writes = |task: &Task| task.operations.iter().any(targets::is_write);
    let writers: Vec<usize> = (0..tasks).filter(|at| writes(&m.case.tasks[*at])).collect();
    if writers.is_empty() {
        return false;
    }
    let writer = m.choices.one_of(&writers);
    let other = (writer + 1 + m.choices.index(tasks - 1)) % tasks;
    let first = m.case.schedule.iter().position(|it| it.runner == Runner::Task(writer)).unwrap_or(0);
    let steps = Some(m.choices.within(2, 12));
    let others = if m.choices.chance(128) { None } else { Some(m.choices.within(2, 12)) };
    let turns = [(writer, steps), (other, others)];
    let turns = turns.map(|(task, steps)| Slice { runner: Runner::Task(task), steps });
    m.case.schedule.splice(first..first, turns);
    true
}

impl Mutator<'_, '_, '_> {
    /// A write by a task with an address space.
    pub(super) fn write_of_user_memory(&mut self) -> Option<(usize, usize)> {
        let tasks = self.case.tasks.iter().enumerate().filter(|(_, task)| task.mm.is_some());
        let writes = tasks.flat_map(|(at, task)| {
            let writes = task.operations.iter().enumerate().filter(|(_, it)| matches!(it, TaskOperation::Write { .. }));
            writes.map(move |(operation, _)| (at, operation))
        });
        let writes: Vec<(usize, usize)> = writes.collect();
        (!writes.is_empty()).then(|| self.choices.one_of(&writes))
    }

    /// Another file than this one; a copy of it if there is none.
    pub(super) fn other_file(&mut self, file: usize) -> Option<usize> {
        let files = self.case.files.len();
        if files == 1 {
            if self.weights.abilities.files < 2 {
                return None;
            }
            let copy = File { name: file_name(files), ..self.case.files[file].clone() };
            self.case.files.push(copy);
            return Some(files);
        }
        Some((file + 1 + self.choices.index(files - 1)) % files)
    }

    /// The cell where a mapping of this page of a file begins, in the address space of a task.
    pub(super) fn source(&mut self, task: usize, file: usize, page: u32) -> Option<Iovec> {
        let (mm, size) = (self.case.tasks[task].mm, self.case.geometry.page);
        let first_page = |memory: &MemoryRegion| match memory.kind {
            MemoryKind::Map { file: mapped, page: first, .. } if memory.mm == mm && mapped == file => Some(first),
            _ => None,
        };
        let maps = |memory: &MemoryRegion| first_page(memory).is_some_and(|it| (it..it + memory.pages).contains(&page));
        let memory = self.case.memories.iter().position(maps).or_else(|| {
            let count = self.case.memories.len();
            let abilities = &self.weights.abilities;
            let kind = MemoryKind::Map { file, page, shared: abilities.shared_mappings };
            let fits = abilities.maps() && count < Case::MAX_MEMORIES && page < abilities.most_pages();
            let memory = MemoryRegion { name: memory_name(count), mm, pages: 1, kind, resident: 0, unreadable: 0 };
            fits.then(|| self.case.memories.push(memory)).map(|()| count)
        })?;
        let at = page - first_page(&self.case.memories[memory])?;
        Some(Iovec { memory, range: Range { start: at * size, end: at * size } })
    }

    /// Makes the pages where these segments begin readable, and resident or not.
    fn make_resident(&mut self, sources: [Iovec; 2], resident: bool) {
        for Iovec { memory, range } in sources {
            let page = 1 << (range.start / self.case.geometry.page);
            let memory = &mut self.case.memories[memory];
            memory.unreadable &= !page;
            memory.resident = memory.resident & !page | if resident { page } else { 0 };
        }
    }

    /// Makes a fault on this page of these files wait for the holder of the page lock: because faults always take the
    /// lock, or because the page is not uptodate.
    fn make_faults_wait(&mut self, files: [usize; 2], page: u32, cached: bool) {
        let always = cached || self.choices.chance(128);
        if always {
            self.case.machine.fault = FaultForm::LocksAlways;
        }
        let end = (page + 1) * self.case.geometry.page;
        for file in files {
            let file = &mut self.case.files[file];
            file.size = file.size.max(end);
            if cached || !always {
                file.cached.retain(|it| it.page != page);
                file.cached.extend(cached.then_some(CachedPage { page, state: Cache::Uptodate }));
            }
        }
    }

    /// A first segment from another memory, the only one that a prefault touches. `None` half of the time, and if
    /// there is no other memory.
    fn lead(&mut self, task: usize, sources: &[usize], length: u32) -> Option<Iovec> {
        let mm = self.case.tasks[task].mm;
        let is_free = |at: &usize| self.case.memories[*at].mm == mm && !sources.contains(at);
        let memory = (0..self.case.memories.len()).find(is_free)?;
        let fits = length > 1 && self.weights.most_segments() > 1;
        let end = self.choices.within(1, (length - 1).min(8));
        (fits && self.choices.chance(128)).then_some(Iovec { memory, range: Range { start: 0, end } })
    }

    /// Puts a write at the beginning of another task of the same address space, or into a new task; returns which.
    fn put_write(&mut self, beside: usize, write: TaskOperation) -> Option<usize> {
        let mm = self.case.tasks[beside].mm;
        if self.has_room_for_a_task() {
            self.case.tasks.push(Task { name: unnamed(), mm, operations: vec![write] });
            return Some(self.case.tasks.len() - 1);
        }
        let other = (0..self.case.tasks.len()).find(|at| *at != beside && self.case.tasks[*at].mm == mm)?;
        self.case.tasks[other].operations.insert(0, write);
        Some(other)
    }

    /// A task that drops the sources after the writers have touched them; `None` if the weights forbid it.
    fn drop_sources(&mut self, beside: usize, memories: [usize; 2]) -> Option<usize> {
        let kinds = [OperationKind::DontNeed, OperationKind::ReclaimPte];
        let kind = self.choices.one_of(&kinds);
        if !self.weights.allows(kind) || !self.has_room_for_a_task() {
            return None;
        }
        let drop = |memory: usize| {
            let pages = PageRange { start: 0, end: self.case.memories[memory].pages };
            match kind {
                OperationKind::DontNeed => TaskOperation::DontNeed { memory, pages },
                _ => TaskOperation::ReclaimPte { memory, pages },
            }
        };
        let operations = memories.map(drop).to_vec();
        self.case.tasks.push(Task { name: unnamed(), mm: self.case.tasks[beside].mm, operations });
        Some(self.case.tasks.len() - 1)
    }

    fn has_room_for_a_task(&self) -> bool {
        self.case.tasks.len() < self.weights.most_tasks()
    }
}
