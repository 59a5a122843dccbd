//! littlefs2 under shortcopy: a short hunt; a longer one with `SHORTCOPY_TIME=60s`.

use shortcopy::subject::Locked;
use subject_littlefs2::Littlefs;

#[test]
#[ignore = "shows SIZE and APPEND_OVERLAP, which is its authors' first"]
fn littlefs2() {
    shortcopy::subject::test::<Locked<Littlefs>>();
}
