#!/usr/bin/env bash
# Measures what schedules and criteria cost in error at equal MACs.
#
# usage: schedules.sh MOSAIC_BINARY CHECKPOINT OUTDIR
#
# Converts the checkpoint at each budget under each setting, samples the dense checkpoint and every
# bundle from one noise file, and prints one table (schedules_table.py). Whatever OUTDIR holds
# already is kept: an interrupted run continues, and an empty OUTDIR starts afresh.
# PYTHON names a Python with numpy and safetensors (default python3).
set -euo pipefail

if [ $# -ne 3 ]; then
  echo "usage: $0 MOSAIC_BINARY CHECKPOINT OUTDIR" >&2
  exit 64
fi
mosaic=$1 checkpoint=$2 out=$3
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
budgets="0.875 0.75 0.625 0.5"
steps=20

# An OpenBLAS core forced from outside changes both times and low-order bits.
for name in $(compgen -e OPENBLAS_ || true); do unset "$name"; done

options_of() {
  case $1 in
    solved) echo "--schedule solved" ;;
    uniform) echo "--schedule uniform" ;;
    magnitude) echo "--schedule uniform --criterion magnitude" ;;
  esac
}

# A failed proof is exit 1 with the bundle written: it belongs in the table like any other.
convert() {
  local status=0
  # shellcheck disable=SC2046 # several words on purpose
  "$mosaic" convert "$checkpoint" -o "$1" --budget "$2" $(options_of "$3") >&2 || status=$?
  [ "$status" -le 1 ] || exit "$status"
}

sample() {
  "$mosaic" run "$1" --noise "$out/noise.safetensors" --steps "$steps" -o "$2" >&2
}

mkdir -p "$out"
[ -e "$out/noise.safetensors" ] ||
  "$python" "$here/make_noise.py" "$checkpoint" "$out/noise.safetensors"
[ -e "$out/dense.safetensors" ] || sample "$checkpoint" "$out/dense.safetensors"
for budget in $budgets; do
  for setting in solved uniform magnitude; do
    name=$out/$setting-$budget
    [ -e "$name.mosaic" ] || convert "$name.mosaic" "$budget" "$setting"
    "$mosaic" inspect "$name.mosaic" --json > "$name.json"
    [ -e "$name.safetensors" ] || sample "$name.mosaic" "$name.safetensors"
  done
done
# shellcheck disable=SC2086 # one argument a budget
"$python" "$here/schedules_table.py" "$out" $budgets
