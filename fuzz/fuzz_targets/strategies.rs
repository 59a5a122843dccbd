//! A case under the strategy that it names: what no known cause explains is a crash.
#![no_main]

shortcopy_fuzz::of_cases!("strategies");
