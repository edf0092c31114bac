#!/usr/bin/env bash
# The demo counts as loaded only after a load that succeeded; an interrupted one is repeated as it was.
# segctl is a script that writes down its command lines.
#   demo_marker_test.sh SOURCE_DIR
set -euo pipefail
demo=$1/server/demo.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/segctl" <<'FAKE'
#!/usr/bin/env bash
here=$(dirname "$0")
echo "$*" >>"$here/calls"
case "$*" in
  *"demo load"*) [ ! -e "$here/load-fails" ] ;;
  "shop get demo") [ ! -e "$here/no-shop" ] ;;
esac
FAKE
chmod +x "$work/segctl"
export PATH="$work:$PATH"
marker=$work/demo.loaded
fail() { echo "$1" >&2; cat "$work/calls" >&2; exit 1; }
# Runs the demo; the command line of its load, if there was one, is then in $load.
run_demo() {
  : >"$work/calls"
  local status=0
  "$demo" "$marker" >"$work/out" 2>&1 || status=$?
  load=$(grep 'demo load' "$work/calls" || true)
  return $status
}

touch "$work/load-fails" "$work/no-shop"
run_demo && fail "the load failed and the demo did not"
[ ! -e "$marker" ] || fail "a load that failed counts as loaded"
[[ $load =~ --last-day\ [0-9]{4}-[0-9]{2}-[0-9]{2}$ ]] || fail "no last day: $load"

# Some days later: the shop is there and half full.
rm "$work/load-fails" "$work/no-shop"
echo 2024-02-29 >"$marker.begun"
run_demo || fail "the second try fails: $(cat "$work/out")"
[[ $load == *"--last-day 2024-02-29" ]] || fail "repeated with another last day: $load"
[ "$(cat "$marker")" = 2024-02-29 ] || fail "the marker does not hold the last day"
[ ! -e "$marker.begun" ] || fail "still begun"

run_demo || fail "the third run fails: $(cat "$work/out")"
[ -z "$load" ] || fail "loaded again: $load"

touch "$work/no-shop"
run_demo || fail "the run without the shop fails: $(cat "$work/out")"
[ -n "$load" ] || fail "a shop that is gone counts as loaded"
[[ $load != *2024-02-29 ]] || fail "loaded anew with an old last day: $load"
echo "the demo is loaded once, and wholly"
