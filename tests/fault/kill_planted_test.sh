#!/usr/bin/env bash
# Shows that the kill test finds faults: builds segmentd with the planted faults compiled in, runs the
# test without one (it must pass) and once with each (it must fail by a lost, double or other answer).
#   kill_planted_test.sh BUILD_DIR     BUILD_DIR is made when missing
set -euo pipefail
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build_dir=${1:?usage: kill_planted_test.sh BUILD_DIR}
cycles=${PLANTED_FAULTS_CYCLES:-20}
cmake -S "$source_dir" -B "$build_dir" -G Ninja -DCMAKE_BUILD_TYPE=Release -DSEGMENTATION_PLANTED_FAULTS=ON >/dev/null
ninja -C "$build_dir" --quiet segmentd kill_test
log=$(mktemp)
trap 'rm -f "$log"' EXIT
run() { "$build_dir/bin/kill_test" --segmentd "$build_dir/bin/segmentd" --cycles "$1" >"$log" 2>&1; }

if ! run 3; then
  cat "$log" >&2
  echo "fails without any fault" >&2
  exit 1
fi
missed=0
while read -r name _; do
  status=0
  SEGMENTATION_PLANTED_FAULT=$name run "$cycles" || status=$?
  # Red for the right reason, not for a server that does not start.
  if [ $status -eq 1 ] && grep -Eq 'LOST|DOUBLE|not in the ledger|got no first answer|another answer|the repeat of' "$log"; then
    echo "found   $name: $(grep FAILED "$log" | cut -c1-160)"
  else
    echo "MISSED  $name (exit $status)"
    tail -5 "$log"
    missed=1
  fi
done < <(grep -E '^[a-z]' "$source_dir/tests/fault/planted_faults.txt")
exit $missed
