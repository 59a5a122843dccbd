//! The cache under shortcopy: its witnesses, then a short hunt; a longer one with `SHORTCOPY_TIME=60s`.

use own_cache::OwnCache;

/// The cache has a bug, on purpose: `docs/your-own-cache.md` finds it.
#[test]
#[should_panic(expected = "RESURRECTED persistent (S6) under own-cache")]
fn own_cache() {
    shortcopy::subject::test::<OwnCache>();
}
