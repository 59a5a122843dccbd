//! The cases that are measured.

use case::Case;
use machine::Strategy;

/// On a disk: two writers, two readers, a truncator and a reclaimer on a file of 4 pages of 64 cells: about 85 steps.
/// The writers' sources go to swap and come back, which no strategy gets wrong: what is measured is the search, not the
/// report.
pub const ON_DISK: &str = "\
shortcopy case 1
geometry page 64 block 16
file a size 256 disk 0..256 cached 0 uptodate, 1 uptodate, 2 dirty
memory m pages 2 resident 0,1
memory n pages 2 resident 0
task v write a 0 [m 0..40, m 60..124]
task w write a 80 [n 0..64, n 70..126]
task q read a 0..128
task r read a 64..192
task t truncate a 160
task u reclaim-pte m pages 0..2
task u reclaim-pte n page 0
";

/// The same tasks where the page cache is all there is, as in the toy: no disk, nothing to write back. About 85 steps
/// as well.
pub const IN_MEMORY: &str = "\
shortcopy case 1
geometry page 64 block 16
fs libfs
file a size 256 disk 0..256 cached -
memory m pages 2 resident 0,1
memory n pages 2 resident 0,1
task v write a 0 [m 0..40, m 60..124]
task v write a 100 [m 0..64]
task w write a 80 [n 0..64, n 70..126]
task q read a 0..128
task r read a 64..192
task t truncate a 160
task u reclaim-pte m pages 0..2
task u reclaim-pte n page 0
";

/// Shows a cleared tail under `zero-tail-retry` if it is preempted in the right place; with two tasks too many.
pub const FAILING: &str = "\
shortcopy case 1
geometry page 64 block 16
fs block
file a size 64 disk 0..64 cached -
file b size 128 disk 0..128 cached 0 uptodate
memory m pages 2 resident 1
memory n pages 1 resident 0
task w write a 0 [m 0..40, m 60..84]
task x write b 32 [n 0..20, n 30..60]
task r read a 0..64
task s read b 0..128
task u reclaim-pte m page 1
";

/// Writes from a mapping of the very file: of a hundred thousand cases, the one whose check took longest.
pub const COPIES_OF_COPIES: &str = "\
shortcopy case 1
geometry page 64 block 32
fs cont write-begin
file a size 64 disk 0..64 cached 0 uptodate
file b size 0 disk - cached -
memory m pages 3 maps a page 0 resident 0
task w write a 36 [m 115..147, m 126..192, m 0..64]
task u store m 0..192
task u invalidate a
task w2 append a [m 0..221, m 29..128, m 0..128]
schedule w2:6 w u:2 w2:2 u:5 w2:1 u w2 w
";

/// The strategies that these two are run under: the first, and two without known defects.
pub const STRATEGIES: [&str; 3] = ["baseline", "write-begin-2.6.24.3", "perform-write-6.15"];

/// Reads one of the texts above.
pub fn parse(text: &str) -> Case {
    Case::parse("a benchmark's case", text).expect("the benchmark's cases are valid")
}

/// A strategy by its id.
pub fn strategy(id: &str) -> &'static Strategy {
    strategies::find(id).expect("the registry has it")
}
