#!/usr/bin/env bash
# Makes the bundles that every later version must open, with the features of the format.
#
# usage: make_bundles.sh MOSAIC [OUT]
#
# MOSAIC is the binary, OUT a directory (default: bundles/v1.0 beside this script). Made once for a
# version of the format: run it again for a new version or feature, under a new name.
set -euo pipefail

[ $# -ge 1 ] || { echo "usage: make_bundles.sh MOSAIC [OUT]" >&2; exit 64; }
mosaic=$1
fixtures=$(cd "$(dirname "$0")" && pwd)
out=${2:-$fixtures/bundles/v1.0}
mkdir -p "$out"

# A core forced on OpenBLAS by the shell changes low-order bits of what is measured.
for name in $(compgen -e OPENBLAS_ || true); do unset "$name"; done

make() {
  local name=$1 checkpoint=$2
  shift 2
  # With random weights the proof's promise may fail (1): the bundle is written all the same.
  "$mosaic" convert "$fixtures/$checkpoint" -o "$out/$name.mosaic" --quiet \
    --samples 16 --proof-samples 4 --steps 8 "$@" > /dev/null || [ $? -eq 1 ]
}

make f32-three-ranges tiny-dit --ranges 3
make bf16-three-ranges tiny-dit-bf16 --ranges 3
make one-range tiny-dit-bf16 --ranges 1
make guided tiny-dit-bf16 --ranges 2 --guidance 2
make uncompressed tiny-dit-bf16 --ranges 2 --compress none
make uniform tiny-dit-bf16 --ranges 2 --schedule uniform
make dense tiny-dit-sharded --ranges 1 --budget 1
