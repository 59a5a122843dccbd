//! The toy as a subject: ordinary code, a coroutine a task, with the locks that yield. Taking a lock and giving it back
//! are a point each; every `preempt` that they do not stand for is a `yield_now`.

use crate::cases::parse;
use crate::toy::{PAGES, PASSES, Page, ROLES, Role, UNMAPS};
use case::Case;
use divan::Bencher;
use schedule::Uniform;
use shortcopy::subject::sync::parking_lot::Mutex;
use shortcopy::subject::sync::yield_now;
use shortcopy::subject::{Abilities, Backend, Env, Errno, Runner, Sink, Source, Start, Subject};
use std::cell::{Cell, RefCell};

/// Six tasks, each with a file of its own, whose number says what it does.
const TASKS: &str = "\
shortcopy case 1
file a size 0 disk - cached -
file b size 0 disk - cached -
file c size 0 disk - cached -
file d size 0 disk - cached -
file e size 0 disk - cached -
file f size 0 disk - cached -
memory m pages 1 resident 0
task a write a 0 [m 0..1]
task b write b 0 [m 0..1]
task c write c 0 [m 0..1]
task d write d 0 [m 0..1]
task e write e 0 [m 0..1]
task f write f 0 [m 0..1]
";

struct Shared {
    pages: [Mutex<Page>; PAGES],
    // Never borrowed over a point where another task can run.
    size: Cell<usize>,
    source: RefCell<[Page; 2]>,
}

impl Subject for Shared {
    const NAME: &'static str = "toy";
    const ABILITIES: Abilities = Abilities::EVERYTHING;

    fn open(_: &[Start], _: &Env) -> Self {
        Self {
            pages: std::array::from_fn(|_| Mutex::new([0; 64])),
            size: Cell::new(PAGES),
            source: RefCell::new([[1; 64]; 2]),
        }
    }

    fn write(&self, file: usize, _: u64, from: &mut Source<'_>) -> Result<usize, Errno> {
        match ROLES[file] {
            Role::Writer => {
                for index in 0..PAGES {
                    let mut buffer = self.source.borrow()[index % 2];
                    let mut page = self.pages[index].lock();
                    yield_now();
                    buffer.copy_from_slice(&self.source.borrow()[index % 2]);
                    page.copy_from_slice(&buffer);
                    yield_now();
                    self.size.set(self.size.get().max(index + 1));
                }
            }
            Role::Reader => {
                let mut buffer = [0; 64];
                for index in (0..PAGES).cycle().take(PASSES * PAGES) {
                    let size = self.size.get();
                    let page = self.pages[index].lock();
                    if index < size {
                        buffer.copy_from_slice(&*page);
                    }
                    divan::black_box(&buffer);
                }
            }
            Role::Truncator => {
                for index in (1..PAGES).rev() {
                    self.size.set(index);
                    self.pages[index].lock().fill(0);
                }
            }
            Role::Unmapper => {
                for unmap in 0..UNMAPS {
                    yield_now();
                    self.source.borrow_mut()[unmap % 2].fill(unmap as u64);
                }
            }
        }
        Ok(from.remaining())
    }

    fn read(&self, _: usize, _: u64, _: &mut Sink<'_>) -> Result<usize, Errno> {
        Ok(0)
    }

    fn size(&self, _: usize) -> u64 {
        0
    }

    fn truncate(&self, _: usize, _: u64) -> Result<(), Errno> {
        Ok(())
    }

    fn sync(&self, _: usize) -> Result<(), Errno> {
        Ok(())
    }
}

/// The toy as a subject.
pub struct Toy {
    case: Case,
    scheduler: Uniform,
    runner: Runner<Shared>,
}

impl Toy {
    pub fn new() -> Self {
        Self { case: parse(TASKS), scheduler: Uniform::new(1), runner: Runner::new() }
    }

    /// One run: the number of steps.
    pub fn run(&mut self) -> u32 {
        self.runner.run(&self.case, &mut self.scheduler).steps
    }
}

#[divan::bench]
fn toy_as_a_subject(bencher: Bencher<'_, '_>) {
    let mut toy = Toy::new();
    bencher.bench_local(|| toy.run());
}
