//! `canary` under AFL++.

fn main() {
    shortcopy_fuzz_afl::run("canary");
}
