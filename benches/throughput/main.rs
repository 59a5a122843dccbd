//! What a case costs: `make bench`. Divan prints a table of times. After it come a hunt's cases a second, what a case
//! of a search costs part by part, and the speeds and the ratios to shuttle. All is measured side by side, because two
//! figures from two runs on a busy machine do not compare. `-- --split`, `-- --hunts` and `-- --ratios` print
//! these parts alone.

mod cases;
mod handling;
mod hunts;
mod on_shuttle;
mod on_subject;
mod simulator;
mod split;
mod summary;
mod toy;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|it| it != "--bench").collect();
    match &arguments[..] {
        [part] if part == "--split" => split::print(),
        [part] if part == "--hunts" => hunts::print(),
        [part] if part == "--ratios" => summary::print(),
        [] => {
            divan::main();
            print_processor();
            hunts::print();
            split::print();
            summary::print();
        }
        // `cargo bench -- --list` and a run of only some of them are not asked for ratios.
        _ => divan::main(),
    }
}

/// On what all of this was measured.
fn print_processor() {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        text.lines().find_map(|it| it.strip_prefix("model name")).map(|it| it.trim_start_matches([' ', '\t', ':']));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("\nmeasured on {} with {cores} cores", model.unwrap_or("an unknown processor"));
}
