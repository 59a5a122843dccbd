//! redoxfs under shortcopy: a short hunt; a longer one with `SHORTCOPY_TIME=60s`.

use shortcopy::subject::Locked;
use subject_redoxfs::Redoxfs;

#[test]
fn redoxfs() {
    shortcopy::subject::test::<Locked<Redoxfs>>();
}
