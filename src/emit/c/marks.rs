//! Marks: the byte that stands for what put it there, so that a dump of a file can be read.

use crate::report::operation_line;
use case::{Case, MemoryKind, TaskOperation};
use oracle::OperationId;
use std::fmt::Write;

/// Bytes in a page of the kernel.
pub(super) const PAGE: u32 = 4096;

/// What put a byte where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A file, as it was at the beginning.
    File(usize),
    /// A memory that several writes copy from, as it was at the beginning.
    Memory(usize),
    /// The operation with this number, counted through the case: a write's source, or a store.
    Operation(usize),
}

/// The marks of a case.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks(Vec<(Origin, u8)>);

impl Marks {
    /// Marks for all that needs one: `has_own` says which memories do.
    pub fn of(case: &Case, has_own: &[bool]) -> Self {
        let mut marks = Self::default();
        // Files have the first small letters.
        let mut small = b'a'..=b'z';
        for file in 0..case.files.len() {
            marks.0.extend(small.next().map(|byte| (Origin::File(file), byte)));
        }
        let mut free = (b'A'..=b'Z').chain(b'0'..=b'9').chain(small).chain(0x80..=0xff);
        let operations = case.tasks.iter().flat_map(|it| &it.operations).enumerate();
        for (number, operation) in operations {
            if matches!(operation, TaskOperation::Store { .. }) || writes_from_memory(case, has_own, operation) {
                marks.0.extend(free.next().map(|byte| (Origin::Operation(number), byte)));
            }
        }
        for memory in (0..has_own.len()).filter(|it| has_own[*it]) {
            marks.0.extend(free.next().map(|byte| (Origin::Memory(memory), byte)));
        }
        marks
    }

    /// The mark as C writes it.
    pub fn byte(&self, origin: Origin) -> String {
        let byte = self.0.iter().find(|(it, _)| *it == origin).map_or(0, |(_, byte)| *byte);
        if byte.is_ascii_graphic() { format!("'{}'", char::from(byte)) } else { byte.to_string() }
    }

    /// The table of what each mark means.
    pub fn table(&self, case: &Case) -> String {
        let mut text = String::from("/* Which byte stands for what. */\nstatic const char *const meaning[256] = {\n");
        text.push_str("\t[0] = \"zeroes\",\n");
        for (origin, _) in &self.0 {
            let words = match *origin {
                Origin::File(file) => format!("initial content of {}", case.files[file].name),
                Origin::Memory(memory) => format!("from memory {}", case.memories[memory].name),
                Origin::Operation(number) => operation_line(case, OperationId(number as u8)),
            };
            let _ = writeln!(text, "\t[{}] = \"{words}\",", self.byte(*origin));
        }
        text.push_str("};\n\n");
        text
    }
}

/// Whether it is a write from a memory that is filled for it.
fn writes_from_memory(case: &Case, has_own: &[bool], operation: &TaskOperation) -> bool {
    let (TaskOperation::Write { segments, .. } | TaskOperation::Append { segments, .. }) = operation else {
        return false;
    };
    let is_filled = |memory: usize| case.memories[memory].kind == MemoryKind::Anonymous && !has_own[memory];
    segments.iter().any(|it| is_filled(it.memory))
}
