//! Events in words.

use super::names::Names;
use super::{Entry, Kind};
use crate::report;
use machine::{BlockFlag, Event, ExtentState, Mode, PageFlag};

/// An event in words; nothing for what would only be noise.
pub(super) fn entries(names: &mut Names<'_>, event: Event) -> Option<Entry> {
    let (kind, text) = locks(names, event)
        .or_else(|| flags(names, event))
        .or_else(|| data(names, event))
        .or_else(|| state(names, event))?;
    Some(Entry { kind, text })
}

fn locks(names: &Names<'_>, event: Event) -> Option<(Kind, String)> {
    let how = |mode| match mode {
        Mode::Shared => " for reading",
        Mode::Exclusive | Mode::Wait => "",
    };
    Some(match event {
        Event::Invoke(id) => {
            let words = match report::operation(names.case, id) {
                Some((_, operation)) => names.case.print_operation(operation),
                None => format!("#{}", id.0),
            };
            (Kind::Call, format!("#{} {words}", id.0))
        }
        Event::Return(id, outcome) => (Kind::Call, format!("#{} returns {}", id.0, report::outcome(outcome))),
        Event::Take { lock, mode, site } => {
            (Kind::Lock, format!("takes {}{}, {}", names.lock(lock), how(mode), site.as_str()))
        }
        Event::Wait { lock, mode, site } => {
            (Kind::Wait, format!("waits for {}{}, {}", names.lock(lock), how(mode), site.as_str()))
        }
        Event::Release { lock } => (Kind::Lock, format!("releases {}", names.lock(lock))),
        _ => return None,
    })
}

fn flags(names: &Names<'_>, event: Event) -> Option<(Kind, String)> {
    let not = |on: bool| if on { "" } else { "not " };
    Some(match event {
        Event::Saw { page, flag, on } => {
            (Kind::Look, format!("sees {} {}{}", names.page(page), not(on), page_flag(flag)))
        }
        Event::Flag { page, flag, on } => (Kind::State, format!("{} {}{}", names.page(page), not(on), page_flag(flag))),
        Event::Blocks { page, blocks, flag, on } => {
            let which = block_numbers(blocks);
            (Kind::State, format!("{} {which} {}{}", names.page(page), not(on), block_flag(flag)))
        }
        Event::SawSize { file, size } => (Kind::Look, format!("sees i_size({}) {size}", names.file(file))),
        Event::Size { file, size } => (Kind::State, format!("i_size({}) = {size}", names.file(file))),
        _ => return None,
    })
}

/// `block 1` or `blocks 0,2`, of a mask.
fn block_numbers(mask: u8) -> String {
    let numbers: Vec<String> = (0..u8::BITS).filter(|bit| mask & 1 << bit != 0).map(|bit| bit.to_string()).collect();
    format!("{} {}", plural(mask.count_ones(), "block"), numbers.join(","))
}

const fn page_flag(flag: PageFlag) -> &'static str {
    match flag {
        PageFlag::Uptodate => "uptodate",
        PageFlag::Dirty => "dirty",
        PageFlag::Writeback => "under writeback",
        PageFlag::Error => "in error",
        PageFlag::Private => "with buffers",
        PageFlag::MappedToDisk => "mapped to disk",
        PageFlag::KeepAway => "keep away",
    }
}

const fn block_flag(flag: BlockFlag) -> &'static str {
    match flag {
        BlockFlag::Mapped => "mapped",
        BlockFlag::New => "new",
        BlockFlag::Uptodate => "uptodate",
        BlockFlag::Dirty => "dirty",
        BlockFlag::Locked => "under I/O",
        BlockFlag::Delay => "delayed",
    }
}

const fn extent_state(state: ExtentState) -> &'static str {
    match state {
        ExtentState::Hole => "a hole",
        ExtentState::Delayed => "delayed",
        ExtentState::Unwritten => "unwritten",
        ExtentState::Written => "written",
    }
}

fn data(names: &Names<'_>, event: Event) -> Option<(Kind, String)> {
    Some(match event {
        Event::CopyIn { page, start, wanted, copied } => {
            let end = start + copied;
            let short = if copied < wanted { format!(", short of {wanted}") } else { String::new() };
            (Kind::Copy, format!("copies user memory to {} {start}..{end}{short}", names.page(page)))
        }
        Event::CopyPage { from, to, start, end } => {
            (Kind::Copy, format!("copies {} to {} {start}..{end}", names.page(from), names.page(to)))
        }
        Event::CopyOut { page, start, end } => (Kind::Copy, format!("reads {} {start}..{end}", names.page(page))),
        Event::Store { page, start, end } => (Kind::Copy, format!("stores to {} {start}..{end}", names.page(page))),
        Event::Clear { page, start, end, site } => {
            (Kind::Clear, format!("clears {} {start}..{end}: {}", names.page(page), site.describe()))
        }
        Event::Submit { page, write, blocks } => {
            let what = if write { "writes" } else { "reads" };
            (Kind::Copy, format!("{what} {} {} of {}", blocks, plural(blocks.into(), "block"), names.page(page)))
        }
        Event::Complete { page, write, failed } => {
            let what = if write { "write" } else { "read" };
            let how = if failed { "failed" } else { "done" };
            (Kind::Copy, format!("{what} of {} {how}", names.page(page)))
        }
        _ => return None,
    })
}

fn plural(count: u32, word: &str) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

fn state(names: &Names<'_>, event: Event) -> Option<(Kind, String)> {
    Some(match event {
        Event::Cache { file, index, page } => {
            (Kind::State, format!("frame {} is {}:{index} now", page.number(), names.file(file)))
        }
        Event::Uncache { file, index, .. } => (Kind::State, format!("{}:{index} leaves the cache", names.file(file))),
        Event::Map { memory, index, page } => {
            (Kind::State, format!("maps {}:{index} to {}", names.memory(memory), names.page(page)))
        }
        Event::Unmap { memory, index } => (Kind::State, format!("unmaps {}:{index}", names.memory(memory))),
        Event::BadFault { memory, index } => {
            (Kind::Fault, format!("nothing to map at {}:{index}", names.memory(memory)))
        }
        Event::AllocateBlock { file, logical, block } => {
            (Kind::State, format!("block {logical} of {} is disk block {block} now", names.file(file)))
        }
        Event::Frontier { file, frontier } => {
            (Kind::State, format!("{} is allocated up to {frontier} now", names.file(file)))
        }
        Event::FreeBlock { file, logical, block } => {
            (Kind::State, format!("block {logical} of {} gives back disk block {block}", names.file(file)))
        }
        Event::Extent { file, logical, state } => {
            (Kind::State, format!("block {logical} of {} is {} now", names.file(file), extent_state(state)))
        }
        Event::Injected(kind) => (Kind::Fault, format!("injected: {kind:?}")),
        _ => return None,
    })
}
