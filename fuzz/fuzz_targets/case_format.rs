//! Any bytes, decoded, printed and read again: what is lost on the way is a crash.
#![no_main]

shortcopy_fuzz::of_bytes!("case_format");
