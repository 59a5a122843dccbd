//! redoxfs under shortcopy: a short hunt; a longer one with `SHORTCOPY_TIME=60s`.

use shortcopy::subject::Locked;
use subject_redoxfs::Redoxfs;

#[test]
#[ignore = "shows RESURRECTED, SIZE and APPEND_OVERLAP, which is its authors' first"]
fn redoxfs() {
    shortcopy::subject::test::<Locked<Redoxfs>>();
}
