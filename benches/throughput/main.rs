//! What a case costs: `make bench`. Divan prints a table of times; after it come the speeds and the ratios to shuttle,
//! measured side by side, because two figures from two runs on a busy machine do not compare.

mod cases;
mod handling;
mod on_shuttle;
mod simulator;
mod summary;
mod toy;

fn main() {
    divan::main();
    // `cargo bench -- --list` and a run of only some of them are not asked for ratios.
    if std::env::args().skip(1).all(|argument| argument == "--bench") {
        summary::print();
    }
}
