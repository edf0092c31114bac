#!/usr/bin/env bash
# A client in another language, over reflection: its counts and its audience equal segctl's.
#   node_client_test.sh SOURCE_DIR BIN_DIR WORK_DIR     WORK_DIR keeps the node modules between runs
set -euo pipefail
source_dir=$1 bin_dir=$2 work_dir=$3
mkdir -p "$work_dir"
cd "$work_dir"
cp "$source_dir"/tests/node/{package.json,package-lock.json} .
if ! cmp -s package-lock.json installed-lock.json; then
  npm ci --no-audit --no-fund --ignore-scripts >npm.log 2>&1 || { cat npm.log >&2; exit 1; }
  cp package-lock.json installed-lock.json
fi
export NODE_PATH=$work_dir/node_modules

data_dir=$(mktemp -d /tmp/segmentation-node-XXXXXX)
chmod 755 "$data_dir"
"$bin_dir/segmentd" serve --data-dir "$data_dir" --listen 127.0.0.1:0 --buffer-pool-mib 64 >"$data_dir/log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; wait $server || true; rm -rf "$data_dir"' EXIT
"$bin_dir/segmentd" wait-ready --data-dir "$data_dir" --pid $server --timeout-seconds 120 || { tail "$data_dir/log" >&2; exit 1; }
export SEGCTL_ADDRESS SEGCTL_TOKEN_FILE=$data_dir/admin.token SEGCTL_SHOP=node
SEGCTL_ADDRESS=$(cat "$data_dir/segmentd.address")

conditions=(
  "number_of_orders >= 3"
  "products_purchased MATCHES (title CONTAINS '蕾丝')"
  "amount_spent >= 200 AND NOT orders_placed MATCHES (date >= '2024-04-01')"
  "number_of_orders = 0"
)
# By hand: orders are i % 4 + 1 for buyer i of 120; lace for even i; (i+1) × orders ≥ 200 without i % 4 = 3:
# i % 4 = 2 from i = 66 (14 buyers) and i % 4 = 1 from i = 101 (5 buyers).
expected=(60 60 19 0)
node "$source_dir/tests/node/main_job.js" "$SEGCTL_ADDRESS" "$SEGCTL_TOKEN_FILE" node "${conditions[@]}" >answer.json
for i in "${!conditions[@]}"; do
  by_node=$(node -p 'JSON.parse(fs.readFileSync("answer.json")).previews[process.argv[1]]' "${conditions[$i]}")
  by_segctl=$("$bin_dir/segctl" group preview "${conditions[$i]}" --json | node -p 'JSON.parse(fs.readFileSync(0)).member_count')
  echo "${conditions[$i]}: node $by_node, segctl $by_segctl"
  [ "$by_node" = "$by_segctl" ] && [ "$by_node" = "${expected[$i]}" ] || { echo "want ${expected[$i]}" >&2; exit 1; }
done
node -e 'for (const id of JSON.parse(fs.readFileSync("answer.json")).streamed) console.log(id)' | sort >by-node
"$bin_dir/segctl" group stream from-node | sort >by-segctl
cmp by-node by-segctl
[ "$(wc -l <by-node)" = 60 ]
echo "the audience is the same: $(wc -l <by-node) members"
