//! Every known way of writing user memory into a page cache: one a file, and the registry that lists them.
//!
//! A strategy does what was posted, defects included; the mended one is another entry. `shared/` has the loops and
//! steps that several have in common, and `strategies/claims/` what people said of each.
#![deny(missing_docs)]
#![forbid(unsafe_code)]

use machine::Strategy;

/// Lists the strategies in the order of their history: adding one is a line here, its file, and a file of claims about
/// it.
macro_rules! strategies {
    ($($module:ident,)*) => {
        $(mod $module;)*

        /// All strategies, in the order of their history.
        pub const ALL: &[Strategy] = &[$($module::STRATEGY,)*];

        /// The text of the file of claims about each strategy.
        const CLAIM_FILES: &[&str] = &[$(include_str!(concat!("../claims/", stringify!($module), ".toml")),)*];
    };
}

mod claims;
mod shared;

pub use claims::{Claim, Claims, Evidence, Standing, claims, claims_about};

strategies! {
    lockless_copy,
    baseline,
    leave_it,
    zero_segment_revert,
    whole_chunk,
    no_prefault,
    trim_blocks,
    shared_lru,
    iovec_cleanup,
    gup_two_kmap,
    gup_kmap_atomic,
    temp_page,
    unpaging_lock,
    unpaging_lock_twice,
    vma_pin,
    zero_tail_retry,
    zero_page_retry,
    zero_tail_not_uptodate,
    zero_length_commit,
    unlock_and_temp,
    page_flag,
    readpage_in_the_middle,
    idea_42,
    prefault_all,
    two_copy,
    write_begin_2_6_24,
    write_begin_2_6_24_3,
    perform_write_5_16,
    iomap_write_iter_6_1,
    iomap_write_iter,
    perform_write_6_15,
}

/// The strategy of this name.
#[must_use]
pub fn find(id: &str) -> Option<&'static Strategy> {
    ALL.iter().find(|strategy| strategy.id == id)
}
