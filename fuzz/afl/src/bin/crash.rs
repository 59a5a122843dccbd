//! `crash` under AFL++.

fn main() {
    shortcopy_fuzz_afl::run("crash");
}
