//! rsext4 under shortcopy: a short hunt; a longer one with `SHORTCOPY_TIME=60s`.

use shortcopy::subject::Locked;
use subject_rsext4::Rsext4;

#[test]
fn rsext4() {
    shortcopy::subject::test::<Locked<Rsext4>>();
}
