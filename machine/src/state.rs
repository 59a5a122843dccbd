//! The state of the machine: all floors, and on top what a filesystem keeps in mind of each task's write.

use crate::disk::Storage;
use crate::floor::stands_on;
use schedule::MAX_RUNNERS;

/// What a filesystem keeps in mind of the write that a task makes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct WriteInProgress {
    /// How many handles of the journal the task has open, one within another.
    pub handles: u8,
    /// Blocks that were allocated for the page that is prepared: 2.6.20 forgets them, a mended commit does not.
    pub fresh: u8,
    /// Whether the page was prepared by its buffers, on a filesystem whose pages have none as a rule.
    pub by_buffers: bool,
    /// How long the file was before this write filled the gap up to where it begins.
    pub before_gap: Option<u32>,
    /// Whether a server has accepted less of this write than it was sent.
    pub answered_short: bool,
}

/// Everything. A floor gives out its part by methods of its own, and knows nothing of the floors above it.
#[derive(Debug)]
pub(crate) struct State {
    below: Storage,
    /// By the task's number.
    writes: [WriteInProgress; MAX_RUNNERS],
}

stands_on!(State, Storage);

impl State {
    pub fn new() -> Self {
        Self { below: Storage::new(), writes: [WriteInProgress::default(); MAX_RUNNERS] }
    }

    /// A run begins: nobody writes.
    pub fn start_writes(&mut self) {
        self.writes = [WriteInProgress::default(); MAX_RUNNERS];
    }

    /// The running task's write.
    pub fn write(&self) -> &WriteInProgress {
        &self.writes[usize::from(self.current)]
    }

    /// The running task's write.
    pub fn write_mut(&mut self) -> &mut WriteInProgress {
        let task = usize::from(self.current);
        &mut self.writes[task]
    }
}
