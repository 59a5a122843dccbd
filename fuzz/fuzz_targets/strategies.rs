//! A case under every strategy that it fits: what no witness shows is a crash.
#![no_main]

shortcopy_fuzz::of_cases!("strategies");
