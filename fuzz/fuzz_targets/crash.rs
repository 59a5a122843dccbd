//! Power lost at every step of a case: what no witness shows is a crash.
#![no_main]

shortcopy_fuzz::of_cases!("crash");
