//! Which simulated filesystem stands for which real one: one row each, with why it is this one.

use case::{Filesystem, Form};

/// A real filesystem and what stands for it in the simulator.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// The real filesystem's word, as `--fs` and `/proc/filesystems` have it.
    pub real: &'static str,
    /// The strategy's id.
    pub strategy: &'static str,
    /// The simulated filesystem.
    pub filesystem: Filesystem,
    /// Its form.
    pub form: Form,
    /// Whether the real filesystem can punch holes; a case for one that cannot has none.
    pub punches: bool,
    /// Why these.
    pub why: &'static str,
}

const PERFORM_WRITE: Model = Model {
    real: "ext4",
    strategy: "perform-write-6.15",
    filesystem: Filesystem::Block,
    form: Form::WriteBeginTrims,
    punches: true,
    why: "generic_perform_write over block_write_begin and block_write_end; what a short write allocated past the end is given back",
};

/// Every filesystem that has a model.
pub const MODELS: &[Model] = &[
    PERFORM_WRITE,
    Model {
        real: "ext2",
        why: "as ext4, without delayed allocation: ext2_write_failed is what the form is named for",
        ..PERFORM_WRITE
    },
    Model {
        real: "tmpfs",
        filesystem: Filesystem::Libfs,
        form: Form::WriteBegin,
        why: "shmem_write_end does what simple_write_end does: whole pages, the rest of a short copy cleared and the page uptodate. \
              `block` would read from a disk what tmpfs has only in the cache; the form `tmpfs` is that of 2.6.20",
        ..PERFORM_WRITE
    },
    Model {
        real: "ramfs",
        filesystem: Filesystem::Libfs,
        form: Form::WriteBegin,
        punches: false,
        why: "simple_write_begin and simple_write_end are its own",
        ..PERFORM_WRITE
    },
    Model {
        real: "xfs",
        strategy: "iomap-write-iter",
        filesystem: Filesystem::Extent,
        form: Form::Iomap,
        why: "iomap_file_buffered_write over extents that are reserved, written or unwritten",
        ..PERFORM_WRITE
    },
    Model {
        real: "btrfs",
        why: "a loop of its own, page by page as generic_perform_write; blocks of a page; what it counts is rounded, and declared legal",
        ..PERFORM_WRITE
    },
];

/// The model of a real filesystem.
#[must_use]
pub fn model_of(real: &str) -> Option<&'static Model> {
    MODELS.iter().find(|it| it.real == real)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_strategy_runs_on_the_form_that_it_is_paired_with() {
        for model in MODELS {
            let strategy = strategies::find(model.strategy).expect("it is registered");
            assert!(strategy.runs_on().any(|it| it == (model.filesystem, model.form)), "{}", model.real);
        }
    }
}
