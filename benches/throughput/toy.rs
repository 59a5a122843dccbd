//! The toy: what six tasks do to four pages, a size and a source of two pages, in as few words as will do, so that it
//! can be written for this executor and for shuttle alike. `on_shuttle` is the same program with shuttle's mutexes.

use crate::cases::parse;
use case::Case;
use divan::Bencher;
use machine::{Errno, FileId, Interface, Iov, Kernel, Machine, Strategy, WriteFuture};
use schedule::Uniform;
use std::cell::RefCell;

pub const PAGES: usize = 4;
/// How often a reader reads the file.
pub const PASSES: usize = 2;
/// How often the unmapper takes the source away.
pub const UNMAPS: usize = 4;
pub type Page = [u64; 64];

/// Who does what: a task's number. The program is `play` here and there.
pub const ROLES: [Role; 6] = [Role::Writer, Role::Writer, Role::Reader, Role::Reader, Role::Truncator, Role::Unmapper];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Writer,
    Reader,
    Truncator,
    Unmapper,
}

struct Shared {
    pages: [Page; PAGES],
    size: usize,
    source: [Page; 2],
}

thread_local! {
    // A strategy is a plain function: what its tasks share beside the machine's page locks has no other place.
    static SHARED: RefCell<Shared> = const { RefCell::new(Shared { pages: [[0; 64]; PAGES], size: 0, source: [[0; 64]; 2] }) };
}

fn with<R>(f: impl FnOnce(&mut Shared) -> R) -> R {
    SHARED.with(|shared| f(&mut shared.borrow_mut()))
}

/// Six tasks, each with a file of its own to write to (so that no `i_mutex` stands between them) and its number as the
/// position; the pages of the last file are the ones whose locks they share.
const TASKS: &str = "\
shortcopy case 1
file a size 0 disk - cached -
file b size 0 disk - cached -
file c size 0 disk - cached -
file d size 0 disk - cached -
file e size 0 disk - cached -
file f size 0 disk - cached -
file s size 256 disk 0..256 cached 0 uptodate, 1 uptodate, 2 uptodate, 3 uptodate
memory m pages 1 resident 0
task a write a 0 [m 0..1]
task b write b 1 [m 0..1]
task c write c 2 [m 0..1]
task d write d 3 [m 0..1]
task e write e 4 [m 0..1]
task f write f 5 [m 0..1]
";

const STRATEGY: Strategy = Strategy {
    id: "toy",
    what: "no write at all: the toy of the benchmarks",
    who: "the benchmarks",
    calls: Interface::PrepareWrite,
    write: toy,
    ..Strategy::USUAL
};

fn toy<'k>(k: &'k Kernel<'_>, _own: FileId, _source: Iov<'k>, task: u32) -> WriteFuture<'k> {
    Box::pin(play(k, task))
}

const SHARED_FILE: FileId = FileId(6);

async fn play(k: &Kernel<'_>, task: u32) -> Result<u32, Errno> {
    match ROLES[task as usize] {
        Role::Writer => {
            for index in 0..PAGES {
                k.preempt().await;
                let mut buffer = with(|s| s.source[index % 2]);
                let page = k.grab_cache_page(SHARED_FILE, index as u32, None).await?;
                k.preempt().await;
                with(|s| buffer.copy_from_slice(&s.source[index % 2]));
                with(|s| s.pages[index].copy_from_slice(&buffer));
                k.preempt().await;
                with(|s| s.size = s.size.max(index + 1));
                k.unlock_page(page);
                k.put_page(page);
            }
        }
        Role::Reader => {
            let mut buffer = [0; 64];
            for index in (0..PAGES).cycle().take(PASSES * PAGES) {
                k.preempt().await;
                let size = with(|s| s.size);
                let page = k.grab_cache_page(SHARED_FILE, index as u32, None).await?;
                if index < size {
                    with(|s| buffer.copy_from_slice(&s.pages[index]));
                }
                divan::black_box(&buffer);
                k.unlock_page(page);
                k.put_page(page);
            }
        }
        Role::Truncator => {
            for index in (1..PAGES).rev() {
                k.preempt().await;
                with(|s| s.size = index);
                let page = k.grab_cache_page(SHARED_FILE, index as u32, None).await?;
                with(|s| s.pages[index].fill(0));
                k.unlock_page(page);
                k.put_page(page);
            }
        }
        Role::Unmapper => {
            for unmap in 0..UNMAPS {
                k.preempt().await;
                with(|s| s.source[unmap % 2].fill(unmap as u64));
            }
        }
    }
    Ok(1)
}

/// The toy on this project's executor.
pub struct Toy {
    case: Case,
    scheduler: Uniform,
    machine: Machine,
}

impl Toy {
    pub fn new() -> Self {
        Self { case: parse(TASKS), scheduler: Uniform::new(1), machine: Machine::new() }
    }

    /// One run: the number of steps.
    pub fn run(&mut self) -> u32 {
        with(|s| *s = Shared { pages: [[0; 64]; PAGES], size: PAGES, source: [[1; 64]; 2] });
        self.machine.run(&self.case, &STRATEGY, &mut self.scheduler).steps
    }
}

#[divan::bench]
fn toy_on_this_executor(bencher: Bencher<'_, '_>) {
    let mut toy = Toy::new();
    bencher.bench_local(|| toy.run());
}
