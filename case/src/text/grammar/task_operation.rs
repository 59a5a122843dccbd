//! What a task does: the rest of a `task` line.

use super::Parser;
use super::declare::Wanted;
use super::tokens::{largest_file, unknown};
use crate::model::{Case, Invalidation, Iovec, PageRange, Range, TaskOperation};
use crate::text::lex::{Kind, Span};
use crate::text::policy::{Parsed, Policy, Problem};

impl<P: Policy> Parser<'_, P> {
    /// One operation of a task.
    pub(super) fn operation(&mut self, task: usize) -> Parsed<TaskOperation> {
        let token = self.token;
        let mm = self.case.tasks[task].mm;
        let written = self.advance();
        Ok(match written {
            b"write" => self.write(mm)?,
            b"append" => {
                let file = self.file()?;
                let segments = self.segments(mm, self.case.geometry.max_file_cells())?;
                TaskOperation::Append { file, segments }
            }
            b"read" => {
                let (file, range) = self.range_of_file()?;
                TaskOperation::Read { file, range }
            }
            b"stat" => TaskOperation::Stat { file: self.file()? },
            b"load" => {
                let (Iovec { memory, range }, _) = self.segment(mm)?;
                TaskOperation::Load { memory, range }
            }
            b"store" => {
                let (Iovec { memory, range }, _) = self.segment(mm)?;
                TaskOperation::Store { memory, range }
            }
            b"truncate" => self.truncate(true)?,
            b"truncate-unlocked" => self.truncate_unlocked(token.span)?,
            b"punch" => {
                let (file, range) = self.range_of_file()?;
                TaskOperation::Punch { file, range }
            }
            b"munmap" => {
                let (memory, pages) = self.memory_page_range(Wanted::UserOf(mm))?;
                TaskOperation::Munmap { memory, pages }
            }
            b"mremap" => TaskOperation::Mremap { memory: self.memory(Wanted::UserOf(mm))? },
            b"madvise-dontneed" => {
                let (memory, pages) = self.memory_page_range(Wanted::UserOf(mm))?;
                TaskOperation::DontNeed { memory, pages }
            }
            b"mlock" => TaskOperation::Mlock { memory: self.memory(Wanted::UserOf(mm))? },
            b"reclaim-pte" => {
                let (memory, pages) = self.memory_page_range(Wanted::User)?;
                TaskOperation::ReclaimPte { memory, pages }
            }
            b"reclaim" => TaskOperation::Reclaim { file: self.file()?, pages: self.pages(Case::MAX_FILE_PAGES)? },
            b"invalidate" => TaskOperation::Invalidate { file: self.file()?, kind: Invalidation::Unused },
            b"invalidate-all" => TaskOperation::Invalidate { file: self.file()?, kind: Invalidation::All },
            b"writeback" => TaskOperation::Writeback { file: self.file()? },
            b"fsync" => TaskOperation::Fsync { file: self.file()? },
            b"crash" => TaskOperation::Crash,
            _ => return Err(self.refuse(token.span, |_| unknown("operation", written, &TaskOperation::WORDS))),
        })
    }

    fn write(&mut self, mm: Option<u8>) -> Parsed<TaskOperation> {
        let file = self.file()?;
        let offset = self.file_cells("the write's offset")?;
        let segments = self.segments(mm, self.case.geometry.max_file_cells() - offset)?;
        Ok(TaskOperation::Write { file, offset, segments })
    }

    fn truncate(&mut self, locked: bool) -> Parsed<TaskOperation> {
        let file = self.file()?;
        let size = self.file_cells("the new size")?;
        Ok(TaskOperation::Truncate { file, size, locked })
    }

    fn truncate_unlocked(&mut self, written: Span) -> Parsed<TaskOperation> {
        let locked = !self.case.filesystem.truncates_unlocked();
        if locked {
            self.mistake(written, only_a_cluster)?;
        }
        self.truncate(locked)
    }

    fn range_of_file(&mut self) -> Parsed<(usize, Range)> {
        let file = self.file()?;
        let (range, _) = self.file_range()?;
        Ok((file, range))
    }

    fn memory_page_range(&mut self, wanted: Wanted) -> Parsed<(usize, PageRange)> {
        let memory = self.memory(wanted)?;
        let pages = self.pages(self.case.memories[memory].pages)?;
        Ok((memory, pages))
    }

    /// `MEMORY RANGE`, and where it stands.
    fn segment(&mut self, mm: Option<u8>) -> Parsed<(Iovec, Span)> {
        let start = self.token.span.start;
        let memory = self.memory(Wanted::Of(mm))?;
        let (range, Span { end, .. }) = self.memory_range(memory)?;
        Ok((Iovec { memory, range }, Span { start, end }))
    }

    /// `[MEMORY RANGE, …]`, of at most `room` cells together.
    fn segments(&mut self, mm: Option<u8>, mut room: u32) -> Parsed<Vec<Iovec>> {
        let mut segments = Vec::new();
        self.symbol(b'[', "`[` and the segments")?;
        if self.take_symbol(b']') {
            return Ok(segments);
        }
        loop {
            if segments.len() >= Case::MAX_SEGMENTS || self.segments >= Case::MAX_ALL_SEGMENTS {
                self.mistake(self.token.span, |_| too_many_segments())?;
                self.skip_segments();
                break;
            }
            let (mut segment, span) = self.segment(mm)?;
            if segment.range.len() > room {
                self.mistake(span, |case| too_long(case, room))?;
                segment.range.end = segment.range.start + room;
            }
            room -= segment.range.len();
            segments.push(segment);
            self.segments += 1;
            if !self.take_symbol(b',') {
                break;
            }
        }
        self.symbol(b']', "`,` and another segment, or `]`")?;
        Ok(segments)
    }

    fn skip_segments(&mut self) {
        while !self.at_end() && self.token.kind != Kind::Symbol(b']') {
            self.advance();
        }
    }
}

fn only_a_cluster(case: &Case) -> Problem {
    Problem::new(
        "a truncate without i_mutex on a filesystem that makes none",
        format!("`{}` truncates with i_mutex held", case.filesystem.word()),
    )
    .help("write `truncate`, or make the filesystem `fs cluster` in a line above the tasks")
}

fn too_many_segments() -> Problem {
    Problem::new(
        "too many segments",
        format!("at most {} in one write, {} in a case", Case::MAX_SEGMENTS, Case::MAX_ALL_SEGMENTS),
    )
}

fn too_long(case: &Case, room: u32) -> Problem {
    Problem::new("a write past the last page that a file can have", format!("only {room} cells are left for it"))
        .help(largest_file(case))
}
