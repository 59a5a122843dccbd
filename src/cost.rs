//! What a strategy costs: calls, locks, walks and copies, counted over a few workloads on the real page size. A count
//! is not a time.

use crate::pages::fitted;
use case::{Case, Filesystem};
use machine::{Counters, Machine, Strategy};
use schedule::CaseGiven;
use std::fmt::Write;

/// Something to write.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// Its name on the command line.
    pub id: &'static str,
    /// What it is.
    pub what: &'static str,
    /// Whether the file is there and in the cache beforehand.
    overwrites: bool,
    /// Writes, one after the other, each to a page range of its own.
    writes: u32,
    /// Segments of each.
    segments: u32,
    /// Bytes of each segment.
    bytes: u32,
}

impl Workload {
    const fn new(id: &'static str, what: &'static str, overwrites: bool, shape: (u32, u32, u32)) -> Self {
        let (writes, segments, bytes) = shape;
        Self { id, what, overwrites, writes, segments, bytes }
    }
}

/// Bytes in a page, and in a block: a cell is a byte here.
const PAGE: u32 = 4_096;
/// Pages in a file at most.
const PAGES: u32 = Case::MAX_FILE_PAGES;

/// All workloads.
pub const WORKLOADS: &[Workload] = &[
    Workload::new("new-4k", "a new file, 4 KiB", false, (1, 1, PAGE)),
    Workload::new("new-64k", "a new file, 64 KiB", false, (1, 1, PAGES * PAGE)),
    Workload::new("overwrite-4k", "4 KiB of a file that is in the cache", true, (1, 1, PAGE)),
    Workload::new("overwrite-64k", "64 KiB of a file that is in the cache", true, (1, 1, PAGES * PAGE)),
    Workload::new("writev-1", "a new file, writev of 1,024 segments of 1 byte", false, (1, 1_024, 1)),
    Workload::new("writev-64", "a new file, writev of 1,024 segments of 64 bytes", false, (1, 1_024, 64)),
    Workload::new("bulk-4k", "new files, 96 writes of 4 KiB", false, (96, 1, PAGE)),
];

/// What a workload costs under a strategy.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// The strategy.
    pub strategy: &'static Strategy,
    /// The filesystem on which it was counted: `block`, or the first that the strategy runs on.
    pub filesystem: Filesystem,
    /// The counts; the blocks written are those of an fsync after it.
    pub counters: Counters,
}

/// Counts what a workload costs under a strategy.
///
/// # Panics
/// Never: the case is made for the strategy.
#[must_use]
pub fn cost(workload: &Workload, strategy: &'static Strategy) -> Cost {
    let filesystems = || strategy.runs_on().map(|(filesystem, _)| filesystem);
    let filesystem =
        filesystems().find(|it| *it == Filesystem::Block).or_else(|| filesystems().next()).unwrap_or_default();
    let mut machine = Machine::new();
    let mut count = |synced: bool| {
        let text = text(workload, filesystem, synced);
        let case = Case::parse(workload.id, &text).expect("the workload is a case");
        machine.run(&case, strategy, &mut CaseGiven::default()).counters
    };
    let counters = Counters { blocks_written: count(true).blocks_written, ..count(false) };
    Cost { strategy, filesystem, counters }
}

/// The workload as a case.
fn text(workload: &Workload, filesystem: Filesystem, synced: bool) -> String {
    let Workload { overwrites, writes, segments, bytes, .. } = *workload;
    let length = segments * bytes;
    let in_a_file = (PAGES * PAGE / length.max(PAGE)).min(writes);
    let files = writes.div_ceil(in_a_file);
    let mut text = format!(
        "shortcopy case 1\ngeometry page {PAGE} block {PAGE}\nmachine frames 255 blocks 255\nfs {}\n",
        filesystem.word()
    );
    for file in 0..files {
        let size = if overwrites { PAGES * PAGE } else { 0 };
        let pages: Vec<String> = (0..size / PAGE).map(|page| format!("{page} uptodate")).collect();
        let cached = if pages.is_empty() { "-".to_owned() } else { pages.join(", ") };
        let disk = if size == 0 { "-".to_owned() } else { format!("0..{size}") };
        let _ = writeln!(text, "file {} size {size} disk {disk} cached {cached}", letter(file));
    }
    let resident: Vec<String> = (0..PAGES).map(|page| page.to_string()).collect();
    let _ = writeln!(text, "memory m pages {PAGES} resident {}", resident.join(","));
    let segments: Vec<String> = (0..segments).map(|it| format!("m {}..{}", it * bytes, (it + 1) * bytes)).collect();
    let segments = segments.join(", ");
    for write in 0..writes {
        let _ =
            writeln!(text, "task w write {} {} [{segments}]", letter(write / in_a_file), write % in_a_file * length);
    }
    if synced && writes < Case::MAX_OPERATIONS as u32 {
        let _ = writeln!(text, "task w fsync a");
    }
    text
}

fn letter(file: u32) -> char {
    char::from(b'a' + file as u8)
}

/// The counts as the columns of a table: what is counted, and how often.
#[must_use]
pub fn columns(counters: &Counters) -> [(&'static str, u64); 10] {
    [
        ("prepare", counters.prepare_calls),
        ("commit", counters.commit_calls),
        ("page locks", counters.page_locks),
        ("lru_lock", counters.lru_lock),
        ("mmap_sem", counters.mmap_sem),
        ("walks", counters.page_table_walks),
        ("from user", counters.cells_from_user),
        ("page to page", counters.cells_between_pages),
        ("pages", counters.pages_allocated),
        ("blocks", counters.blocks_written),
    ]
}

/// The counts of all workloads as a document, in Markdown, beside the numbers that the thread gives.
#[must_use]
pub fn document() -> String {
    let mut text = String::new();
    for workload in WORKLOADS {
        let _ = writeln!(text, "## {}: {}\n", workload.id, workload.what);
        let head = columns(&Counters::default()).map(|(name, _)| format!(" {name} |")).concat();
        let _ = writeln!(text, "| strategy | on |{head}\n|---|---|{}", "---:|".repeat(10));
        for strategy in strategies::ALL {
            let it = cost(workload, strategy);
            let cells = columns(&it.counters).map(|(_, count)| format!(" {count} |")).concat();
            let _ = writeln!(text, "| `{}` | {} |{cells}", strategy.id, it.filesystem.word());
        }
        text.push('\n');
    }
    text.push_str(&beside_the_thread());
    text
}

/// The numbers that the thread gives, each beside what is counted here.
#[must_use]
pub fn beside_the_thread() -> String {
    let of = |workload: &str, strategy: &str| {
        let workload = WORKLOADS.iter().find(|it| it.id == workload).expect("it is a workload");
        cost(workload, strategies::find(strategy).expect("it is a strategy")).counters
    };
    let (segments, page) = (of("writev-1", "baseline"), of("writev-1", "whole-chunk"));
    let (own, shared) = (of("bulk-4k", "trim-blocks"), of("bulk-4k", "shared-lru"));
    let (plain, temporary) = (of("new-64k", "baseline"), of("new-64k", "temp-page"));
    let pinned = of("new-64k", "gup-kmap-atomic");
    let copied = |it: Counters| it.cells_from_user + it.cells_between_pages;
    fitted(&format!(
        "## Beside the thread's own numbers\n\n\
         - **1,024 calls against 1** (patch 3, 2007-02-04 08:50: prepare and commit for one page, once a segment). Counted for \
         1,024 segments of a byte: {} calls of prepare under `baseline`, {} under `whole-chunk`. The count does not say what a call \
         costs. If it asks a server, as the message says of NFS, it costs nearly everything.\n\
         - **7.3 times fewer acquisitions of lru_lock** (patch 7, a bulk write of 4 KiB at a time). Counted for {} writes: {} under \
         `trim-blocks`, {} under `shared-lru`, {:.1} times fewer. Only the write path is counted: each write used to take the lock once, \
         and a batch has 14 pages. The kernel took it elsewhere as well, so its own ratio is smaller.\n\
         - **0.5 to 1.5 per cent slower** with the temporary page (Piggin, 2007-02-04 15:10, tmpfs). Counted for 64 KiB of a new file: {} bytes \
         copied under `baseline`, {} under `temp-page`: {:.1} times as many, and {} frames more. The time hardly grows because \
         the second copy reads what the first has just put into the processor's cache. A count is not a time.\n\
         - **mmap_sem and a walk of the page table for every page** (Morton, 2007-02-04 09:44, of patch 9). Counted for 64 KiB of a new file: \
         mmap_sem {} times under `gup-kmap-atomic`, {} under `baseline`, whose source is all there and does not fault. (Only walks that install a page \
         are counted as walks: {} and {}. get_user_pages walks the table for a page that is there as well.)\n",
        segments.prepare_calls,
        page.prepare_calls,
        96,
        own.lru_lock,
        shared.lru_lock,
        own.lru_lock as f64 / shared.lru_lock.max(1) as f64,
        copied(plain),
        copied(temporary),
        copied(temporary) as f64 / copied(plain).max(1) as f64,
        temporary.pages_allocated - plain.pages_allocated,
        pinned.mmap_sem,
        plain.mmap_sem,
        pinned.page_table_walks,
        plain.page_table_walks,
    ))
}
