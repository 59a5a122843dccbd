//! S4 (and S5's count): what a write may return, given its source, its destination and the faults that hit it.

use super::Context;
use crate::finding::Finding;
use crate::model::{Interval, Model, interval, write_length};
use crate::{Call, Class, Errno, FaultKind, FaultSet, History, MemoryId, OperationId, Outcome, Profile, Rule, Span};

/// Judges every write that returned.
pub(super) fn check(context: &mut Context<'_>) {
    for index in 0..context.history.operations.len() {
        let id = OperationId(index as u8);
        let operation = &context.history.operations[index];
        let (Some(outcome), Some(when)) = (operation.outcome, interval(context.history, id)) else { continue };
        if outcome == Outcome::Failed(Errno::EDEADLK) {
            complain(context, id, "a call failed with EDEADLK: the kernel gave up on a deadlock of its own".to_owned());
        } else if let Call::Write { segments, .. } = operation.call {
            let message = write(context, id, segments, outcome, when);
            if let Some(message) = message {
                complain(context, id, message);
            }
        }
    }
}

fn complain(context: &mut Context<'_>, id: OperationId, message: String) {
    let mut finding = Finding::of(Rule::S4, Class::Return, message).by(id);
    if let Call::Write { file, .. } | Call::Read { file, .. } | Call::Truncate { file, .. } =
        context.history.operations[id.index()].call
    {
        finding.file = Some(file);
    }
    context.findings.push(finding);
}

/// What is wrong with the return value of a write, if anything is.
fn write(
    context: &mut Context<'_>,
    id: OperationId,
    segments: Span,
    outcome: Outcome,
    when: Interval,
) -> Option<String> {
    let asked = write_length(context.history, segments);
    let source = SourceMap { history: context.history, model: context.model, segments, when };
    context.exercised.count(Rule::S4);
    let faults = context.history.operations[id.index()].faults;
    match outcome {
        Outcome::Done(0) if asked == 0 => None,
        _ if asked == 0 => Some("a write of nothing must return 0".to_owned()),
        Outcome::Done(count) => {
            if count < asked {
                context.exercised.count(Rule::S5);
            }
            counted(context, id, &source, asked, count)
        }
        Outcome::Failed(errno) => {
            context.exercised.count(Rule::S5);
            failed(context, id, &source, errno, faults)
        }
        Outcome::BusError | Outcome::SegmentationFault => Some("a write cannot raise a signal".to_owned()),
    }
}

fn counted(context: &Context<'_>, id: OperationId, source: &SourceMap<'_>, asked: u32, count: u32) -> Option<String> {
    let bound = source.first(0, Bad::Throughout).unwrap_or(asked);
    if count > bound {
        return Some(format!("the write returned {count}, but only {bound} could be copied"));
    }
    if count == asked || shortened(context.history.operations[id.index()].faults) {
        return None;
    }
    if count == 0 {
        return Some("a write of something returned 0".to_owned());
    }
    let Some(bad) = source.first(count, Bad::Somewhen) else {
        return Some(format!("the write returned {count} of {asked}, but its source was good"));
    };
    let enough = match context.profile {
        Profile::PosixStrict => count == bad || source.is_boundary(count),
        Profile::Linux | Profile::Xfs => count >= floor(context, id, bad),
    };
    (!enough).then(|| format!("the write returned {count}, but its source was good up to {bad}"))
}

fn failed(
    context: &Context<'_>,
    id: OperationId,
    source: &SourceMap<'_>,
    errno: Errno,
    faults: FaultSet,
) -> Option<String> {
    let has = |kind| faults.contains(kind);
    let io = has(FaultKind::FailedCommit) || has(FaultKind::PartialCommit) || context.model.io_error;
    let excused = match errno {
        Errno::EFAULT => has(FaultKind::NoMemory) || has(FaultKind::ReadError) || context.model.io_error,
        Errno::ENOMEM => has(FaultKind::NoMemory),
        Errno::ENOSPC => has(FaultKind::NoSpace) || has(FaultKind::FailedCommit),
        Errno::EIO => io,
        Errno::EINTR => has(FaultKind::Signal),
        Errno::EINVAL | Errno::EDEADLK | Errno::EAGAIN | Errno::EBUSY => false,
    };
    if excused {
        return None;
    }
    if errno != Errno::EFAULT {
        return Some(format!("the write failed with {errno:?}, but nothing of the kind had happened"));
    }
    let Some(bad) = source.first(0, Bad::Somewhen) else {
        return Some("the write failed with EFAULT, but its source was good".to_owned());
    };
    let nothing = match context.profile {
        Profile::PosixStrict => bad < source.first_boundary(),
        Profile::Linux | Profile::Xfs => floor(context, id, bad) == 0,
    };
    (!nothing).then(|| format!("the write failed with EFAULT, but its source was good up to {bad}"))
}

/// Whether a fault may end a write early, with whatever it had counted. A truncated page does not: the write must look it up again.
fn shortened(faults: FaultSet) -> bool {
    let kinds = [
        FaultKind::NoMemory,
        FaultKind::NoSpace,
        FaultKind::ReadError,
        FaultKind::WriteError,
        FaultKind::PartialCommit,
        FaultKind::FailedCommit,
        FaultKind::Signal,
    ];
    kinds.iter().any(|&kind| faults.contains(kind))
}

/// The cells before `bad` that must be counted: those in the destination's pages before the one that `bad` goes to.
fn floor(context: &Context<'_>, id: OperationId, bad: u32) -> u32 {
    let operation = &context.history.operations[id.index()];
    let offset = match operation.call {
        Call::Write { offset: Some(offset), .. } => Some(offset),
        _ => operation.position,
    };
    let page = context.history.page;
    offset.map_or(0, |offset| ((offset + bad) / page * page).saturating_sub(offset))
}

/// Since when a source cell is bad.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bad {
    /// From before the call to after the return.
    Throughout,
    /// At some moment between.
    Somewhen,
}

/// The source of one write.
struct SourceMap<'a> {
    history: &'a History,
    model: &'a Model,
    segments: Span,
    when: Interval,
}

impl SourceMap<'_> {
    /// The first cell of the write, not before `from`, that cannot be read.
    fn first(&self, from: u32, bad: Bad) -> Option<u32> {
        let mut start = 0;
        for segment in &self.history.segments[self.segments.range()] {
            let end = start + segment.length;
            let mut cell = start.max(from);
            while cell < end {
                let offset = segment.offset + (cell - start);
                if self.is_bad(segment.memory, offset, bad) {
                    return Some(cell);
                }
                // All cells of a page are good or bad together.
                cell += self.history.page - offset % self.history.page;
            }
            start = end;
        }
        None
    }

    fn is_bad(&self, memory: MemoryId, offset: u32, bad: Bad) -> bool {
        let it = &self.history.memories[memory.index()];
        let page = offset / self.history.page;
        if offset >= it.length || page < 64 && it.unreadable >> page & 1 == 1 {
            return true;
        }
        let past_end = it.mapped.is_some_and(|(file, base)| {
            let size = self.model.size(file);
            let start = (base + offset) / self.history.page * self.history.page;
            match bad {
                Bad::Throughout => size.greatest(self.when) <= start,
                Bad::Somewhen => size.least(self.when) <= start || self.model.io_error,
            }
        });
        past_end || self.model.any_unmap && self.is_unmapped(memory, page, bad)
    }

    fn is_unmapped(&self, memory: MemoryId, page: u32, bad: Bad) -> bool {
        (0..self.history.operations.len()).any(|index| {
            let operation = &self.history.operations[index];
            let Call::Unmap { memory: it, first, pages } = operation.call else { return false };
            let Some(when) = interval(self.history, OperationId(index as u8)) else { return false };
            let in_time = match bad {
                Bad::Throughout => when.precedes(self.when) && matches!(operation.outcome, Some(Outcome::Done(_))),
                Bad::Somewhen => when.from <= self.when.to,
            };
            it == memory && (first..first + pages).contains(&page) && in_time
        })
    }

    /// Whether a count ends a segment.
    fn is_boundary(&self, count: u32) -> bool {
        let mut end = 0;
        self.history.segments[self.segments.range()].iter().any(|segment| {
            end += segment.length;
            end == count
        })
    }

    /// Where the first segment that is not empty ends.
    fn first_boundary(&self) -> u32 {
        let segments = &self.history.segments[self.segments.range()];
        segments.iter().map(|it| it.length).find(|&it| it > 0).unwrap_or(0)
    }
}
