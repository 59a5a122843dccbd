//! `oracle` under AFL++.

fn main() {
    shortcopy_fuzz_afl::run("oracle");
}
