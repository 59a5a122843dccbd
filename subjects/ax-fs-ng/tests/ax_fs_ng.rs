//! The page cache of ax-fs-ng under shortcopy: a short hunt; a longer one with `SHORTCOPY_TIME=60s`.

use subject_ax_fs_ng::AxFsNg;

#[test]
#[ignore = "shows SIZE, OVERRUN, RETURN, ZERO and APPEND_OVERLAP, which is its authors' first"]
fn ax_fs_ng() {
    shortcopy::subject::test::<AxFsNg>();
}
