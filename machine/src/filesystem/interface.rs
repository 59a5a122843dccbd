//! What a strategy calls of a filesystem, and which forms of each filesystem have it.

use super::BUILT;
use case::{Filesystem, Form};

/// The address-space operations that a strategy calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Interface {
    /// `prepare_write` and `commit_write`, until 2.6.23.
    PrepareWrite,
    /// `shmem_getpage`: the filesystem's own write, without address-space operations.
    Shmem,
    /// `write_begin` and `write_end`, as in 2.6.24.
    WriteBegin,
    /// The same, as in current kernels: a filesystem that gives back what a short write allocated does so.
    CurrentWriteBegin,
    /// `iomap_begin` and `iomap_end`, and between them `iomap_write_begin` and `iomap_write_end` for each folio.
    Iomap,
}

/// The forms that came after `write_begin` and `write_end` of 2.6.24, and took their place.
const LATER: [Form; 4] = [Form::WriteBeginTrims, Form::WriteThrough, Form::WritebackCache, Form::Iomap];

impl Interface {
    /// Whether this form of a filesystem, one of `forms`, has it.
    fn is_in(self, form: Form, forms: &[Form]) -> bool {
        match form {
            Form::PrepareWrite | Form::BeforePatch1 | Form::AfterPatch1 | Form::Glock => self == Self::PrepareWrite,
            Form::Tmpfs => self == Self::Shmem,
            Form::WriteBegin => match self {
                Self::WriteBegin => true,
                // What never changed is what there is today.
                Self::CurrentWriteBegin => !forms.iter().any(|form| LATER.contains(form)),
                Self::PrepareWrite | Self::Shmem | Self::Iomap => false,
            },
            Form::WriteBeginTrims | Form::WriteThrough | Form::WritebackCache => self == Self::CurrentWriteBegin,
            Form::Iomap => self == Self::Iomap,
        }
    }

    /// The filesystems and forms that have it; the first of a filesystem is what a case without a form means.
    pub fn forms(self) -> impl Iterator<Item = (Filesystem, Form)> {
        BUILT.iter().flat_map(move |(filesystem, forms)| {
            forms.iter().filter(move |form| self.is_in(**form, forms)).map(|form| (*filesystem, *form))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kernel_has_the_filesystems_of_its_time() {
        let built = |interface: Interface| interface.forms().collect::<Vec<_>>();
        let current = [
            (Filesystem::Libfs, Form::WriteBegin),
            (Filesystem::Block, Form::WriteBeginTrims),
            (Filesystem::Cont, Form::WriteBeginTrims),
            (Filesystem::Journal, Form::WriteBeginTrims),
            (Filesystem::Server, Form::WriteThrough),
            (Filesystem::Server, Form::WritebackCache),
        ];
        assert_eq!(built(Interface::CurrentWriteBegin), current);
        assert!(built(Interface::WriteBegin).iter().all(|(_, form)| *form == Form::WriteBegin));
    }

    #[test]
    fn extents_have_buffers_or_iomap_and_nothing_between() {
        let forms = |interface: Interface| -> Vec<Form> {
            interface
                .forms()
                .filter(|(filesystem, _)| *filesystem == Filesystem::Extent)
                .map(|(_, form)| form)
                .collect()
        };
        assert_eq!(forms(Interface::PrepareWrite), [Form::PrepareWrite]);
        assert_eq!(forms(Interface::WriteBegin), [Form::WriteBegin]);
        assert_eq!(forms(Interface::CurrentWriteBegin), [], "it has gone over to iomap");
        assert_eq!(forms(Interface::Iomap), [Form::Iomap]);
        assert!(Interface::Iomap.forms().all(|(filesystem, _)| filesystem == Filesystem::Extent));
    }
}
