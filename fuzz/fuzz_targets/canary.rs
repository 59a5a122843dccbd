//! Crashes within seconds, or the plumbing is broken.
#![no_main]

shortcopy_fuzz::of_cases!("canary");
