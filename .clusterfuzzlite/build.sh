#!/bin/bash -eu
# The same build as for OSS-Fuzz.
exec bash -eu "$SRC/shortcopy/oss-fuzz/build.sh"
