//! Turns operations into versions and sizes.

use super::{
    BEFORE, Base, Effect, Growth, Interval, Loss, Model, NEVER, Source, Sync, Version, any_zero, interval, moment,
};
use crate::{Call, FaultKind, FileId, History, MemoryId, Operation, OperationId, Outcome, Span};

/// One past the last cell that any file can have; larger than any offset.
const ENDLESS: u32 = u32::MAX;

/// Fills the model with the history's versions.
pub(super) fn build(model: &mut Model, history: &History) {
    start(model, history);
    for index in 0..history.operations.len() {
        let id = OperationId(index as u8);
        if let Some(when) = interval(history, id) {
            sizes(model, history, id, when);
        }
    }
    for index in 0..history.operations.len() {
        let id = OperationId(index as u8);
        if let Some(when) = interval(history, id) {
            versions(model, history, id, when);
        }
    }
    refusals(model, history);
    for (index, memory) in history.memories.iter().enumerate() {
        let changing = memory.mapped.is_some() || model.objects[model.files + index].changes();
        model.changing |= u32::from(changing) << index;
    }
    let Model { objects, boundaries, files, changing, losses, .. } = model;
    for (index, object) in objects[..*files + history.memories.len()].iter_mut().enumerate() {
        boundaries.clear();
        for loss in losses.iter().filter(|it| it.file.is_none_or(|file| file.index() == index) && index < *files) {
            boundaries.extend([loss.start, loss.end].into_iter().filter(|it| (1..ENDLESS).contains(it)));
        }
        object.cut(boundaries, *changing);
    }
}

fn start(model: &mut Model, history: &History) {
    let objects = history.files.len() + history.memories.len();
    model.files = history.files.len();
    if model.objects.len() < objects {
        model.objects.resize_with(objects, Default::default);
    }
    if model.sizes.len() < model.files {
        model.sizes.resize_with(model.files, Default::default);
    }
    model.losses.clear();
    model.syncs.clear();
    model.changing = 0;
    model.any_unmap = false;
    model.last = 0;
    let first = Version {
        start: 0,
        end: ENDLESS,
        when: BEFORE,
        operation: None,
        source: Source::Void,
        effect: Effect::Settles,
    };
    for (index, file) in history.files.iter().enumerate() {
        let object = &mut model.objects[index];
        object.clear();
        object.push(Version { start: file.size, ..first });
        object.push(Version { end: file.size, source: Source::Content(file.content.start), ..first });
        object.began_with_zeroes = any_zero(&history.cells[file.content.range()]);
        model.sizes[index].clear(file.size);
    }
    for (index, memory) in history.memories.iter().enumerate() {
        let object = &mut model.objects[model.files + index];
        object.clear();
        let source = match memory.mapped {
            None => Source::Memory(MemoryId(index as u8), 0),
            Some((file, offset)) => Source::Through(file, offset),
        };
        object.push(Version { end: memory.length, source, ..first });
    }
}

/// How an operation changes sizes, and which data it may lose.
fn sizes(model: &mut Model, history: &History, id: OperationId, when: Interval) {
    let operation = &history.operations[id.index()];
    if when.to != NEVER {
        model.last = model.last.max(when.to);
    }
    let everything = Loss { file: None, start: 0, end: ENDLESS, when, refused: false, crash: false };
    match operation.call {
        Call::Truncate { file, size, .. } => {
            let done = matches!(operation.outcome, Some(Outcome::Done(_)));
            // A failed call has changed nothing.
            let lasts = done || operation.outcome.is_none();
            model.sizes[file.index()].truncate(Base { size, when, certain: done, lasts });
        }
        Call::Write { file, segments, .. } => {
            let asked = write_length(history, segments);
            if asked > 0 {
                let counted = counted(operation).min(asked);
                let growth = match write_offset(operation) {
                    Some(offset) => Growth {
                        offset,
                        settled: if counted > 0 { offset + counted } else { 0 },
                        asked: offset + asked,
                        when,
                    },
                    None => Growth { offset: 0, settled: 0, asked: furthest(history, file) + asked, when },
                };
                model.sizes[file.index()].grow(growth);
            }
        }
        // A failed call has discarded nothing.
        Call::Invalidate { file, discards: true } if !has_failed(operation) => {
            model.losses.push(Loss { file: Some(file), ..everything });
        }
        Call::Unmap { .. } => model.any_unmap = true,
        Call::Crash => model.losses.push(Loss { crash: true, ..everything }),
        Call::Fsync { file } if operation.outcome == Some(Outcome::Done(0)) => model.syncs.push(Sync { file, when }),
        _ => {}
    }
}

/// Data that the disk refused is lost at the place where it was refused.
fn refusals(model: &mut Model, history: &History) {
    for it in history.failures.iter().filter(|it| it.kind == FaultKind::WriteError) {
        model.losses.push(Loss {
            file: it.file,
            start: it.start,
            end: it.end,
            when: moment(it.at),
            refused: true,
            crash: false,
        });
    }
}

const fn has_failed(operation: &Operation) -> bool {
    !matches!(operation.outcome, None | Some(Outcome::Done(_)))
}

/// What an operation does to cells.
fn versions(model: &mut Model, history: &History, id: OperationId, when: Interval) {
    let operation = &history.operations[id.index()];
    let version = Version {
        start: 0,
        end: ENDLESS,
        when,
        operation: Some(id),
        source: Source::Zero,
        effect: match operation.outcome {
            Some(Outcome::Done(_)) => Effect::Settles,
            // A failed call has changed nothing, except that a store may have written one page before it met one that
            // it could not write.
            Some(_) if !matches!(operation.call, Call::Store { .. }) => Effect::Passing,
            _ => Effect::Optional,
        },
    };
    match operation.call {
        Call::Write { file, segments, .. } => {
            write(model, history, operation, file, segments, version);
            // What it did not count, it may have made the file longer for, and cut off again.
            let (counted, asked) = (counted(operation), write_length(history, segments));
            if let Some(offset) = write_offset(operation).filter(|_| counted < asked) {
                let end = if counted > 0 { offset + counted } else { 0 };
                uncover(model, history, file, end.max(model.sizes[file.index()].least(when)), version);
            }
        }
        Call::Truncate { file, size, .. } => {
            model.objects[file.index()].push(Version { start: size, source: Source::Void, ..version });
            // One that failed may have made the file longer, and cut that off again.
            let least = model.sizes[file.index()].least(when);
            if !has_failed(operation) {
                uncover(model, history, file, size, version);
            } else if size > least {
                uncover(model, history, file, least, version);
            }
        }
        Call::Punch { file, offset, length } => {
            let end = (offset + length).min(model.sizes[file.index()].greatest(when));
            model.objects[file.index()].push(Version { start: offset, end, ..version });
        }
        Call::Store { memory, offset, length } => store(model, history, memory, offset, length, version),
        Call::DontNeed { memory, first, pages } => {
            let mapped = history.memories[memory.index()].mapped;
            let start = first * history.page;
            let source = mapped.map_or(Source::Zero, |(file, offset)| Source::Through(file, offset + start));
            let end = (start + pages * history.page).min(history.memories[memory.index()].length);
            if !has_failed(operation) {
                model.objects[model.files + memory.index()].push(Version { start, end, source, ..version });
            }
        }
        _ => {}
    }
}

fn write(model: &mut Model, history: &History, operation: &Operation, file: FileId, segments: Span, version: Version) {
    let object = &mut model.objects[file.index()];
    let Some(offset) = write_offset(operation) else {
        object.push(Version { source: Source::Append, effect: Effect::Passing, ..version });
        return;
    };
    let counted = offset + counted(operation);
    let mut start = offset;
    for segment in &history.segments[segments.range()] {
        let end = start + segment.length;
        let middle = counted.clamp(start, end);
        let source = Source::Copy(segment.memory, segment.offset);
        object.push(Version { start, end: middle, source, effect: Effect::Settles, ..version });
        let source = Source::Copy(segment.memory, segment.offset + (middle - start));
        object.push(Version { start: middle, end, source, effect: Effect::Passing, ..version });
        start = end;
    }
}

fn store(model: &mut Model, history: &History, memory: MemoryId, offset: u32, length: u32, version: Version) {
    let it = &history.memories[memory.index()];
    let (start, end) = (offset, offset + length);
    let Some((file, base)) = it.mapped.filter(|_| it.shared) else {
        let object = &mut model.objects[model.files + memory.index()];
        object.push(Version { start, end, source: Source::Store(offset), ..version });
        return;
    };
    let size = &model.sizes[file.index()];
    let (start, end) = (base + start, base + end);
    let (least, greatest) = (size.least(version.when).clamp(start, end), size.greatest(version.when).clamp(start, end));
    let object = &mut model.objects[file.index()];
    let mut part = |from: u32, to: u32, effect: Effect| {
        object.push(Version {
            start: from,
            end: to,
            source: Source::Store(offset + (from - start)),
            effect,
            ..version
        });
    };
    part(start, least, version.effect);
    part(least, greatest, Effect::Optional);
    // If the end of the file is not certain, the store may have gone past it.
    part(least, end, Effect::PastEnd);
}

/// A truncate, or the end of a call that failed to make the file longer, drops the private copies of pages that it cuts
/// off: if the file grows again, the mapping shows the file.
fn uncover(model: &mut Model, history: &History, file: FileId, size: u32, version: Version) {
    for (index, memory) in history.memories.iter().enumerate().filter(|(_, it)| !it.shared) {
        let Some((_, base)) = memory.mapped.filter(|&(it, _)| it == file) else { continue };
        let start = (size.div_ceil(history.page) * history.page).saturating_sub(base);
        let source = Source::Through(file, base + start);
        let object = &mut model.objects[model.files + index];
        if object.changes() || stored_to(history, MemoryId(index as u8)) {
            object.push(Version { start, end: memory.length, source, effect: Effect::Optional, ..version });
        }
    }
}

/// Whether anybody stores to a memory.
fn stored_to(history: &History, memory: MemoryId) -> bool {
    history.operations.iter().any(|it| matches!(it.call, Call::Store { memory: to, .. } if to == memory))
}

/// The cells that a write was asked to write.
pub(crate) fn write_length(history: &History, segments: Span) -> u32 {
    history.segments[segments.range()].iter().map(|segment| segment.length).sum()
}

/// The cells that a write says it has written.
fn counted(operation: &Operation) -> u32 {
    match operation.outcome {
        Some(Outcome::Done(counted)) => counted,
        _ => 0,
    }
}

/// Where a write went, if that is known.
fn write_offset(operation: &Operation) -> Option<u32> {
    match operation.call {
        Call::Write { offset: Some(offset), .. } => Some(offset),
        _ => operation.position,
    }
}

/// The largest size that the file can have had at any time but for appends of unknown place.
fn furthest(history: &History, file: FileId) -> u32 {
    let ends = history.operations.iter().map(|operation| match operation.call {
        Call::Write { file: it, segments, .. } if it == file => {
            write_offset(operation).map_or(0, |offset| offset) + write_length(history, segments)
        }
        Call::Truncate { file: it, size, .. } if it == file => size,
        _ => 0,
    });
    let ends: u32 = ends.fold(0, |sum, end| sum.max(end));
    history.files[file.index()].size.max(ends)
}
