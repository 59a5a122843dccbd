//! Defects of `write_end`, since 2.6.24.

use super::super::{Record, Scope};
use case::{Filesystem, Form};

pub(super) const SIZE_RAISED_FOR_NOTHING: Record = Record {
    id: "size-is-raised-for-nothing",
    what: "write_end raises the size to where the write began although it accepted nothing",
    mend: "raises it only if something was accepted",
    place: "generic_write_end",
    by: "Linux 2.6.24",
    named: "found here",
    since: "2.6.24",
    until: "never",
    scope: Scope::filesystems(&[
        (Filesystem::Block, Form::WriteBegin),
        (Filesystem::Block, Form::WriteBeginTrims),
        (Filesystem::Cont, Form::WriteBegin),
        (Filesystem::Cont, Form::WriteBeginTrims),
        (Filesystem::Extent, Form::WriteBegin),
    ]),
};

pub(super) const EXT_3_SIZE_RAISED_FOR_NOTHING: Record = Record {
    id: "ext3-size-is-raised-for-nothing",
    what: "write_end raises the size to where the write began although it accepted nothing",
    mend: "raises it only if something was accepted",
    place: "ext3_ordered_write_end",
    by: "Linux 2.6.24",
    named: "found here",
    since: "2.6.24",
    until: "never",
    scope: Scope::filesystems(&[(Filesystem::Journal, Form::WriteBegin)]),
};

pub(super) const EXT_4_SIZE_RAISED_FOR_NOTHING: Record = Record {
    id: "ext4-size-is-raised-for-nothing",
    what: "write_end raises the size to where the write began although it accepted nothing",
    mend: "raises it only if something was accepted",
    place: "ext4_write_end, ext4_update_inode_size",
    by: "Linux 2.6.28",
    named: "found here",
    since: "2.6.28",
    until: "never",
    scope: Scope::filesystems(&[(Filesystem::Journal, Form::WriteBeginTrims)]),
};

pub(super) const SIMPLE_SIZE_RAISED_FOR_NOTHING: Record = Record {
    id: "simple-size-is-raised-for-nothing",
    what: "write_end raises the size to where the write began although it accepted nothing",
    mend: "raises it only if something was accepted",
    place: "simple_write_end",
    by: "Linux 2.6.24",
    named: "found here",
    since: "2.6.24",
    until: "never",
    scope: Scope::filesystems(&[(Filesystem::Libfs, Form::WriteBegin)]),
};

pub(super) const IOMAP_SIZE_RAISED_FOR_NOTHING: Record = Record {
    id: "iomap-size-is-raised-for-nothing",
    what: "write_end raises the size to where the write began although it accepted nothing",
    mend: "raises it only if something was accepted",
    place: "iomap_write_end",
    by: "Linux 4.8",
    named: "found here",
    since: "4.8",
    until: "never",
    scope: Scope::filesystems(&[(Filesystem::Extent, Form::Iomap)]),
};

pub(super) const REJECTED_COPY_STAYS: Record = Record {
    id: "rejected-copy-stays",
    what: "a short copy into a page that is not uptodate counts as 0, but its data stays in the uptodate blocks",
    mend: "accepts the part that needs no read",
    place: "block_write_end",
    by: "Linux 2.6.24",
    named: "found here",
    since: "2.6.24",
    until: "never",
    scope: Scope::filesystems(&[
        (Filesystem::Block, Form::WriteBegin),
        (Filesystem::Block, Form::WriteBeginTrims),
        (Filesystem::Cont, Form::WriteBegin),
        (Filesystem::Cont, Form::WriteBeginTrims),
        (Filesystem::Journal, Form::WriteBegin),
        (Filesystem::Journal, Form::WriteBeginTrims),
        (Filesystem::Extent, Form::WriteBegin),
    ]),
};

pub(super) const IOMAP_REJECTED_COPY_STAYS: Record = Record {
    id: "iomap-rejected-copy-stays",
    what: "a short copy into a folio that is not uptodate counts as 0, but its data stays in the uptodate blocks",
    mend: "accepts the part that needs no read",
    place: "iomap_write_end",
    by: "Linux 4.8",
    named: "found here",
    since: "4.8",
    until: "never",
    scope: Scope::filesystems(&[(Filesystem::Extent, Form::Iomap)]),
};

pub(super) const IOMAP_IS_HELD_BACK: Record = Record {
    id: "iomap-is-held-back",
    what: "this defect will be described once a released kernel mends it",
    mend: "will be described then too",
    place: "fs/iomap",
    by: "Linux 6.1",
    named: "found here",
    since: "6.1",
    until: "never",
    scope: Scope::filesystems(&[(Filesystem::Extent, Form::Iomap)]),
};

pub(super) const STALE_MAPPING_IS_BELIEVED: Record = Record {
    id: "stale-mapping-is-believed",
    what: "the cached mapping of an extent is still used after writeback has changed the extent",
    mend: "checks the mapping again with the folio locked",
    place: "iomap_write_iter",
    by: "Linux 4.8",
    named: "Linux 6.2 (iomap: write iomap validity checks)",
    since: "4.8",
    until: "6.2",
    scope: Scope::strategies(&["iomap-write-iter-6.1"]),
};

pub(super) const BLOCKS_PAST_THE_END_STAY: Record = Record {
    id: "blocks-past-the-end-stay",
    what: "blocks that a write allocated past the end of the file and did not fill are not given back",
    mend: "gives them back",
    place: "generic_write_end",
    by: "Linux 2.6.24",
    named: "Linux 2.6.36 (ext2_write_failed, fat_write_failed)",
    since: "2.6.24",
    until: "2.6.36",
    scope: Scope::filesystems(&[
        (Filesystem::Block, Form::WriteBegin),
        (Filesystem::Cont, Form::WriteBegin),
        (Filesystem::Extent, Form::WriteBegin),
    ]),
};

pub(super) const EXT_3_BLOCKS_PAST_THE_END_STAY: Record = Record {
    id: "ext3-blocks-past-the-end-stay",
    what: "blocks that a write allocated past the end of the file and did not fill are not given back",
    mend: "gives them back",
    place: "ext3_ordered_write_end",
    by: "Linux 2.6.24",
    named: "Linux 2.6.36 (ext3_truncate_failed_write)",
    since: "2.6.24",
    until: "2.6.36",
    scope: Scope::filesystems(&[(Filesystem::Journal, Form::WriteBegin)]),
};
