//! The checker must be silent about whatever a plain, sequential kernel does, however much the intervals of its
//! operations are widened: mappings shared and private, sources that map their own destination, memory given back and
//! unmapped, appends.

use fastrand::Rng;
use oracle::builder::{HistoryBuilder, content, pristine, stored, zeroes};
use oracle::{
    Call, Cell, Checker, Clock, Errno, FileId, History, Memory, MemoryId, OperationId, Outcome, Profile, Segment,
};

const PAGE: u32 = 4;
const PAGES: u32 = 3;

/// A kernel that does one thing at a time.
struct Kernel {
    memories: Vec<Memory>,
    files: Vec<Vec<Cell>>,
    /// For anonymous memory and private copies: what each page holds.
    pages: Vec<Vec<Option<Vec<Cell>>>>,
    unmapped: Vec<u32>,
}

impl Kernel {
    fn load(&self, memory: MemoryId, at: u32) -> Option<Cell> {
        let page = at / PAGE;
        let it = self.memories[memory.index()];
        if at >= it.length || self.unmapped[memory.index()] >> page & 1 == 1 {
            return None;
        }
        if let Some(own) = &self.pages[memory.index()][page as usize] {
            return Some(own[(at % PAGE) as usize]);
        }
        let Some((file, base)) = it.mapped else { return Some(zeroes(1)[0]) };
        let (file, at) = (&self.files[file.index()], (base + at) as usize);
        let past = at as u32 / PAGE * PAGE >= file.len() as u32;
        (!past).then(|| file.get(at).copied().unwrap_or(zeroes(1)[0]))
    }

    fn store(&mut self, memory: MemoryId, at: u32, cell: Cell) {
        let it = self.memories[memory.index()];
        if let Some((file, base)) = it.mapped.filter(|_| it.shared) {
            self.files[file.index()][(base + at) as usize] = cell;
            return;
        }
        let start = at / PAGE * PAGE;
        let copy: Vec<Cell> = (start..start + PAGE).map(|at| self.load(memory, at).expect("checked before")).collect();
        let page = self.pages[memory.index()][(at / PAGE) as usize].get_or_insert(copy);
        page[(at % PAGE) as usize] = cell;
    }

    fn write(&mut self, id: OperationId, file: FileId, offset: u32, segments: &[Segment]) -> u32 {
        let mut count = 0;
        for it in segments {
            for at in it.offset..it.offset + it.length {
                let Some(cell) = self.load(it.memory, at) else { return count };
                let to = (offset + count) as usize;
                let content = &mut self.files[file.index()];
                if content.len() <= to {
                    content.resize(to + 1, zeroes(1)[0]);
                }
                content[to] = cell.copied_by(id);
                count += 1;
            }
        }
        count
    }

    fn truncate(&mut self, file: FileId, size: u32) {
        self.files[file.index()].resize(size as usize, zeroes(1)[0]);
        for (memory, pages) in self.memories.iter().zip(&mut self.pages) {
            let Some((_, base)) = memory.mapped.filter(|it| it.0 == file) else { continue };
            let cut_off = |page: usize| base + page as u32 * PAGE >= size.div_ceil(PAGE) * PAGE;
            pages.iter_mut().enumerate().filter(|(page, _)| cut_off(*page)).for_each(|(_, it)| *it = None);
        }
    }
}

fn start(random: &mut Rng) -> (HistoryBuilder, Kernel) {
    let mut b = HistoryBuilder::new(PAGE);
    let sizes = [random.u32(0..12), random.u32(0..12)];
    let files: Vec<FileId> = sizes.iter().map(|&size| b.file(size)).collect();
    b.memory(PAGES);
    b.mapping(files[0], 0, PAGES, true);
    b.mapping(files[1], 0, PAGES, false);
    b.mapping(files[1], PAGE, PAGES, true);
    let memories = b.history().memories.clone();
    let mut pages = vec![vec![None; PAGES as usize]; memories.len()];
    for page in 0..PAGES {
        pages[0][page as usize] = Some(pristine(MemoryId(0), page * PAGE, PAGE));
    }
    let files = files.iter().zip(sizes).map(|(&file, size)| content(file, 0, size)).collect();
    let unmapped = vec![0; memories.len()];
    (b, Kernel { memories, files, pages, unmapped })
}

fn step(random: &mut Rng, b: &mut HistoryBuilder, kernel: &mut Kernel, when: (Clock, Clock)) {
    let (file, memory) = (FileId(random.u8(0..2)), MemoryId(random.u8(0..4)));
    let (offset, length) = (random.u32(0..10), random.u32(1..6));
    let id = OperationId(b.history().operations.len() as u8);
    match random.u32(0..14) {
        0..5 => {
            let parts: Vec<(MemoryId, u32, u32)> = (0..random.usize(1..3))
                .map(|_| (MemoryId(random.u8(0..4)), random.u32(0..10), random.u32(0..5)))
                .collect();
            let asked: u32 = parts.iter().map(|it| it.2).sum();
            let segments: Vec<Segment> =
                parts.iter().map(|&(memory, offset, length)| Segment { memory, offset, length }).collect();
            let append = random.u32(0..4) == 0;
            let offset = if append { kernel.files[file.index()].len() as u32 } else { offset };
            let count = kernel.write(id, file, offset, &segments);
            let outcome = if count == 0 && asked > 0 { Outcome::Failed(Errno::EFAULT) } else { Outcome::Done(count) };
            match append {
                true => b.append(file, offset, &parts, when, outcome),
                false => b.write(file, offset, &parts, when, outcome),
            };
        }
        5..7 => {
            let content = &kernel.files[file.index()];
            let end = ((offset + length) as usize).min(content.len());
            let seen = content.get(offset as usize..end).unwrap_or(&[]);
            b.read(file, offset, length, when, seen);
        }
        7..9 => {
            let length = length.min(PAGES * PAGE - offset.min(PAGES * PAGE));
            let seen: Option<Vec<Cell>> = (offset..offset + length).map(|at| kernel.load(memory, at)).collect();
            if let Some(seen) = seen {
                b.load(memory, offset, when, &seen);
            }
        }
        9..11 => {
            let inside = |at: u32| match kernel.memories[memory.index()].mapped {
                Some((file, base)) => (base + at) < kernel.files[file.index()].len() as u32,
                None => true,
            };
            let possible = |at: u32| inside(at) && kernel.load(memory, at).is_some();
            let length = (offset..offset + length).take_while(|&at| possible(at)).count() as u32;
            let cells = stored(id, offset, length);
            cells.iter().zip(offset..).for_each(|(&cell, at)| kernel.store(memory, at, cell));
            b.store(memory, offset, length, when);
        }
        11 => {
            kernel.truncate(file, offset);
            b.truncate(file, offset, when);
        }
        12 => {
            let first = random.u32(0..PAGES);
            kernel.pages[memory.index()][first as usize] = None;
            b.done(Call::DontNeed { memory, first, pages: 1 }, when);
        }
        _ => {
            let first = random.u32(0..PAGES);
            kernel.unmapped[memory.index()] |= 1 << first;
            b.done(Call::Unmap { memory, first, pages: 1 }, when);
        }
    }
}

fn history(random: &mut Rng) -> History {
    let (mut b, mut kernel) = start(random);
    for moment in 0..random.u32(2..10) {
        let when = (10 * moment - random.u32(0..=(10 * moment).min(25)), 10 * moment + random.u32(0..25));
        step(random, &mut b, &mut kernel, when);
    }
    for (index, content) in kernel.files.iter().enumerate() {
        b.rest(FileId(index as u8), content);
    }
    b.finish()
}

#[test]
fn a_sequential_kernel_is_never_accused() {
    let count: u64 =
        std::env::var("SHORTCOPY_HISTORIES").map_or(150_000, |it| it.parse().expect("a number of histories"));
    let mut checker = Checker::new();
    for seed in 0..count {
        let history = history(&mut Rng::with_seed(seed));
        for profile in [Profile::PosixStrict, Profile::Linux, Profile::Xfs] {
            let verdicts = checker.check(&history, profile);
            assert!(verdicts.is_empty(), "seed {seed}, {profile}: {verdicts:#?}\n{history:#?}");
        }
    }
}
