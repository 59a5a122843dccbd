//! A case under all strategies that do not break on it: what they do not do alike is a crash.
#![no_main]

shortcopy_fuzz::of_cases!("differential");
