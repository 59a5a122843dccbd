# Every daily command, one line each. `make` alone lists them.

TARGET ?= strategies
TIME ?= 60
# none works with every toolchain; address (AddressSanitizer) needs a nightly one.
SANITIZER ?= none
# The mutator knows the format: comparisons tell it nothing new, and tracing them costs two thirds of the speed.
FUZZ_OPTIONS = -s $(SANITIZER) --no-trace-compares
TOOLCHAIN = $(if $(filter none,$(SANITIZER)),,+nightly)

.DEFAULT_GOAL := help
.PHONY: help build hunt replay test fmt lint unit doc fuzz-check fuzz tables bench

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build the command line, optimised: target/release/shortcopy
	cargo build --release

hunt: ## search for TIME seconds under every strategy; the cases that it finds are listed at the end
	cargo run --release -- hunt --time $(TIME)s

replay: ## run every case of the corpus and hold it to what it expects
	cargo run --release --quiet -- run corpus

test: fmt lint unit doc fuzz-check ## everything that continuous integration wants

fmt: ## check the formatting
	cargo fmt --all --check
	cargo fmt --manifest-path fuzz/Cargo.toml --check

lint: ## clippy, where every warning is an error
	cargo clippy --workspace --all-targets -- -D warnings

unit: ## all tests, those in the documentation included
	cargo test --workspace

doc: ## the documentation, where every warning is an error
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps

fuzz-check: ## check that the fuzz targets still compile; libFuzzer needs a C++ compiler, and without one this is skipped
	if command -v c++ > /dev/null; then cargo check --manifest-path fuzz/Cargo.toml --all-targets; else echo 'fuzz-check SKIPPED: there is no C++ compiler; on Debian: apt-get install g++'; fi

fuzz: ## fuzz TARGET for TIME seconds; SANITIZER=address for AddressSanitizer
	command -v cargo-fuzz > /dev/null || cargo install cargo-fuzz --locked
	mkdir -p fuzz/corpus/$(TARGET) corpus
	cargo $(TOOLCHAIN) fuzz run $(TARGET) $(FUZZ_OPTIONS) fuzz/corpus/$(TARGET) corpus -- -max_total_time=$(TIME)

tables: ## write the tables of strategies, the matrix, docs/findings.md, docs/cost.md and the floors of the coverage anew
	UPDATE_TABLES=1 cargo test --test strategies_docs --test coverage

bench: ## cases a second, beside shuttle; allocations; what decoding, printing and shrinking cost
	cargo bench --bench throughput --bench allocations
