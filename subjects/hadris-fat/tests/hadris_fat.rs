//! hadris-fat under shortcopy: a short hunt; a longer one with `SHORTCOPY_TIME=60s`.

use shortcopy::subject::Locked;
use subject_hadris_fat::HadrisFat;

#[test]
fn hadris_fat() {
    shortcopy::subject::test::<Locked<HadrisFat>>();
}
