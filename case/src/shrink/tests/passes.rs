//! A test for each pass of the shrinker: a case with something that this pass alone takes away.

use crate::shrink::shrink;
use crate::{Cache, Case, Extent, ExtentKind, Injection, Iovec, TaskOperation};

const HEAD: &str = "shortcopy case 1\ngeometry page 64 block 16\nfs block\n";
/// A file and a memory with nothing special about them.
const PLAIN: &str = "file a size 0 disk - cached -\nmemory m pages 1 resident 0\n";

fn parse(text: &str) -> Case {
    Case::parse("a test's", text).unwrap_or_else(|error| panic!("{error:?}\n{text}"))
}

/// The case, without its first lines, shrinks to this while it fails.
#[track_caller]
fn assert_shrinks(bloated: &str, small: &str, fails: impl Fn(&Case) -> bool) {
    let (bloated, small) = (parse(&format!("{HEAD}{bloated}")), format!("{HEAD}{small}minimal\n"));
    assert!(fails(&bloated) && fails(&parse(&small)), "the test itself is wrong");
    let shrunk = shrink(&bloated, &mut |case| fails(case), &mut |_| {});
    assert!(shrunk.minimal);
    assert_eq!(shrunk.case.print(), small);
}

/// The same for tasks with plain files and memories.
#[track_caller]
fn assert_tasks_shrink(bloated: &str, small: &str, fails: impl Fn(&Case) -> bool) {
    assert_shrinks(&format!("{PLAIN}{bloated}"), &format!("{PLAIN}{small}"), fails);
}

fn operations(case: &Case) -> impl Iterator<Item = &TaskOperation> {
    case.tasks.iter().flat_map(|task| &task.operations)
}

fn reads(case: &Case) -> usize {
    operations(case).filter(|it| matches!(it, TaskOperation::Read { .. })).count()
}

fn segments(case: &Case) -> Vec<Iovec> {
    operations(case).flat_map(TaskOperation::segments).copied().collect()
}

fn writes(case: &Case) -> bool {
    segments(case).iter().any(|it| !it.range.is_empty())
}

/// Where the first write begins.
fn offset(case: &Case) -> u32 {
    let mut offsets = operations(case)
        .filter_map(|it| if let TaskOperation::Write { offset, .. } = it { Some(*offset) } else { None });
    offsets.next().unwrap_or(0)
}

#[test]
fn remove_tasks_makes_two_tasks_one() {
    let (bloated, small) =
        ("task w write a 0 [m 0..64]\ntask r read a 0..0\n", "task w write a 0 [m 0..64]\ntask w read a 0..0\n");
    assert_tasks_shrink(bloated, small, |case| writes(case) && reads(case) > 0);
    // Also where it is the later task's operations that have to come first.
    let bloated = "task w write a 0 [m 0..64]\ntask w stat a\ntask r read a 0..0\n";
    assert_tasks_shrink(bloated, "task w read a 0..0\ntask w write a 0 [m 0..64]\n", |case| {
        let after = operations(case).skip_while(|it| !matches!(it, TaskOperation::Write { .. }));
        let read_after = after.filter(|it| matches!(it, TaskOperation::Read { .. })).count() > 0;
        writes(case) && reads(case) > 0 && (case.tasks.len() > 1 || !read_after)
    });
}

#[test]
fn remove_operations_takes_several_at_once() {
    let bloated = "task w write a 0 [m 0..64]\ntask w stat a\ntask w read a 0..0\ntask w read a 0..0\n";
    assert_tasks_shrink(bloated, "task w write a 0 [m 0..64]\n", |case| writes(case) && reads(case).is_multiple_of(2));
}

#[test]
fn remove_segments_makes_two_segments_one() {
    assert_tasks_shrink("task w write a 0 [m 0..8, m 8..16]\n", "task w write a 0 [m 0..16]\n", |case| {
        segments(case).iter().map(|it| it.range.len()).sum::<u32>() == 16
    });
}

#[test]
fn remove_faults_leaves_the_first_chance_once() {
    let bloated = "task w write a 0 [m 0..64]\nfault eio-read 5 times 3\nfault eio-write 1\n";
    assert_tasks_shrink(bloated, "task w write a 0 [m 0..64]\nfault eio-read 2\n", |case| {
        writes(case) && case.faults.iter().any(|it| it.kind == Injection::ReadError && it.at >= 2)
    });
}

#[test]
fn shrink_schedule_joins_turns_and_makes_them_shorter() {
    let tasks = "task w write a 0 [m 0..64]\ntask r read a 0..0\n";
    let steps = |case: &Case| case.schedule.iter().filter_map(|it| it.steps).sum::<u32>();
    let both = |case: &Case| writes(case) && reads(case) > 0 && case.tasks.len() == 2;
    let joined = (format!("{tasks}schedule w:3 r w:3\n"), format!("{tasks}schedule w:6\n"));
    assert_tasks_shrink(&joined.0, &joined.1, |case| both(case) && steps(case) == 6);
    let shorter = (format!("{tasks}schedule w:9 r:20\n"), format!("{tasks}schedule w:4 r\n"));
    assert_tasks_shrink(&shorter.0, &shorter.1, |case| {
        both(case) && case.schedule.len() == 2 && case.schedule[0].steps.is_some_and(|it| it >= 4)
    });
}

#[test]
fn remove_memories_keeps_no_memory_that_nobody_needs() {
    let bloated = "file a size 0 disk - cached -\nmemory m pages 1 resident 0\nmemory n pages 1 resident 0\n\
                   memory o pages 1 resident 0\ntask w write a 0 [o 0..64, m 0..8]\n";
    let small = "file a size 0 disk - cached -\nmemory o pages 1 resident 0\ntask w write a 0 [o 0..64]\n";
    let renamed = small.replace("memory o", "memory m").replace("[o ", "[m ");
    assert_shrinks(bloated, &renamed, |case| segments(case).iter().any(|it| it.range.len() == 64));
    // Two segments are needed, but not of two memories.
    let small = "file a size 0 disk - cached -\nmemory m pages 1 resident 0\ntask w write a 0 [m 0..64, m 0..64]\n";
    let bloated = bloated.replace("m 0..8", "m 0..64");
    assert_shrinks(&bloated, small, |case| segments(case).iter().filter(|it| it.range.len() == 64).count() == 2);
}

#[test]
fn remove_files_keeps_no_file_that_nobody_needs() {
    let bloated = "file a size 0 disk - cached -\nfile b size 64 disk 0..64 cached -\nmemory m pages 1 resident 0\n\
                   task w write b 0 [m 0..64]\n";
    assert_shrinks(bloated, &format!("{PLAIN}task w write a 0 [m 0..64]\n"), writes);
}

/// A file like this shrinks to that one, if the first page, and this, is needed.
#[track_caller]
fn assert_file_shrinks(bloated: &str, small: &str, fails: impl Fn(&crate::File) -> bool) {
    let with = |file: &str| format!("file a size 64 {file}\nmemory m pages 1 resident 0\ntask w write a 0 [m 0..64]\n");
    assert_shrinks(&with(bloated), &with(small), |case| {
        writes(case) && case.files[0].size == 64 && fails(&case.files[0])
    });
}

#[test]
fn plain_files_leaves_nothing_special_in_the_cache() {
    let state = |file: &crate::File| file.cached.iter().find(|it| it.page == 0).map(|it| it.state);
    assert_file_shrinks("disk 0..64 cached 0 blocks 0 2, 1 dirty", "disk 0..64 cached -", |_| true);
    assert_file_shrinks("disk 0..64 cached 0 blocks 0 2, 1 dirty", "disk 0..64 cached 0 uptodate", |file| {
        state(file).is_some()
    });
    assert_file_shrinks("disk 0..64 cached 0 dirty, 1 uptodate", "disk 0..64 cached 0 dirty", |file| {
        state(file).is_some_and(|it| it != Cache::Uptodate)
    });
    assert_file_shrinks(
        "disk 0..64 cached 0 blocks 0 2 3, 1 dirty",
        "disk 0..64 cached 0 blocks 2",
        |file| matches!(state(file), Some(Cache::Blocks(mask)) if mask & 4 != 0),
    );
}

#[test]
fn plain_files_leaves_just_the_blocks_of_the_file_allocated() {
    let at = |file: &crate::File, place: u32| {
        file.extents.iter().find(|it| (it.range.start..it.range.end).contains(&place)).map(|it: &Extent| it.kind)
    };
    assert_file_shrinks("unwritten 0..16 disk 32..96 cached -", "disk 0..64 cached -", |_| true);
    assert_file_shrinks("unwritten 0..16 disk 32..96 cached -", "disk - cached -", |file| at(file, 16).is_none());
    // What is kept becomes ordinary, and ends where the file does.
    assert_file_shrinks("unwritten 0..16 unwritten 32..96 cached -", "disk 32..64 cached -", |file| {
        at(file, 16).is_none() && at(file, 48).is_some()
    });
    // A hole goes where it is not needed, though what is before and behind it is.
    assert_file_shrinks("disk 0..48 unwritten 64..96 cached -", "disk 0..64 unwritten 64..96 cached -", |file| {
        at(file, 0) == Some(ExtentKind::Disk) && at(file, 64) == Some(ExtentKind::Unwritten) && at(file, 80).is_some()
    });
}

#[test]
fn plain_memories_leaves_nothing_special_in_memory() {
    let file = "file a size 64 disk 0..64 cached -\n";
    let bloated = format!(
        "{file}memory m mm 1 pages 3 maps a page 1 private resident - none 2\ntask w mm 1\ntask w write a 0 [m 0..64]\n"
    );
    assert_shrinks(&bloated, &format!("{PLAIN}task w write a 0 [m 0..64]\n"), writes);
    // A page that has to be absent keeps no other from being there.
    let bloated = format!("{file}memory m pages 2 resident - none 0\ntask w write a 0 [m 0..128]\n");
    let small = format!("{file}memory m pages 2 resident 0\ntask w write a 0 [m 0..128]\n");
    assert_shrinks(&bloated, &small, |case| {
        segments(case).iter().any(|it| it.range.len() == 128)
            && case.files[0].size == 64
            && case.memories[0].pages == 2
            && case.memories[0].resident & 2 == 0
    });
    // A mapping that is needed is a shared one, of the first page that will do.
    let bloated = format!("{file}memory m pages 1 maps a page 3 private resident -\ntask w write a 0 [m 0..64]\n");
    for (first, page) in [(0, "0"), (2, "2")] {
        let is_mapped = |case: &Case| match case.memories[0].kind {
            crate::MemoryKind::Map { page, .. } => page >= first,
            crate::MemoryKind::Anonymous => false,
        };
        let small = format!("{file}memory m pages 1 maps a page {page} resident -\ntask w write a 0 [m 0..64]\n");
        assert_shrinks(&bloated, &small, |case| writes(case) && case.files[0].size == 64 && is_mapped(case));
    }
}

#[test]
fn plain_machine_leaves_a_machine_without_a_word() {
    let options = "machine fault-locks-page copy-clears-tail kmap 2 frames 8 blocks 8\n";
    let case = |machine: &str| {
        format!("shortcopy case 1\ngeometry page 64 block 16\n{machine}fs block\n{PLAIN}task w write a 0 [m 0..64]\n")
    };
    let shrunk =
        |fails: &dyn Fn(&Case) -> bool| shrink(&parse(&case(options)), &mut |it| fails(it), &mut |_| {}).case.print();
    assert_eq!(shrunk(&writes), format!("{}minimal\n", case("")));
    // Each alone, where the others have to stay.
    let needed = |case: &Case| writes(case) && case.machine.kmap_slots.is_some();
    assert_eq!(shrunk(&needed), format!("{}minimal\n", case("machine kmap 2\n")));
    let needed = |case: &Case| writes(case) && case.machine.free_frames == 8 && case.machine.free_blocks == 8;
    assert_eq!(shrunk(&needed), format!("{}minimal\n", case("machine frames 8 blocks 8\n")));
}

#[test]
fn plain_machine_leaves_the_usual_pages_and_blocks() {
    let text = format!("shortcopy case 1\ngeometry page 128 block 64\nfs block\n{PLAIN}task w write a 0 [m 0..64]\n");
    let shrunk = shrink(&parse(&text), &mut |case| writes(case), &mut |_| {}).case;
    assert_eq!(shrunk.geometry, crate::Geometry::default());
}

#[test]
fn plainer_operations_puts_the_plainest_in_place_of_each() {
    assert_tasks_shrink("task w append a [m 0..64]\n", "task w write a 0 [m 0..64]\n", writes);
    for (special, plain) in [
        ("punch a 0..64", "truncate a 0"),
        ("store m 0..64", "load m 0..64"),
        ("munmap m page 0", "madvise-dontneed m page 0"),
        ("reclaim-pte m page 0", "madvise-dontneed m page 0"),
        ("mremap m", "madvise-dontneed m page 0"),
        ("mlock m", "madvise-dontneed m page 0"),
        ("invalidate-all a", "reclaim a page 0"),
        ("invalidate a", "reclaim a page 0"),
        ("fsync a", "writeback a"),
    ] {
        let name = if plain.starts_with("load") { "r" } else { "u" };
        let [special, plain] = [special, plain].map(|it| format!("task {name} {it}\n"));
        assert_tasks_shrink(&special, &plain, |case| operations(case).count() == 1 && case.memories.len() == 1);
    }
}

#[test]
fn plainer_operations_reads_instead_of_loading() {
    let with = |task: &str, operation: &str| {
        format!(
            "file a size 128 disk 0..128 cached -\nmemory m pages 1 maps a page 1 resident -\ntask {task} {operation}\n"
        )
    };
    assert_shrinks(&with("u", "store m 0..64"), &with("r", "read a 64..128"), |case| {
        let mapped = matches!(case.memories.first().map(|it| it.kind), Some(crate::MemoryKind::Map { page: 1, .. }));
        let at_its_place = |it: &TaskOperation| !matches!(it, TaskOperation::Read { range, .. } if range.start != 64 || range.end != 128);
        mapped && case.files[0].size == 128 && operations(case).count() == 1 && operations(case).all(at_its_place)
    });
    let with = |operation: &str, fs: &str| {
        format!("shortcopy case 1\ngeometry page 64 block 16\nfs {fs}\n{PLAIN}task u {operation}\n")
    };
    let unlocked = parse(&with("truncate-unlocked a 0", "cluster"));
    let shrunk = shrink(&unlocked, &mut |case| operations(case).count() == 1 && !case.memories.is_empty(), &mut |_| {});
    assert_eq!(shrunk.case.print(), format!("{}minimal\n", with("truncate a 0", "cluster")));
}

/// Whether a write begins where a read does, so far behind an edge: neither can move alone.
fn meet_behind(edge: u32, by: u32) -> impl Fn(&Case) -> bool {
    move |case| {
        let meets = |it: &TaskOperation| matches!(it, TaskOperation::Read { range, .. } if range.start == offset(case) && range.len() == 8);
        writes(case) && offset(case) % edge == by && operations(case).any(meets)
    }
}

#[test]
fn cut_pages_moves_all_that_is_behind_a_page_or_block() {
    let with = |offset: u32, size: u32| {
        let end = offset + 8;
        format!(
            "file a size {size} disk 0..{size} cached -\nmemory m pages 1 resident 0\n\
                 task w write a {offset} [m 0..64]\ntask w read a {offset}..{end}\n"
        )
    };
    // Two pages, in front of the place where both are.
    assert_shrinks(&with(136, 192), &with(8, 0).replace("disk 0..0", "disk -"), meet_behind(64, 8));
    // And two blocks.
    assert_shrinks(&with(40, 64), &with(8, 0).replace("disk 0..0", "disk -"), meet_behind(16, 8));
}

#[test]
fn cut_pages_takes_pages_out_of_a_memory() {
    let with = |pages: u32, all: &str, page: u32| {
        let (start, end) = (64 * page + 8, 64 * page + 16);
        format!(
            "file a size 0 disk - cached -\nmemory m pages {pages} resident {all}\n\
                 task w write a 0 [m {start}..{end}]\ntask w madvise-dontneed m page {page}\n"
        )
    };
    assert_shrinks(&with(3, "0,1,2", 2), &with(1, "0", 0), |case| {
        let page_of = |it: &Iovec| (it.range.start % 64 == 8 && it.range.len() == 8).then_some(it.range.start / 64);
        let source = segments(case).first().and_then(page_of);
        let goes =
            |it: &TaskOperation| matches!(it, TaskOperation::DontNeed { pages, .. } if Some(pages.start) == source);
        operations(case).any(goes)
    });
}

#[test]
fn smaller_numbers_rounds_to_what_is_easily_read() {
    let with = |offset: u32| format!("task w write a {offset} [m 0..64]\n");
    assert_tasks_shrink(&with(100), &with(128), |case| writes(case) && offset(case) >= 70);
    // What is allocated keeps up with the size.
    let with = |size: u32| {
        format!(
            "file a size {size} disk 0..{} cached -\nmemory m pages 1 resident 0\ntask w write a 0 [m 0..64]\n",
            size.next_multiple_of(16)
        )
    };
    assert_shrinks(&with(100), &with(128), |case| writes(case) && case.files[0].size >= 70);
}

#[test]
fn sorted_tasks_keep_their_turns() {
    let text = |tasks: [&str; 3]| {
        let of = |name: &str| match name {
            "w" => "task w write a 0 [m 0..64]\n",
            "r" => "task r read a 0..0\n",
            _ => "task u madvise-dontneed m page 0\n",
        };
        format!("{HEAD}{PLAIN}{}schedule w:1 r:2 u:3 w\n", tasks.map(of).concat())
    };
    for order in [["r", "u", "w"], ["u", "w", "r"], ["u", "r", "w"], ["w", "u", "r"], ["w", "r", "u"]] {
        let mut case = parse(&text(order));
        crate::shrink::sort_tasks(&mut case);
        assert_eq!(case.print(), text(["w", "r", "u"]), "from {order:?}");
    }
}
