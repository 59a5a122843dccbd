//! The cache under shortcopy: its witnesses, then a short hunt; a longer one with `SHORTCOPY_TIME=60s`.

use own_cache::OwnCache;

#[test]
fn own_cache() {
    shortcopy::subject::test::<OwnCache>();
}
