//! Mutations of what is there before the first step: files, what is cached, memory, the machine, faults.

use super::Mutator;
use crate::allocation::allocate;
use crate::generate::{fault_fits, file_name, has_buffers, memory_name};
use crate::kinds::FAULT_KINDS;
use crate::targets;
use crate::{
    Cache, CachedPage, Case, CopyForm, Extent, ExtentKind, Fault, FaultForm, File, Filesystem, Form, Injection,
    MemoryKind, MemoryRegion, Range,
};

type M<'c, 'a, 'b> = Mutator<'c, 'a, 'b>;

impl Mutator<'_, '_, '_> {
    fn memory(&mut self) -> Option<usize> {
        let drawn = self.choices.index(self.case.memories.len());
        (drawn < self.case.memories.len()).then_some(drawn)
    }
}

pub(super) fn toggle_resident(m: &mut M<'_, '_, '_>) -> bool {
    let Some(memory) = m.memory() else { return false };
    let page = m.choices.below(m.case.memories[memory].pages);
    let memory = &mut m.case.memories[memory];
    memory.resident ^= 1 << page;
    memory.unreadable &= !(1 << page);
    true
}

pub(super) fn toggle_unreadable(m: &mut M<'_, '_, '_>) -> bool {
    let Some(memory) = m.memory() else { return false };
    let page = m.choices.below(m.case.memories[memory].pages);
    let memory = &mut m.case.memories[memory];
    memory.unreadable ^= 1 << page;
    memory.resident &= !memory.unreadable;
    true
}

pub(super) fn change_cache(m: &mut M<'_, '_, '_>) -> bool {
    let (geometry, buffers) = (m.case.geometry, has_buffers(m.case.filesystem));
    let index = m.choices.index(m.case.files.len());
    let file = &mut m.case.files[index];
    let pages = file.size.div_ceil(geometry.page);
    if pages == 0 {
        return false;
    }
    let page = m.choices.below(pages);
    let state = match m.choices.below(5) {
        0 => None,
        1 => Some(Cache::Uptodate),
        2 => Some(Cache::Dirty),
        3 if buffers => Some(Cache::Blocks(m.choices.byte())),
        _ => Some(Cache::Empty),
    };
    file.cached.retain(|cached| cached.page != page);
    file.cached.extend(state.map(|state| CachedPage { page, state }));
    true
}

/// Frees or allocates a few blocks, past the end of the file too.
pub(super) fn change_extents(m: &mut M<'_, '_, '_>) -> bool {
    let (geometry, filesystem) = (m.case.geometry, m.case.filesystem);
    if matches!(filesystem, Filesystem::Libfs | Filesystem::Cont) {
        return false;
    }
    let index = m.choices.index(m.case.files.len());
    let file = &mut m.case.files[index];
    let blocks = file.size.div_ceil(geometry.block) + geometry.page / geometry.block;
    let start = m.choices.below(blocks) * geometry.block;
    let hole = Range { start, end: start + m.choices.within(1, 4) * geometry.block };
    let extents = std::mem::take(&mut file.extents);
    for Extent { range, kind } in extents {
        let before = Range { start: range.start, end: range.end.min(hole.start) };
        let behind = Range { start: range.start.max(hole.end), end: range.end };
        file.extents
            .extend([before, behind].into_iter().filter(|r| r.start < r.end).map(|range| Extent { range, kind }));
    }
    let unwritten = filesystem == Filesystem::Extent && m.choices.chance(96);
    let kind = if unwritten { ExtentKind::Unwritten } else { ExtentKind::Disk };
    if m.choices.chance(128) {
        file.extents.push(Extent { range: hole, kind });
    }
    true
}

pub(super) fn add_memory(m: &mut M<'_, '_, '_>) -> bool {
    if m.case.memories.len() >= Case::MAX_MEMORIES {
        return false;
    }
    let name = memory_name(m.case.memories.len());
    let (pages, resident) = (m.choices.within(1, 3), u32::from(m.choices.byte()));
    let mut memory = MemoryRegion { name, mm: Some(0), pages, kind: MemoryKind::Anonymous, resident, unreadable: 0 };
    if m.choices.chance(96) {
        memory.kind = mapping(m);
    }
    m.case.memories.push(memory);
    // Of use only once something reads from it.
    let added = m.case.memories.len() - 1;
    let tasks = m.case.tasks.iter_mut().filter(|task| task.mm == Some(0));
    let mut segments: Vec<_> =
        tasks.flat_map(|task| &mut task.operations).filter_map(targets::segments_mut).flatten().collect();
    let drawn = m.choices.index(segments.len());
    if let Some(segment) = segments.get_mut(drawn) {
        segment.memory = added;
    }
    true
}

fn mapping(m: &mut M<'_, '_, '_>) -> MemoryKind {
    let file = m.choices.index(m.case.files.len());
    MemoryKind::Map { file, page: m.choices.pick(&[6, 1, 1]), shared: !m.choices.chance(64) }
}

pub(super) fn change_memory(m: &mut M<'_, '_, '_>) -> bool {
    let Some(memory) = m.memory() else { return false };
    m.case.memories[memory].kind = if m.choices.chance(96) { MemoryKind::Anonymous } else { mapping(m) };
    true
}

pub(super) fn change_pages(m: &mut M<'_, '_, '_>) -> bool {
    let Some(memory) = m.memory() else { return false };
    m.case.memories[memory].pages = m.choices.within(1, 4);
    true
}

pub(super) fn add_file(m: &mut M<'_, '_, '_>) -> bool {
    if m.case.files.len() >= m.weights.abilities.files.min(3) {
        return false;
    }
    let like = m.choices.index(m.case.files.len());
    let copy = File { name: file_name(m.case.files.len()), ..m.case.files[like].clone() };
    m.case.files.push(copy);
    // Of use only once something is done to it.
    let added = m.case.files.len() - 1;
    let operations = m.case.tasks.iter_mut().flat_map(|task| &mut task.operations);
    let mut users: Vec<_> = operations.filter_map(targets::file_mut).collect();
    let drawn = m.choices.index(users.len());
    if let Some(file) = users.get_mut(drawn) {
        **file = added;
    }
    true
}

pub(super) fn toggle_machine(m: &mut M<'_, '_, '_>) -> bool {
    let drawn = m.choices.below(6);
    let options = &mut m.case.machine;
    match drawn {
        0 | 1 => {
            options.copy = match options.copy {
                CopyForm::LeavesTail => CopyForm::ClearsTail,
                CopyForm::ClearsTail => CopyForm::LeavesTail,
            };
        }
        2 | 3 => {
            options.fault = match options.fault {
                FaultForm::LocksNotUptodate => FaultForm::LocksAlways,
                FaultForm::LocksAlways => FaultForm::LocksNotUptodate,
            };
        }
        4 => options.free_blocks = if options.free_blocks < 8 { 128 } else { m.choices.below(4) as u8 },
        _ => options.free_frames = if options.free_frames < 8 { 64 } else { m.choices.within(1, 6) as u8 },
    }
    true
}

pub(super) fn change_block(m: &mut M<'_, '_, '_>) -> bool {
    let page = m.case.geometry.page;
    m.case.geometry.block = page >> m.choices.below(4);
    m.case.geometry.is_valid() && m.weights.abilities.has_geometry(m.case.geometry)
}

pub(super) fn change_filesystem(m: &mut M<'_, '_, '_>) -> bool {
    if !m.weights.abilities.kernel {
        return false;
    }
    let generic: [(Filesystem, Option<Form>); 3] =
        [(Filesystem::Block, None), (Filesystem::Libfs, None), (Filesystem::Nobh, None)];
    let of = if m.weights.filesystems.is_empty() { &generic[..] } else { &m.weights.filesystems };
    (m.case.filesystem, m.case.form) = m.choices.one_of(of);
    let filesystem = m.case.filesystem;
    if filesystem == Filesystem::Libfs {
        // It has no disk.
        m.case.files.iter_mut().for_each(|file| file.extents.clear());
    }
    if filesystem == Filesystem::Cont {
        // It has no holes, and nothing past the end.
        let geometry = m.case.geometry;
        m.case.files.iter_mut().for_each(|file| allocate(file, geometry));
    }
    m.case.faults.retain(|fault| fault_fits(fault.kind, filesystem));
    true
}

pub(super) fn add_fault(m: &mut M<'_, '_, '_>) -> bool {
    let kind = match m.choices.one_of(&FAULT_KINDS) {
        Injection::PartialCommit { .. } => {
            Injection::PartialCommit { cells: m.choices.within(1, m.case.geometry.block) }
        }
        other => other,
    };
    if m.case.faults.len() >= 4 || !m.weights.allows_fault(kind, m.case.filesystem) {
        return false;
    }
    let at = 1 + m.choices.pick(&[6, 4, 2, 1]);
    m.case.faults.push(Fault { kind, at, times: 1 });
    true
}

pub(super) fn change_fault(m: &mut M<'_, '_, '_>) -> bool {
    let drawn = m.choices.index(m.case.faults.len());
    let Some(fault) = m.case.faults.get_mut(drawn) else { return false };
    match m.choices.below(3) {
        0 => {
            m.case.faults.remove(drawn);
        }
        1 => fault.at = 1 + m.choices.below(8),
        _ => fault.times = 1 + m.choices.below(3),
    }
    true
}
