//! `case_format` under AFL++.

fn main() {
    shortcopy_fuzz_afl::run("case_format");
}
