#!/bin/bash -eu
# Copyright 2026 The shortcopy authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.
#
################################################################################
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

# The flags of `make fuzz`: tracing comparisons costs two thirds of the speed and tells the mutator nothing. (In a coverage build a wrapper of cargo
# drops them, and nothing is traced there.)
flags=()
[ "$SANITIZER" != none ] || flags=(-s none)
cargo fuzz build -O --no-trace-compares "${flags[@]}"

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
