#!/usr/bin/env bash
# Loads the demo shop once and walks the main job over it, each step with the segctl line that does it.
# Called by server/run with SEGCTL_ADDRESS, SEGCTL_TOKEN_FILE and PATH set.
#   server/demo.sh MARKER     MARKER: file that says the demo is loaded; holds its last day with orders
set -euo pipefail
marker=${1:?usage: server/demo.sh MARKER}
export SEGCTL_SHOP=demo
say() { printf '\n\033[1m%s\033[0m\n' "$1"; }
run() {
  local word line='$ segctl'
  for word in "$@"; do
    if [[ $word =~ ^[A-Za-z0-9_./:=-]+$ ]]; then line+=" $word"; else line+=" \"$word\""; fi
  done
  printf '%s\n' "$line"
  segctl "$@"
}

# A load that was cut off counts for nothing: it is repeated with the last day that it began with, and so
# makes the same shop.
if [ -s "$marker" ] && segctl shop get demo >/dev/null 2>&1; then
  say "The demo shop is loaded, with orders up to $(cat "$marker")."
else
  say "1. Import: a shop of 20,000 members and two years of orders"
  [ -s "$marker.begun" ] || TZ=Asia/Shanghai date +%F >"$marker.begun"
  run --progress demo load --shop demo --last-day "$(cat "$marker.begun")"
  mv "$marker.begun" "$marker"
fi
run shop stats demo

say "2. Group previews: exact counts, clause by clause"
run group preview --shop demo "number_of_orders >= 3 AND city = '上海'"
run group preview --shop demo "products_purchased MATCHES (title CONTAINS '蕾丝', date >= -365d) AND NOT orders_placed MATCHES (date >= -30d)"
run group preview --shop demo "address CONTAINS ANY ('大学', '中学') AND anniversary(birthday) BETWEEN today AND +30d"

say "3. Save a group: bought lace, silent for 60 days"
condition="products_purchased MATCHES (title CONTAINS '蕾丝') AND NOT orders_placed MATCHES (date >= -60d)"
if segctl group get --shop demo lace-silent >/dev/null 2>&1; then
  run group get --shop demo lace-silent
else
  run group create --shop demo lace-silent "$condition" --name '买过蕾丝, 60天未购买'
fi

say "4. Tag everybody in it"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf "$ segctl group stream --shop demo lace-silent | sed 's|\$|,关怀名单/老客回访|; 1i member_id,tag' > tags.csv\n"
segctl group stream --shop demo lace-silent | sed 's|$|,关怀名单/老客回访|; 1i member_id,tag' >"$work/tags.csv"
run tag batch --shop demo "$work/tags.csv"
run group preview --shop demo "HAS TAG '关怀名单/老客回访'"

say "5. Stream the audience: every member once, checked at the end"
printf '$ segctl group stream --shop demo lace-silent | head -3\n'
segctl group stream --shop demo lace-silent >"$work/audience"
head -3 "$work/audience"
printf '... %s members in all\n' "$(wc -l <"$work/audience")"
