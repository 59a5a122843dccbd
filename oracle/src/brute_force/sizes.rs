//! Which sizes a file may have had.

use super::events::{Act, Event, Look, before, in_flight};
use super::reaches;
use crate::model::{Interval, failed, interval};
use crate::{FaultKind, FileId, History};

/// Whether a look, which must come after `earlier`, may meet a size that satisfies a condition.
fn meets(
    history: &History,
    file: FileId,
    events: &[Event],
    look: Event,
    earlier: &dyn Fn(&Event) -> bool,
    accepts: &dyn Fn(u32) -> bool,
) -> bool {
    let events: Vec<Event> = events.iter().copied().chain([look]).collect();
    let last = events.len() - 1;
    let comes_before = |a: &Event, b: &Event| before(a, b) || b.act == look.act && earlier(a);
    // A failed call is visible only to a concurrent look, and not before what the look comes after.
    let shows =
        |it: &Event| it.when.overlaps(look.when) && !events.iter().any(|e| earlier(e) && it.when.precedes(e.when));
    let step = |index: usize, happened: u32, size: u32, next: &mut Vec<u32>| {
        let event = &events[index];
        if !event.failed || !matches!(event.act, Act::Truncate(_)) {
            next.push(match event.act {
                Act::WriteEnds(write) if write.counted > 0 => size.max(write.offset + write.counted),
                Act::Truncate(to) => to,
                Act::Look | Act::LookAtDisk => {
                    let flying = in_flight(&events, happened).filter(|it| it.asked > 0);
                    let furthest = flying.map(|it| it.offset + it.asked).max().unwrap_or(0);
                    if !(size..=furthest.max(size)).any(accepts) {
                        return;
                    }
                    size
                }
                _ => size,
            });
            return;
        }
        next.push(size);
        if let Act::Truncate(to) = event.act
            && shows(event)
        {
            next.push(to);
        }
    };
    let start = history.files[file.index()].size;
    reaches(&events, start, &comes_before, &step, &|happened| happened >> last & 1 == 1)
}

/// Whether a look saw as much as some size allows, and that size where it saw one.
pub(super) fn length_is_legal(history: &History, file: FileId, events: &[Event], look: &Look) -> bool {
    let seen = look.cells.len() as u32;
    let excused = is_excused(history, file, look, look.start + seen);
    let accepts = |size: u32| {
        let length = look.asked.unwrap_or(u32::MAX).min(size.saturating_sub(look.start));
        let complete = seen == length || excused && (seen == 0 || seen < length);
        look.size.is_none_or(|it| it == size) && complete
    };
    if !look.after_crash {
        return meets(history, file, events, look.event(), &|_| false, &accepts);
    }
    // The size is one that the file had at some moment since it was last synchronised.
    let somewhen = Event { when: Interval { from: 0, to: look.when.to }, ..look.event() };
    meets(history, file, events, somewhen, &|it| it.act == Act::Sync, &accepts)
}

/// Whether a fault excuses a read that ended there: it hit this read, or the disk did not deliver the next page.
fn is_excused(history: &History, file: FileId, look: &Look, end: u32) -> bool {
    let Some(read) = look.read else { return false };
    let faults = history.operations[read.index()].faults;
    let page = end / history.page * history.page;
    let kinds = [FaultKind::ReadError, FaultKind::WriteError];
    let disk = kinds.into_iter().any(|it| failed(history, it, file, (page, page + history.page), look.when));
    faults.contains(FaultKind::NoMemory) || faults.contains(FaultKind::Signal) || disk
}

/// The smallest size that the file may have had while a call was under way.
pub(super) fn least(history: &History, file: FileId, id: crate::OperationId) -> u32 {
    let Some(when) = interval(history, id) else { return 0 };
    let events = super::events::events(history, file);
    let look = Event { when, act: Act::Look, failed: false };
    let is_possible = |size: &u32| meets(history, file, &events, look, &|_| false, &|it| it == *size);
    (0..64).find(is_possible).unwrap_or(0)
}
