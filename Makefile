# Every daily command, one line each. `make` alone lists them.

TARGET ?= strategies
TIME ?= 60
# none works with every toolchain; address (AddressSanitizer) needs a nightly one.
SANITIZER ?= none
# Processes that fuzz side by side.
JOBS ?= 1
# The mutator knows the format: comparisons tell it nothing new, and tracing them costs two thirds of the speed.
FUZZ_OPTIONS = -s $(SANITIZER) --no-trace-compares
# Inputs are weighed the same, since weighing them by rare features takes more than half of the time, and edges count as taken or not. More is found
# by input with each; by second it was shown for both together only, for inputs are slower with the second alone.
ENGINE_OPTIONS = -entropic=0 -use_counters=0
# Each test that was skipped is a line there.
SKIPPED = $(or $(CARGO_TARGET_DIR),target)/tmp/skipped
# Examples and benchmarks are not run, and `make lint` has them compiled.
TESTED = --lib --bins --tests
TOOLCHAIN = $(if $(filter none,$(SANITIZER)),,+nightly)

HOST = $(shell rustc -vV | sed -n 's/^host: //p')

.DEFAULT_GOAL := help
.PHONY: help build hunt host-smoke known-kernels replay test fmt lint unit skipped doc packages subjects fuzz-check fuzz-twins fuzz fuzz-smoke fuzz-replay afl check-afl check-engines check-oss-fuzz coverage miri tables planted alone mended mutants bench

help: ## list the commands
	@awk -F ':[^#]*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build the command line, optimised: target/release/shortcopy
	cargo build --release

hunt: ## search for TIME seconds under every strategy, and list what was found; the cases are in findings/
	cargo run --release -- hunt --time $(TIME)s

host-smoke: ## search tmpfs, ext4 and xfs of the kernel under this machine for some seconds; without root, what needs root is skipped
	scripts/host-smoke

# Debian's: the lines that are long-term, and what came after the last of them.
KERNELS = 5.10 6.1 6.12 6.16.3 6.16.12 6.17 6.19 7.0 7.2 7.3
known-kernels: build ## run what is known of real kernels on those that Debian has, in virtual machines; writes docs/real-kernels.jsonl
	target/release/shortcopy kernels --known $(KERNELS:%=--kernel %) --fs tmpfs --fs ext4 --fs xfs --fs btrfs --fs fuse --times 40 --jobs 2 --json > docs/real-kernels.new
	mv docs/real-kernels.new docs/real-kernels.jsonl

replay: ## run every case of the corpus, and check that it shows what it expects
	cargo run --release --quiet -- run corpus

test: fmt lint unit doc packages fuzz-check ## everything that continuous integration checks; the last lines name what was skipped
	@scripts/skipped

fmt: ## check the formatting
	cargo fmt --all --check
	cargo fmt --manifest-path fuzz/Cargo.toml --all --check
	cargo fmt --manifest-path subjects/Cargo.toml --all --check

lint: ## clippy, where every warning is an error
	cargo clippy --workspace --all-targets -- -D warnings

unit: ## all tests; SHORTCOPY_REQUIRE=$(scripts/has) lets no test be skipped that this machine can run
	rm -f $(SKIPPED)
	cargo test --workspace $(TESTED)
	cargo test --workspace --doc

skipped: ## name the tests that the last `make unit` skipped, and why
	@scripts/skipped

doc: ## build the documentation, where every warning is an error
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps

packages: ## make the packages of all crates, and check that what is in them compiles without the rest
	scripts/check-packages

# Those that stay silent, and need no compiler for C: what the others show is their authors' first.
SILENT = fatfs hadris-fat
subjects: ## build adapters of other people's filesystems, and hunt with each of the silent ones for some seconds
	SHORTCOPY_TIME=10s cargo test --release --manifest-path subjects/Cargo.toml $(SILENT:%=-p subject-%)

fuzz-check: ## check that the fuzz targets still compile; libFuzzer needs a C++ compiler, and without one this is skipped
	if command -v c++ > /dev/null; then cargo check --manifest-path fuzz/Cargo.toml --workspace --all-targets; else mkdir -p $(dir $(SKIPPED)); echo 'c++: fuzz-check: there is no C++ compiler; on Debian, apt-get install g++' | tee -a $(SKIPPED); fi

# A build for a fuzz engine compiles the targets, but not what else is in that workspace.
fuzz-twins: ## check that the AFL++ twins and the mutator still compile, with what `make SANITIZER=address fuzz-smoke` leaves behind
	cargo check --release --manifest-path fuzz/Cargo.toml -p shortcopy-fuzz-afl -p shortcopy-fuzz-mutator --all-targets --target $(HOST) --target-dir fuzz/target/$(SANITIZER)

# In fork mode the engine shrugs off what hangs or eats all memory, unless it is told not to.
FORK = $(if $(filter 1,$(JOBS)),,-fork=$(JOBS) -ignore_timeouts=0 -ignore_ooms=0)

fuzz: cargo-fuzz ## fuzz TARGET for TIME seconds in JOBS processes; SANITIZER=address for AddressSanitizer
	mkdir -p fuzz/corpus/$(TARGET)
	cargo $(TOOLCHAIN) fuzz run $(TARGET) -O $(FUZZ_OPTIONS) fuzz/corpus/$(TARGET) corpus -- $(ENGINE_OPTIONS) -max_total_time=$(TIME) $(FORK) || scripts/fuzz-crash $(TARGET) "$(TOOLCHAIN) -O $(FUZZ_OPTIONS)"

fuzz-smoke: cargo-fuzz ## run each fuzz target on a few thousand inputs, others each day (SEED is printed); the canary has to crash
	scripts/fuzz-smoke

fuzz-replay: cargo-fuzz ## replay the whole corpus through every fuzz target under AddressSanitizer
	scripts/fuzz-replay

afl: cargo-afl ## fuzz TARGET with AFL++ for TIME seconds: a main instance and JOBS - 1 secondary ones
	scripts/afl $(TARGET) $(TIME) $(JOBS)

check-afl: cargo-afl ## build the AFL++ twins and let each run for some seconds
	scripts/check-afl

check-engines: cargo-fuzz ## run every command that a crash goes through: run, fmt, tmin, cmin, -minimize_crash, -cleanse_crash, -merge, -fork
	scripts/check-engines

check-oss-fuzz: cargo-fuzz ## run oss-fuzz/build.sh as its infrastructure would, without Docker, and check what comes out
	scripts/check-oss-fuzz

coverage: cargo-fuzz ## measure how much of the source the corpus covers in TARGET; needs the llvm-tools of the same compiler
	scripts/coverage $(TARGET)

miri: ## run a small share of the tests under Miri, if that is installed
	scripts/miri

.PHONY: cargo-fuzz cargo-afl
cargo-fuzz:
	command -v cargo-fuzz > /dev/null || cargo install cargo-fuzz --locked

cargo-afl:
	command -v cargo-afl > /dev/null || cargo install cargo-afl --locked

planted: ## plant wrong lines, one at a time, hunt for each, and tell which are reported as new
	cargo run --release --example planted -- --time $(TIME)s

planted-cache: ## the same in the example's page cache, from ten seeds, as somebody who tests a cache of their own
	cargo run --release --example planted -- --of own-cache --folder target/planted-cache --time $(TIME)s $(foreach seed,1 2 3 4 5 6 7 8 9 10,--seed $(seed))

alone: ## hunt for each defect alone, with all others mended, from ten seeds, for at most TIME seconds each
	cargo run --release --example alone -- --time $(TIME)s

mended: ## hunt for TIME seconds under each strategy on each form with every defect mended: nothing may be found; resumes where it stopped
	cargo run --release --example mended -- --time $(TIME)s

mutants: ## break one small thing in the oracle at a time, and count what its tests catch; SHARE=k/n tries every n-th
	cargo run --quiet -p shortcopy-oracle --example mutants -- $(if $(SHARE),--share $(SHARE))

tables: ## write the generated parts of the documents, the picture of the README and the floors of the coverage anew
	UPDATE_TABLES=1 cargo test --test tables --test documents

bench: ## measure cases a second beside shuttle, allocations, and what decoding, printing and shrinking cost
	cargo bench --bench throughput --bench allocations
