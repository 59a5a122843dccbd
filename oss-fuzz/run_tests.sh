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
# The tests that need neither a network nor root nor a real filesystem, built without the flags that are for the targets.
cd "$SRC/shortcopy"
unset CFLAGS CXXFLAGS RUSTFLAGS CARGO_ENCODED_RUSTFLAGS LIB_FUZZING_ENGINE
SANITIZER=none cargo test --workspace --exclude shortcopy-host --target-dir "${WORK:-/tmp}/tests"
