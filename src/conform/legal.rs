//! The legal differences: what a real filesystem may do otherwise than its model, with nothing wrong about either. One
//! row each, with the filesystems that it is for, the kernel that it was seen on, and the reason; each is counted by
//! name.

use super::compare::{Aspect, Difference, Observation};
use super::seen::{Matter, Seen};
use case::{Cache, Case, MemoryKind, TaskOperation};
use oracle::{Errno, Origin, Outcome};

/// A legal difference.
#[derive(Clone, Copy, Debug)]
pub struct Legal {
    /// Its name.
    pub name: &'static str,
    /// The real filesystems on which it is legal; none: on all.
    pub filesystems: &'static [&'static str],
    /// The kernel on which it was seen.
    pub seen: &'static str,
    /// Why it is legal.
    pub reason: &'static str,
    /// Whether the rest of the case can still be compared.
    pub then: Then,
    applies: fn(&Circumstances<'_>, &Difference) -> bool,
}

/// What becomes of the rest of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// The two have the same files still.
    GoOn,
    /// From here on the two have different files.
    End,
}

/// In which case, and where.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'c> {
    /// The case.
    pub case: &'c Case,
    /// The real filesystem's word.
    pub filesystem: &'c str,
    /// What the simulator shows; up to the first difference that ends the comparison the kernel shows the same.
    pub simulated: &'c Seen,
    /// Where each write of the case began, by operation.
    pub positions: &'c [Option<u32>],
    /// Which operations failed with `EFAULT`, on both sides.
    pub failed: &'c [bool],
}

/// All of them.
pub const LEGAL: &[Legal] = &[
    Legal {
        name: "uninitialised",
        // The other models leave nothing uninitialised: there it would be the model's fault.
        filesystems: &["xfs"],
        seen: "Linux 6.18",
        reason: "the model says that nobody initialised it: on a kernel it holds whatever was there, zeroes included",
        then: Then::GoOn,
        applies: |_, it| it.simulated == Observation::Matter(Matter::Nobody),
    },
    Legal {
        name: "store-past-end",
        filesystems: &[],
        seen: "Linux 6.18",
        reason: "what was stored past the end of a file is no part of it (rule S7): kernels since 2024 clear it when \
                 the file grows, and before that each filesystem clears the page at moments of its own",
        then: Then::GoOn,
        applies: |around, it| {
            let cells = one_stored_other_zero(it);
            cells.is_some_and(|(operation, offset)| is_past_end(around, operation, offset))
        },
    },
    Legal {
        name: "failed-store",
        filesystems: &[],
        seen: "Linux 6.18",
        reason: "a store that ends in a signal has stored some of it, and nobody is told how much",
        then: Then::GoOn,
        applies: |around, it| {
            let failed = |number: usize| {
                let seen = around.simulated.operations.get(number);
                seen.is_some_and(|it| !matches!(it.outcome, Some(Outcome::Done(_))))
            };
            [it.simulated, it.real].into_iter().filter_map(stored).any(|(operation, _)| failed(operation))
        },
    },
    Legal {
        name: "punched-block",
        filesystems: &[],
        seen: "Linux 6.18",
        reason: "a hole punch frees a block or clears it, and both read as zeroes: kernels free whole blocks, and \
                 what the end of the file makes whole; the model frees whole pages, and brings in the page in which \
                 the hole begins or ends",
        then: Then::GoOn,
        applies: |around, it| {
            let page = around.case.geometry.page;
            is_block_of(around, it, |operation, at, end, _| match operation {
                TaskOperation::Punch { range, .. } => {
                    range.start / page * page < end && at < range.end.next_multiple_of(page)
                }
                _ => false,
            })
        },
    },
    Legal {
        name: "block-of-a-failed-write",
        filesystems: &[],
        seen: "Linux 6.18",
        reason: "a write that fails may have allocated blocks up to where the page ends, and keeps those that the \
                 file had grown over when others gave theirs back: they read as zeroes",
        then: Then::GoOn,
        applies: |around, it| is_block_of(around, it, fell_short),
    },
    Legal {
        name: "block-of-a-dirty-page",
        filesystems: &[],
        seen: "Linux 6.18",
        reason: "a page that a case begins with as dirty is dirty to its end in the model, so that growing over it \
                 allocates a hole; on a kernel it is dirty as far as it was written",
        then: Then::GoOn,
        applies: |around, it| {
            let Some(file) = it.file.filter(|_| it.aspect == Aspect::Blocks) else { return false };
            let (page, file) = (it.at / around.case.geometry.page, &around.case.files[file]);
            let is_dirty = file.cached.iter().any(|it| it.page == page && it.state == Cache::Dirty);
            is_dirty && ends_of(around, it).any(|end| end <= it.at)
        },
    },
    Legal {
        name: "block-of-a-stored-page",
        filesystems: &[],
        seen: "Linux 6.18",
        reason: "a store through a mapping makes the whole page dirty in the model, past the end of the file too; on \
                 a kernel the whole folio, which can be larger than a page, as far as the file goes: their holes are \
                 allocated",
        then: Then::GoOn,
        applies: |around, it| {
            let stores = |operation: &TaskOperation| match operation {
                TaskOperation::Store { memory, .. } => matches!(
                    around.case.memories[*memory].kind,
                    MemoryKind::Map { file, shared: true, .. } if Some(file) == it.file
                ),
                _ => false,
            };
            let is_more = it.real == Observation::Allocated(true);
            let is_past_end = || ends_of(around, it).any(|end| end <= it.at);
            (is_more || is_past_end()) && around.case.tasks.iter().flat_map(|it| &it.operations).any(stores)
        },
    },
    Legal {
        name: "block-of-the-old-end",
        filesystems: &["btrfs"],
        seen: "Linux 6.18",
        reason: "when a file grows, the rest of the block in which it ended is cleared through the cache, which \
                 allocates a hole",
        then: Then::GoOn,
        applies: is_block_of_an_old_end,
    },
    Legal {
        name: "count-cut-to-block",
        filesystems: &["btrfs"],
        seen: "Linux 6.18",
        reason: "a copy that falls short counts whole blocks only: the rest is copied again, and fails if its source \
                 is bad",
        then: Then::End,
        applies: is_cut_to_block,
    },
    Legal {
        name: "size-kept",
        filesystems: &["btrfs"],
        seen: "Linux 6.18",
        reason: "a write that fails leaves the size alone, as rule S1 wants; the model, as most filesystems, raises \
                 it to where the write began",
        then: Then::End,
        applies: |around, it| {
            let (Observation::Number(Some(simulated)), Observation::Number(real)) = (it.simulated, it.real) else {
                return false;
            };
            let began_there = |(position, failed): (&Option<u32>, &bool)| *failed && *position == Some(simulated);
            let is_size = matches!(it.aspect, Aspect::Size | Aspect::RestSize);
            is_size && real < Some(simulated) && around.positions.iter().zip(around.failed).any(began_there)
        },
    },
];

impl Legal {
    /// The row that makes a difference legal.
    #[must_use]
    pub fn of(around: &Circumstances<'_>, difference: &Difference) -> Option<&'static Self> {
        LEGAL.iter().find(|it| {
            let is_here = it.filesystems.is_empty() || it.filesystems.contains(&around.filesystem);
            is_here && (it.applies)(around, difference)
        })
    }
}

/// Whether the difference is about a block of a file of which this is true of some operation: with where the block
/// begins and ends, and where the operation began and what it returned.
fn is_block_of(
    around: &Circumstances<'_>,
    it: &Difference,
    is_it: impl Fn(&TaskOperation, u32, u32, (Option<u32>, Option<Outcome>)) -> bool,
) -> bool {
    if it.aspect != Aspect::Blocks {
        return false;
    }
    let Circumstances { case, simulated, positions, .. } = around;
    let operations = case.tasks.iter().flat_map(|it| &it.operations);
    let seen = positions.iter().copied().zip(simulated.operations.iter().map(|it| it.outcome));
    let of_file = |operation: &TaskOperation| match operation {
        TaskOperation::Punch { file, .. } | TaskOperation::Write { file, .. } | TaskOperation::Append { file, .. } => {
            Some(*file) == it.file
        }
        _ => false,
    };
    operations.zip(seen).any(|(operation, seen)| of_file(operation) && is_it(operation, it.at, it.at + it.cells, seen))
}

/// Whether an operation is a write that copied less than it was asked to, and the block is where it was to go.
fn fell_short(operation: &TaskOperation, at: u32, end: u32, (start, outcome): (Option<u32>, Option<Outcome>)) -> bool {
    let (TaskOperation::Write { segments, .. } | TaskOperation::Append { segments, .. }) = operation else {
        return false;
    };
    let asked: u32 = segments.iter().map(|it| it.range.len()).sum();
    // Where an append that failed would have gone, nobody says.
    outcome != Some(Outcome::Done(asked)) && start.is_none_or(|start| start < end && at < start + asked)
}

/// Whether the difference is about the block in which a file ended before it grew.
fn is_block_of_an_old_end(around: &Circumstances<'_>, it: &Difference) -> bool {
    it.aspect == Aspect::Blocks && ends_of(around, it).any(|end| it.at < end && end < it.at + it.cells)
}

/// Where the file that a difference is about ended at some time: at first, after a truncate, and after a write.
fn ends_of<'c>(around: &Circumstances<'c>, it: &Difference) -> impl Iterator<Item = u32> + use<'c> {
    let Circumstances { case, simulated, positions, .. } = *around;
    let of = it.file;
    let operations = case.tasks.iter().flat_map(|it| &it.operations);
    let ends = operations.zip(positions.iter().zip(&simulated.operations));
    let ends = ends.filter_map(move |(operation, (start, seen))| match (operation, seen.outcome) {
        (TaskOperation::Truncate { file, size, .. }, _) if Some(*file) == of => Some(*size),
        (TaskOperation::Write { file, .. } | TaskOperation::Append { file, .. }, Some(Outcome::Done(count)))
            if Some(*file) == of =>
        {
            start.map(|start| start + count)
        }
        _ => None,
    });
    ends.chain(of.map(|it| case.files[it].size))
}

/// Whether a write on the kernel counted what the model did, less the part of a block at its end; or failed where that
/// left nothing.
fn is_cut_to_block(around: &Circumstances<'_>, it: &Difference) -> bool {
    let started = it.operation.and_then(|number| around.positions.get(number).copied().flatten());
    let (Some(start), Observation::Outcome(Some(Outcome::Done(count))), Aspect::Return) =
        (started, it.simulated, it.aspect)
    else {
        return false;
    };
    let end = start + count;
    let left = (end - end % around.case.geometry.block).saturating_sub(start);
    let expected = if left > 0 { Outcome::Done(left) } else { Outcome::Failed(Errno::EFAULT) };
    left < count && it.real == Observation::Outcome(Some(expected))
}

/// The store that a cell is from, and at which cell of its memory.
fn stored(observation: Observation) -> Option<(usize, u32)> {
    let Observation::Matter(Matter::Data(cell)) = observation else { return None };
    match cell.origin() {
        Origin::Stored { operation, offset } => Some((operation.index(), offset)),
        _ => None,
    }
}

/// The store that one side shows where the other shows a zero.
fn one_stored_other_zero(it: &Difference) -> Option<(usize, u32)> {
    let zero = Observation::Matter(Matter::Zero);
    match (it.simulated, it.real) {
        (it, other) | (other, it) if other == zero => stored(it),
        _ => None,
    }
}

/// Whether a store through a mapping went past the end that its file had then.
fn is_past_end(around: &Circumstances<'_>, store: usize, offset: u32) -> bool {
    let Circumstances { case, simulated, positions, .. } = around;
    let operations: Vec<&TaskOperation> = case.tasks.iter().flat_map(|it| &it.operations).collect();
    let Some(TaskOperation::Store { memory, .. }) = operations.get(store) else { return false };
    let MemoryKind::Map { file, page, .. } = case.memories[*memory].kind else { return false };
    let mut size = case.files[file].size;
    for ((operation, seen), position) in operations.iter().zip(&simulated.operations).zip(*positions).take(store) {
        match (operation, seen.outcome, position) {
            (TaskOperation::Truncate { file: it, size: to, .. }, ..) if *it == file => size = *to,
            (TaskOperation::Stat { file: it }, ..) if *it == file => size = seen.position.unwrap_or(size),
            (
                TaskOperation::Write { file: it, .. } | TaskOperation::Append { file: it, .. },
                Some(Outcome::Done(count)),
                Some(at),
            ) if *it == file => {
                size = size.max(at + count);
            }
            _ => {}
        }
    }
    page * case.geometry.page + offset >= size
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conform::model_of;
    use machine::Machine;
    use oracle::{Cell, OperationId};
    use schedule::CaseGiven;
    use std::collections::BTreeSet;

    const CASE: &str = "\
shortcopy case 1
geometry page 64 block 64
file a size 64 disk 0..64 cached 0 uptodate
file b size 20 disk 0..64 cached 0 uptodate
memory m pages 2 resident 0 none 1
memory n pages 1 maps b page 0 resident 0
task w write a 10 [m 0..128]
task w stat a
task w store n 0..64
task w store m 0..128
";

    fn returned(simulated: Outcome, real: Outcome) -> Difference {
        Difference {
            aspect: Aspect::Return,
            operation: Some(0),
            way: None,
            file: None,
            at: 0,
            cells: 0,
            simulated: Observation::Outcome(Some(simulated)),
            real: Observation::Outcome(Some(real)),
            subject: String::new(),
        }
    }

    fn name(filesystem: &str, difference: &Difference) -> Option<&'static str> {
        name_in(CASE, filesystem, difference)
    }

    fn name_in(case: &str, filesystem: &str, difference: &Difference) -> Option<&'static str> {
        let case = Case::parse("it", case).expect("a case");
        let strategy = strategies::find(model_of("ext4").expect("a model").strategy).expect("it is registered");
        let mut machine = Machine::new();
        let history = machine.run(&case, strategy, &mut CaseGiven::default()).history;
        let simulated = &Seen::of(history, case.tasks[0].operations.len());
        let (positions, failed) = (&[Some(10), None, None, None], &[true, false, false, false]);
        let around = Circumstances { case: &case, filesystem, simulated, positions, failed };
        Legal::of(&around, difference).map(|it| it.name)
    }

    #[test]
    fn a_count_may_be_cut_to_a_block_there_and_nowhere_else() {
        let cut = returned(Outcome::Done(64), Outcome::Done(54));
        assert_eq!(name("btrfs", &cut), Some("count-cut-to-block"));
        assert_eq!(name("ext4", &cut), None);
        let failed = returned(Outcome::Done(53), Outcome::Failed(Errno::EFAULT));
        assert_eq!(name("btrfs", &failed), Some("count-cut-to-block"));
    }

    #[test]
    fn what_is_nearly_that_is_not_legal() {
        assert_eq!(name("btrfs", &returned(Outcome::Done(64), Outcome::Done(53))), None, "within a block");
        assert_eq!(name("btrfs", &returned(Outcome::Done(54), Outcome::Done(118))), None, "more, not less");
        assert_eq!(name("btrfs", &returned(Outcome::Done(53), Outcome::Failed(Errno::EIO))), None, "another error");
        let two_blocks = returned(Outcome::Done(120), Outcome::Failed(Errno::EFAULT));
        assert_eq!(name("btrfs", &two_blocks), None, "a whole block could have been counted");
    }

    #[test]
    fn a_size_may_stay_where_a_write_failed() {
        let size = |simulated, real| Difference {
            aspect: Aspect::Size,
            operation: Some(1),
            simulated: Observation::Number(Some(simulated)),
            real: Observation::Number(Some(real)),
            ..returned(Outcome::Done(0), Outcome::Done(0))
        };
        assert_eq!(name("btrfs", &size(10, 0)), Some("size-kept"));
        assert_eq!(name("btrfs", &size(11, 0)), None, "no write began there");
        assert_eq!(name("btrfs", &size(10, 12)), None, "longer");
        assert_eq!(name("xfs", &size(10, 0)), None);
    }

    #[test]
    fn a_store_past_the_end_may_be_cleared_and_one_before_it_may_not() {
        let at = |operation: u8, offset| {
            let cell = Cell::new(Origin::Stored { operation: OperationId(operation), offset });
            let simulated = Observation::Matter(Matter::Data(cell));
            let real = Observation::Matter(Matter::Zero);
            let base = returned(Outcome::Done(0), Outcome::Done(0));
            Difference { aspect: Aspect::RestContent, operation: None, simulated, real, ..base }
        };
        assert_eq!(name("ext4", &at(2, 20)), Some("store-past-end"));
        assert_eq!(name("ext4", &at(2, 19)), None, "part of the file");
        let swapped = Difference { simulated: at(2, 20).real, real: at(2, 20).simulated, ..at(2, 20) };
        assert_eq!(name("ext4", &swapped), Some("store-past-end"));
        let garbage = Difference { real: Observation::Matter(Matter::Nobody), ..at(2, 20) };
        assert_eq!(name("ext4", &garbage), None, "neither what was stored nor zero");
        assert_eq!(name("ext4", &at(3, 5)), Some("failed-store"));
    }

    /// A block of file `a` or `b` at rest: whether the model has it, and a kernel has not.
    fn block(file: usize, at: u32, simulated: bool) -> Difference {
        Difference {
            aspect: Aspect::Blocks,
            operation: None,
            file: Some(file),
            at,
            cells: 64,
            simulated: Observation::Allocated(simulated),
            real: Observation::Allocated(!simulated),
            ..returned(Outcome::Done(0), Outcome::Done(0))
        }
    }

    #[test]
    fn a_block_may_be_that_of_a_write_that_fell_short_and_no_other() {
        // The write to `a` asks for 128 cells from 10 on, and gets 64.
        assert_eq!(name("ext4", &block(0, 128, false)), Some("block-of-a-failed-write"));
        assert_eq!(name("ext4", &block(0, 192, false)), None, "behind it");
        let reads = CASE.replace("store n 0..64", "load n 0..64");
        assert_eq!(name_in(&reads, "ext4", &block(1, 0, false)), None, "another file");
    }

    #[test]
    fn a_block_may_be_that_of_the_old_end_on_btrfs_only() {
        let reads = CASE.replace("store n 0..64", "load n 0..64");
        assert_eq!(name_in(&reads, "btrfs", &block(1, 0, false)), Some("block-of-the-old-end"));
        assert_eq!(name_in(&reads, "btrfs", &block(1, 64, false)), None, "another block");
    }

    #[test]
    fn a_block_may_be_that_of_a_stored_page() {
        assert_eq!(name("ext4", &block(1, 0, false)), Some("block-of-a-stored-page"));
        // Its place on the disk does not go by a store inside the file.
        assert_eq!(name("ext4", &block(1, 0, true)), None);
        assert_eq!(name("ext4", &block(1, 64, true)), Some("block-of-a-stored-page"));
    }

    #[test]
    fn a_block_may_be_that_of_a_page_which_was_dirty_past_the_end() {
        let dirty = CASE.replace("cached 0 uptodate", "cached 0 dirty").replace("store n 0..64", "load n 0..64");
        assert_eq!(name_in(&dirty, "ext4", &block(1, 0, true)), None, "inside the file");
        let cut = dirty.replace("task w stat a", "task w truncate b 0");
        assert_eq!(name_in(&cut, "ext4", &block(1, 0, true)), Some("block-of-a-dirty-page"));
    }

    #[test]
    fn a_block_may_be_that_of_a_punched_page() {
        let punched = CASE.replace("store n 0..64", "punch b 10..12");
        assert_eq!(name_in(&punched, "ext4", &block(1, 0, true)), Some("punched-block"));
        assert_eq!(name_in(&punched, "ext4", &block(1, 64, true)), None, "another page");
        assert_eq!(name_in(&punched, "ext4", &block(0, 192, true)), None, "another file");
    }

    #[test]
    fn rows_have_names_reasons_and_filesystems_that_there_are() {
        let names: BTreeSet<&str> = LEGAL.iter().map(|it| it.name).collect();
        assert_eq!(names.len(), LEGAL.len());
        for it in LEGAL {
            assert!(!it.reason.is_empty() && it.seen.starts_with("Linux "), "{}", it.name);
            assert!(it.filesystems.iter().all(|word| model_of(word).is_some()), "{}", it.name);
        }
    }
}
