//! What a write strategy is to the machine.

use crate::filesystem::Interface;
use crate::kernel::Kernel;
use crate::memory::{Iov, UnmapLock};
use case::{Case, Filesystem, Form};
use oracle::{Class, Errno, FileId};
use std::future::Future;
use std::pin::Pin;

/// A write under way: it ends with the number of cells written, or with an error if there were none.
pub type WriteFuture<'k> = Pin<Box<dyn Future<Output = Result<u32, Errno>> + 'k>>;

/// One way of copying an iovec into a file's page cache: what stands between `write(2)`, which holds `i_mutex`, and the
/// filesystem.
#[derive(Clone, Copy, Debug)]
pub struct Strategy {
    /// Its name on the command line and in cases.
    pub id: &'static str,
    /// What it does, in one sentence.
    pub what: &'static str,
    /// Who posted it, and when.
    pub who: &'static str,
    /// What it calls of the filesystem: it runs on every form that has it.
    pub calls: Interface,
    /// What it may show without anything being wrong with it, for who proposed it said so.
    pub accepts: &'static [Class],
    /// In what it may differ from another strategy with nothing wrong about either.
    pub differs: &'static [Difference],
    /// What whoever removes ptes has to hold, for this strategy to work.
    pub unmap_lock: UnmapLock,
    /// The strategy itself: the file, the iovec, the position.
    pub write: for<'k> fn(&'k Kernel<'_>, FileId, Iov<'k>, u32) -> WriteFuture<'k>,
}

/// A legal difference: POSIX allows both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Where not all of the source can be read, the write counts less than what another one could copy, or fails where
    /// that one counts something: it looks at the source by the page, by the segment, or at all of it first.
    ShortCount,
}

impl Strategy {
    /// What goes without saying: nothing wrong is accepted, and nothing else in the kernel is changed. The rest has no
    /// meaning.
    pub const USUAL: Self = Self {
        id: "",
        what: "",
        who: "",
        calls: Interface::PrepareWrite,
        accepts: &[],
        differs: &[],
        unmap_lock: UnmapLock::None,
        write: |_, _, _, _| unreachable!("not a strategy"),
    };

    /// The filesystems and forms that it runs on; the first form of a filesystem is what a case without a form means.
    pub fn runs_on(&self) -> impl Iterator<Item = (Filesystem, Form)> {
        self.calls.forms()
    }

    /// The form of the filesystem that a case means under this strategy; `None` if the two do not fit.
    #[must_use]
    pub fn form_for(&self, case: &Case) -> Option<Form> {
        let mut forms = self.runs_on().filter(|(filesystem, _)| *filesystem == case.filesystem).map(|(_, form)| form);
        match case.form {
            Some(form) => forms.find(|it| *it == form),
            None => forms.next(),
        }
    }
}
