//! The files and memories of a case, made in C.

use super::marks::Origin;
use super::plan::{Backing, PAGE, Plan, resident};
use case::{Cache, ExtentKind, File, MemoryKind, PageRange, TaskOperation};
use std::fmt::Write;

/// The variables of a program.
pub(super) fn globals(plan: &Plan<'_>) -> String {
    let case = plan.case;
    let mut text = String::new();
    for file in &case.files {
        let _ = writeln!(text, "static int file_{};", file.name);
    }
    for (task, file) in appends(plan) {
        let _ = writeln!(text, "static int {};", plan.appending(task, file));
    }
    for (memory, backing) in case.memories.iter().zip(&plan.backing) {
        let _ = writeln!(text, "static char *memory_{};", memory.name);
        if *backing == Backing::Swap {
            let _ = writeln!(text, "static int swap_{};", memory.name);
        }
    }
    text + "\n"
}

/// The names of the files, which are taken away at the end.
pub(super) fn names(plan: &Plan<'_>) -> String {
    let names: Vec<String> = plan.case.files.iter().map(|it| format!("\"{}\"", it.name)).collect();
    format!("static const char *const names[] = {{ {} }};\n\n", names.join(", "))
}

/// Which tasks append to which files.
fn appends(plan: &Plan<'_>) -> Vec<(usize, usize)> {
    let mut all = Vec::new();
    for (number, task) in plan.case.tasks.iter().enumerate() {
        for operation in &task.operations {
            if let TaskOperation::Append { file, .. } = operation
                && !all.contains(&(number, *file))
            {
                all.push((number, *file));
            }
        }
    }
    all
}

/// Makes the files.
pub(super) fn files(plan: &Plan<'_>) -> String {
    let mut text = String::new();
    for (number, file) in plan.case.files.iter().enumerate() {
        text.push_str(&make_file(plan, number, file));
    }
    for (task, file) in appends(plan) {
        let (variable, name) = (plan.appending(task, file), plan.case.files[file].name);
        let _ = writeln!(text, "\t{variable} = check(open(\"{name}\", O_WRONLY | O_APPEND), \"{name}\");");
    }
    text
}

fn make_file(plan: &Plan<'_>, number: usize, file: &File) -> String {
    let (name, size) = (file.name, plan.bytes(file.size));
    let mark = plan.marks.byte(Origin::File(number));
    let mut text = format!("\tfile_{name} = make_file(\"{name}\", {size});\n");
    for extent in &file.extents {
        let (start, end) = (plan.bytes(extent.range.start), plan.bytes(extent.range.end));
        if extent.kind == ExtentKind::Unwritten || end > size {
            let _ = writeln!(text, "\tallocate(file_{name}, {start}, {});", end - start);
        }
        let end = end.min(size);
        if extent.kind == ExtentKind::Disk && start < end {
            let _ = writeln!(text, "\tput(file_{name}, {mark}, {start}, {});", end - start);
        }
    }
    let is_cached = |page: u32| {
        let whole = |it: &case::CachedPage| matches!(it.state, Cache::Uptodate | Cache::Dirty);
        file.cached.iter().any(|it| it.page == page && whole(it))
    };
    if (0..size.div_ceil(PAGE)).any(|page| !is_cached(page)) {
        let _ = writeln!(text, "\tdrop_pages(file_{name}, 0, 0);");
    }
    for cached in &file.cached {
        let start = cached.page * PAGE;
        let end = (start + PAGE).min(size);
        let is_data = file.extents.iter().any(|it| {
            let covers = plan.bytes(it.range.start) <= start && end <= plan.bytes(it.range.end);
            covers && it.kind == ExtentKind::Disk
        });
        match cached.state {
            _ if start >= end => {}
            Cache::Dirty if is_data => {
                let _ = writeln!(text, "\tput(file_{name}, {mark}, {start}, {}); /* dirty */", end - start);
            }
            Cache::Dirty | Cache::Uptodate => {
                let _ = writeln!(text, "\tcache_page(file_{name}, {});", cached.page);
            }
            Cache::Empty | Cache::Blocks(_) => {
                let page = cached.page;
                let _ =
                    writeln!(text, "\t/* Page {page} should be cached but not uptodate: it is not cached at all. */");
            }
        }
    }
    text
}

/// Makes the memories.
pub(super) fn memories(plan: &Plan<'_>) -> String {
    (0..plan.case.memories.len()).map(|it| make_memory(plan, it)).collect()
}

fn make_memory(plan: &Plan<'_>, number: usize) -> String {
    let memory = &plan.case.memories[number];
    let (name, length) = (memory.name, memory.pages * PAGE);
    let mark = plan.marks.byte(match plan.writes_from(number).first() {
        Some(write) if !plan.has_own_mark[number] => Origin::Operation(*write),
        _ => Origin::Memory(number),
    });
    if plan.backing[number] == Backing::Plain {
        return format!("\tmemory_{name} = anonymous({length}, {mark});\n");
    }
    let mut text = format!("\tmemory_{name} = reserve({}); /* a page more than it has */\n", length + PAGE);
    let at = |run: PageRange| plan.pages(number, run);
    if let MemoryKind::Map { file, page, shared } = memory.kind {
        let writable = shared || plan.is_stored_to(number);
        let rights = if writable { "PROT_READ | PROT_WRITE" } else { "PROT_READ" };
        let (kind, mapped) = (if shared { "MAP_SHARED" } else { "MAP_PRIVATE" }, plan.case.files[file].name);
        let offset = page * PAGE;
        let _ = writeln!(text, "\tmap_file(memory_{name}, {length}, {rights}, {kind}, file_{mapped}, {offset});");
    } else {
        let _ = writeln!(text, "\tswap_{name} = make_swap({length}, {mark});");
        let rights = "PROT_READ | PROT_WRITE";
        let _ = writeln!(text, "\tmap_file(memory_{name}, {length}, {rights}, MAP_SHARED, swap_{name}, 0);");
    }
    let there = runs(resident(memory), memory.pages);
    for run in &there {
        let _ = writeln!(text, "\tmake_resident({});", at(*run));
    }
    if !there.is_empty() {
        // What faults a page in may map those beside it too.
        for run in runs(!resident(memory), memory.pages) {
            let _ = writeln!(text, "\ttake_away({}); /* not resident */", at(run));
        }
    }
    if plan.stops && plan.backing[number] == Backing::Swap {
        let _ = writeln!(text, "\twatch(memory_{name}, {length});");
    }
    for run in runs(memory.unreadable, memory.pages) {
        let _ = writeln!(text, "\tcheck(mprotect({}, PROT_NONE), \"mprotect\");", at(run));
    }
    text
}

/// The runs of pages whose bits are set.
fn runs(bits: u32, pages: u32) -> Vec<PageRange> {
    let mut runs: Vec<PageRange> = Vec::new();
    for page in (0..pages).filter(|page| bits >> page & 1 == 1) {
        match runs.last_mut().filter(|it| it.end == page) {
            Some(last) => last.end += 1,
            None => runs.push(PageRange { start: page, end: page + 1 }),
        }
    }
    runs
}
