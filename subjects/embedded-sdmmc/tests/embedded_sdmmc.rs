//! embedded-sdmmc under shortcopy: a short hunt; a longer one with `SHORTCOPY_TIME=60s`.

use shortcopy::subject::Locked;
use subject_embedded_sdmmc::Sdmmc;

#[test]
fn embedded_sdmmc() {
    shortcopy::subject::test::<Locked<Sdmmc>>();
}
