#!/bin/bash -eu
# Builds the fuzz targets as OSS-Fuzz and ClusterFuzzLite want them. They set SRC, OUT, WORK, SANITIZER, FUZZING_ENGINE and the compilers' flags;
# `make check-oss-fuzz` does the same without Docker.
cd "$SRC/shortcopy"

# What makes the seeds runs here and now: it is built without the flags that are for the targets. In a coverage build it is a plain build too.
(
    unset CFLAGS CXXFLAGS RUSTFLAGS CARGO_ENCODED_RUSTFLAGS LIB_FUZZING_ENGINE
    SANITIZER=none cargo build --release --bin shortcopy --target-dir "$WORK/helper"
)
"$WORK/helper/release/shortcopy" corpus dictionary corpus --to "$WORK/shortcopy.dict"
"$WORK/helper/release/shortcopy" corpus pack corpus --to "$WORK/seed_corpus.zip"

# No more arguments than these: in a coverage build a wrapper of cargo drops the others.
cargo fuzz build -O

built=fuzz/target/x86_64-unknown-linux-gnu/release
for source in fuzz/fuzz_targets/*.rs; do
    target=$(basename "$source" .rs)
    # The canary has to crash: it is for our own tests of the plumbing.
    [ "$target" = canary ] && continue
    cp "$built/$target" "$OUT/"
    cp oss-fuzz/target.options "$OUT/$target.options"
    cp "$WORK/shortcopy.dict" "$OUT/$target.dict"
    cp "$WORK/seed_corpus.zip" "$OUT/${target}_seed_corpus.zip"
done
