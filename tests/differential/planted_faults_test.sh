#!/usr/bin/env bash
# Shows that the differential test finds faults: builds it with the planted faults of planted_faults.txt
# compiled in, runs it without one (it must pass) and once with each (it must fail by a difference).
#   planted_faults_test.sh BUILD_DIR [NAME…]     BUILD_DIR is made when missing; no NAME: all
# SEGMENTATION_SEED sets the seed, 1 unless given.
set -euo pipefail
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build_dir=${1:?usage: planted_faults_test.sh BUILD_DIR [NAME…]}
shift
list=$source_dir/tests/differential/planted_faults.txt
conditions=${PLANTED_FAULTS_CONDITIONS:-10000}
export SEGMENTATION_SEED=${SEGMENTATION_SEED:-1}

mapfile -t listed < <(sed -n 's/^\([a-z][a-z0-9_]*\) .*/\1/p' "$list" | sort)
# A fault that is listed and nowhere planted would never be found, one that is not listed never tried.
mapfile -t planted < <(grep -rhzo --include='*.cc' 'PlantedFault([[:space:]]*"[a-z0-9_]*"' "$source_dir/server" |
  tr '\0' '\n' | grep -o '"[a-z0-9_]*"' | tr -d '"' | sort -u |
  grep -vxFf <(sed -n 's/^\([a-z][a-z0-9_]*\) .*/\1/p' "$source_dir/tests/fault/planted_faults.txt"))
if [ "${listed[*]}" != "${planted[*]}" ]; then
  echo "planted_faults.txt and the code differ:" >&2
  diff <(printf '%s\n' "${listed[@]}") <(printf '%s\n' "${planted[@]}") >&2 || true
  exit 1
fi
[ ${#listed[@]} -ge 30 ] || { echo "want 30 faults, got ${#listed[@]}" >&2; exit 1; }

cmake -S "$source_dir" -B "$build_dir" -G Ninja -DCMAKE_BUILD_TYPE=Release -DSEGMENTATION_PLANTED_FAULTS=ON >/dev/null
ninja -C "$build_dir" --quiet differential_tests
program=$build_dir/bin/differential_tests
log=$(mktemp)
trap 'rm -f "$log"' EXIT

if ! "$program" --conditions="$conditions" >"$log" 2>&1; then
  cat "$log" >&2
  echo "fails without any fault" >&2
  exit 1
fi
names=("$@")
[ ${#names[@]} -gt 0 ] || names=("${listed[@]}")
missed=()
for name in "${names[@]}"; do
  status=0
  SEGMENTATION_PLANTED_FAULT=$name "$program" --conditions="$conditions" --first >"$log" 2>&1 || status=$?
  # Red for the right reason: two answers differ, not a crash or a missing server.
  if [ $status -eq 1 ] && grep -Eq 'alone selects|parse\(print|do not part|is not S|De Morgan' "$log"; then
    echo "found   $name"
  else
    echo "MISSED  $name (exit $status)"
    missed+=("$name")
  fi
done
echo "${#names[@]} faults, $((${#names[@]} - ${#missed[@]})) found"
[ ${#missed[@]} -eq 0 ] || { echo "missed: ${missed[*]}" >&2; exit 1; }
