//! What a case allocates: the simulator's part of `throughput` again, under an allocator that counts. It is a program
//! of its own because counting takes time.

#[path = "throughput/cases.rs"]
#[allow(dead_code, reason = "shared with the benchmark of speed, which measures more")]
mod cases;
#[path = "throughput/simulator.rs"]
#[allow(dead_code, reason = "shared with the benchmark of speed, which measures more")]
mod simulator;

#[global_allocator]
static ALLOCATIONS: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}
