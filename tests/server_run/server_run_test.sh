#!/usr/bin/env bash
# server/run on a built tree: starts, finds itself running, keeps its data over a restart, stops.
#   server_run_test.sh SOURCE_DIR BUILD_DIR
set -euo pipefail
run=$1/server/run
export SEGMENTATION_BUILD_DIR=$2
data_dir=$(mktemp -d /tmp/segmentation-run-XXXXXX)
chmod 755 "$data_dir"
trap '"$run" --data-dir "$data_dir" --stop >/dev/null || true; rm -rf "$data_dir"' EXIT
fail() { echo "$1" >&2; tail -5 "$data_dir/segmentd.log" >&2; exit 1; }
start() { "$run" --data-dir "$data_dir" --port 0 --no-demo --detach >"$data_dir/out" || fail "does not start: $(cat "$data_dir/out")"; }
stop() { "$run" --data-dir "$data_dir" --stop; }
segctl() {
  SEGCTL_CONFIG=/dev/null SEGCTL_ADDRESS=$(cat "$data_dir/segmentd.address") SEGCTL_TOKEN_FILE=$data_dir/admin.token \
    "$SEGMENTATION_BUILD_DIR/bin/segctl" "$@"
}

start
pid=$(cat "$data_dir/segmentd.pid")
grep -q "^segmentd serves on $(cat "$data_dir/segmentd.address")\$" "$data_dir/out" || fail "does not say where: $(cat "$data_dir/out")"
[ "$(stat -c %a "$data_dir/admin.token")" = 600 ] || fail "others can read the admin token"
[ -z "$(segctl shop list | grep demo || true)" ] || fail "--no-demo made a demo shop"
segctl shop create kept --time-zone Asia/Shanghai --currency CNY >/dev/null

start
grep -q "already runs (pid $pid)" "$data_dir/out" || fail "a second start does not see the first: $(cat "$data_dir/out")"
[ "$(cat "$data_dir/segmentd.pid")" = "$pid" ] || fail "a second start made another server"

[ "$(stop)" = stopped ] || fail "does not stop"
! kill -0 "$pid" 2>/dev/null || fail "says stopped and runs"
[[ $(stop) == "no server runs on"* ]] || fail "a second stop finds a server"

start
[ "$(cat "$data_dir/segmentd.pid")" != "$pid" ] || fail "no new server"
segctl shop get kept >/dev/null || fail "the restart lost a shop"
[ "$(stop)" = stopped ] || fail "does not stop again"

status=0
"$run" --prot 1 >/dev/null 2>&1 || status=$?
[ $status = 2 ] || fail "an unknown flag exits with $status, want 2"
echo "starts, keeps its data, stops"
