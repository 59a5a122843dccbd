//! S4: what a call may return. Sources are good here, unless the page of a file that is behind one could not be read.

use super::events::source;
use super::sizes::least;
use crate::model::write_length;
use crate::{Call, Errno, Failure, FaultKind, FileId, History, Operation, OperationId, Outcome};

/// Whether every error has a reason, and every success may be one.
pub(super) fn errors_have_reasons(history: &History) -> bool {
    (0..history.operations.len()).all(|index| {
        let id = OperationId(index as u8);
        let operation = &history.operations[index];
        match (operation.call, operation.outcome) {
            (_, None) => true,
            (Call::Write { segments, .. }, Some(Outcome::Done(count))) => {
                let asked = write_length(history, segments);
                count == asked || (1..asked).contains(&count) && (is_cut_short(operation) || source_failed(history, id))
            }
            (Call::Fsync { file }, Some(Outcome::Done(_))) => !conceals(history, id, file),
            (_, Some(Outcome::Done(_))) => true,
            (_, Some(Outcome::Failed(errno))) => has_reason(history, id, errno),
            (_, Some(Outcome::BusError | Outcome::SegmentationFault)) => false,
        }
    })
}

fn is_cut_short(operation: &Operation) -> bool {
    !operation.faults.is_empty() && {
        let mut only = crate::FaultSet::default();
        only.insert(FaultKind::TruncatedPage);
        operation.faults != only
    }
}

/// Whether the page of the file that a write copies from could not be read meanwhile.
fn source_failed(history: &History, id: OperationId) -> bool {
    let Call::Write { segments, .. } = history.operations[id.index()].call else { return false };
    let Some((file, _)) = source(history, segments) else { return false };
    let (from, to) = times(history, id);
    history.failures.iter().any(|it| {
        let hits = it.file.is_none_or(|of| of == file) && it.start < history.page;
        it.kind == FaultKind::ReadError && hits && (from..=to).contains(&it.at)
    })
}

fn has_reason(history: &History, id: OperationId, errno: Errno) -> bool {
    let operation = &history.operations[id.index()];
    let hit = |kinds: &[FaultKind]| kinds.iter().any(|&it| operation.faults.contains(it));
    match errno {
        Errno::ENOMEM => hit(&[FaultKind::NoMemory]),
        Errno::EFAULT => {
            matches!(operation.call, Call::Write { .. }) && (hit(&[FaultKind::NoMemory]) || source_failed(history, id))
        }
        Errno::ENOSPC => hit(&[FaultKind::NoSpace, FaultKind::FailedCommit]),
        Errno::EINTR => hit(&[FaultKind::Signal]),
        Errno::EIO => {
            let reads = matches!(operation.call, Call::Fsync { .. }) && hit(&[FaultKind::ReadError]);
            reads || hit(&[FaultKind::FailedCommit, FaultKind::PartialCommit]) || disk_failed(history, id)
        }
        Errno::EBUSY => matches!(operation.call, Call::Invalidate { .. }),
        Errno::EINVAL | Errno::EDEADLK | Errno::EAGAIN => false,
    }
}

/// Whether the disk failed meanwhile, in a page that the call had to do with.
fn disk_failed(history: &History, id: OperationId) -> bool {
    let (file, start, end) = match history.operations[id.index()].call {
        Call::Write { file, offset: Some(offset), segments } => {
            (file, offset.min(least(history, file, id)), offset + write_length(history, segments))
        }
        Call::Truncate { file, size, .. } => (file, size.min(least(history, file, id)), u32::MAX),
        Call::Read { file, offset, length } | Call::Punch { file, offset, length } => (file, offset, offset + length),
        Call::Fsync { file } => return may_tell(history, id, file),
        Call::Invalidate { .. } => return true,
        _ => return false,
    };
    let (from, to) = times(history, id);
    let page = |cell: u32| cell / history.page;
    history.failures.iter().any(|it| {
        it.kind != FaultKind::PartialCommit
            && it.file.is_none_or(|of| of == file)
            && (from..=to).contains(&it.at)
            && (it.start..it.end).any(|cell| page(cell) >= page(start) && page(cell) <= page(end.max(start + 1) - 1))
    })
}

fn times(history: &History, id: OperationId) -> (u32, u32) {
    let operation = &history.operations[id.index()];
    (operation.invoked.unwrap_or(0), operation.returned.unwrap_or(u32::MAX))
}

/// The failed writes of a file to the disk.
fn refused(history: &History, file: FileId) -> impl Iterator<Item = &Failure> {
    let failures = history.failures.iter().filter(|it| it.kind == FaultKind::WriteError);
    failures.filter(move |it| it.file.is_none_or(|of| of == file))
}

/// The other calls of fsync that failed.
fn tellers(history: &History, id: OperationId, file: FileId) -> impl Iterator<Item = (u32, u32)> {
    let others = (0..history.operations.len()).map(|it| OperationId(it as u8)).filter(move |it| *it != id);
    let failed = others.filter(move |it| {
        let it = &history.operations[it.index()];
        it.call == Call::Fsync { file } && matches!(it.outcome, Some(Outcome::Failed(_)))
    });
    failed.map(|it| times(history, it))
}

/// Whether an fsync has an error to report that no other call has certainly reported before.
fn may_tell(history: &History, id: OperationId, file: FileId) -> bool {
    let (from, to) = times(history, id);
    refused(history, file)
        .filter(|it| it.at <= to)
        .any(|failure| !tellers(history, id, file).any(|(began, ended)| failure.at < began && ended < from))
}

/// Whether an fsync that succeeded should have reported an error: no other call can have reported it.
fn conceals(history: &History, id: OperationId, file: FileId) -> bool {
    let (from, to) = times(history, id);
    refused(history, file).filter(|it| it.file.is_some() && it.at < from).any(|failure| {
        let by_its_caller = failure.by.is_some_and(|by| fell_short(history, by));
        let unknown = failure.by.is_some_and(|by| {
            let cuts = |it: &Operation| {
                let cuts =
                    matches!(it.call, Call::Truncate { file: of, size, .. } if of == file && size <= failure.start);
                cuts && it.invoked.is_some_and(|began| began <= to)
            };
            history.operations[by.index()].returned.is_none_or(|it| it >= from) && history.operations.iter().any(cuts)
        });
        let by_another = tellers(history, id, file).any(|(began, ended)| failure.at <= ended && began <= to);
        !by_its_caller && !unknown && !by_another
    })
}

fn fell_short(history: &History, id: OperationId) -> bool {
    let operation = &history.operations[id.index()];
    match (operation.call, operation.outcome) {
        (Call::Write { segments, .. }, Some(Outcome::Done(count))) => count < write_length(history, segments),
        (_, outcome) => matches!(outcome, None | Some(Outcome::Failed(_))),
    }
}
