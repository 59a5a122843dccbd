//! Small histories: where the checker and brute force do not agree is a crash.
#![no_main]

shortcopy_fuzz::of_bytes!("oracle");
