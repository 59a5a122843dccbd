//! fatfs under shortcopy: a short hunt; a longer one with `SHORTCOPY_TIME=60s`.

use shortcopy::subject::Locked;
use subject_fatfs::Fatfs;

#[test]
fn fatfs() {
    shortcopy::subject::test::<Locked<Fatfs>>();
}
