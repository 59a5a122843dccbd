//! The look at rest: every file once more, by read, through a mapping, and as a subject that was opened anew finds it
//! on the disk.

use crate::call::OfSubject;
use crate::memory::{Install, Mapped, Sink};
use crate::subject::{Env, Start, Subject};
use crate::tag::{CELL, whole_cells};
use crate::world::with;
use oracle::{Cell, FileId, Rest, Span, Way};

/// Appends what was seen of a file.
fn push(file: usize, way: Way, size: u64, seen: &[Cell]) {
    let size = whole_cells("the size at rest", size);
    with(|w| {
        let start = w.history.cells.len() as u32;
        w.history.cells.extend_from_slice(seen);
        let content = Span { start, end: start + seen.len() as u32 };
        w.history.rest.push(Rest { file: FileId(file as u8), way, size, content });
    });
}

/// Looks at every file by read. A read that fails, or stops, ends the look at that file.
pub(crate) fn look_by_read<S: Subject>(subject: &S, files: usize, way: Way) {
    let mut seen = Vec::new();
    for file in 0..files {
        seen.clear();
        let size = subject.size(file);
        let mut at = 0;
        while at < size {
            let before = seen.len();
            let read = subject.read(file, at, &mut Sink::new(&mut seen, (size - at) as usize));
            let length = (seen.len() - before) * CELL;
            if read.is_err() || length == 0 {
                break;
            }
            at += length as u64;
        }
        seen.truncate((size / CELL as u64) as usize);
        push(file, way, size, &seen);
    }
}

/// Looks at every file through a mapping.
pub(crate) fn look_through_mapping<S: Subject>(subject: &S, files: usize) {
    let page_size = with(|w| w.history.page as usize * CELL);
    let mut seen = Vec::new();
    for file in 0..files {
        seen.clear();
        let size = subject.size(file);
        for page in 0..size.div_ceil(page_size as u64) {
            let mut installed = |frame| with(|w| w.frames.decode(frame, 0, page_size, &mut seen));
            let install = &mut Install::new(&mut installed);
            if !OfSubject(subject).fault(file, page as u32, false, install) {
                break;
            }
        }
        push(file, Way::Mapping, size, &seen);
    }
}

/// Syncs and closes it, and opens it anew with what is on the disk.
pub(crate) fn opened_anew<S: Subject>(subject: S, starts: &mut [Start], env: &Env) -> S {
    for (file, start) in starts.iter_mut().enumerate() {
        let _ = subject.sync(file);
        start.size = subject.size(file).min(start.room);
    }
    subject.close();
    S::open_again(starts, env)
}
