#!/usr/bin/env bash
# Genuine MySQL for the tests: Debian unstable's packages unpacked into a folder, beside the system.
#   mysql-genuine.sh DIR fetch        downloads and unpacks into DIR/root; nothing to do when it is there
#   mysql-genuine.sh DIR start|stop   a server on DIR/data and DIR/mysql.sock, to look at by hand
# Needs no root and changes nothing of the system: apt runs with lists, cache and status of its own.
# Ends with 3 when the package index no longer offers MySQL, with 2 for any other failure.
set -euo pipefail
fail() { echo "mysql-genuine: $2" >&2; exit "$1"; }
[ $# = 2 ] || fail 2 "usage: mysql-genuine.sh DIR fetch|start|stop"
mkdir -p "$1"
dir=$(cd "$1" && pwd)
suite=sid
package=mysql-server-core

fetch() {
  exec 9>"$dir/fetch.lock"
  flock 9
  [ ! -e "$dir/root/complete" ] || return 0
  local mirror apt=$dir/apt options closure attempt
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m1 -E '/debian/?$') ||
    fail 2 "the system's apt sources name no Debian mirror"
  rm -rf "$apt" "$dir/root.new"
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/debs" "$dir/root.new"
  : >"$apt/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$apt/sources.list"
  # An empty status makes apt name every package MySQL needs, down to its C library.
  options=(-qq -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null
    -o Dir::State="$apt" -o Dir::State::status="$apt/status" -o Dir::Cache="$apt/cache"
    -o Dir::Log="$apt" -o Debug::NoLocking=true -o Acquire::Languages=none
    -o Acquire::Check-Valid-Until=false -o Acquire::Retries=2 -o APT::Install-Recommends=false
    -o APT::Sandbox::User="$(id -un)")
  for attempt in 1 2; do # unstable may move between reading the index and downloading
    apt-get "${options[@]}" update || fail 2 "cannot read the package index of $suite"
    closure=$(apt-get "${options[@]}" --simulate install "$package" | awk '$1 == "Inst" { print $2 }') || closure=
    [ -n "$closure" ] || fail 3 "$suite offers no installable $package"
    closure=$(grep -vE '^(perl|libperl)' <<<"$closure") # only maintenance scripts use it
    # shellcheck disable=SC2086
    if (cd "$apt/debs" && apt-get "${options[@]}" download $closure); then break; fi
    [ "$attempt" = 1 ] || fail 2 "cannot download $package and what it needs"
  done
  local deb
  for deb in "$apt"/debs/*.deb; do dpkg-deb -x "$deb" "$dir/root.new" || fail 2 "cannot unpack $deb"; done
  rm -rf "$apt" "$dir/root.new"/usr/share/{doc,man,locale}
  chmod -R a+rX "$dir/root.new"
  rm -rf "$dir/root"
  mv "$dir/root.new" "$dir/root"
  find_program
  "${program[@]}" --version >"$dir/version" || fail 2 "the unpacked server does not run"
  touch "$dir/root/complete"
}

# The program with the loader and libraries it was built against.
find_program() {
  local libraries # known only once they are there
  libraries=$(dirname "$(echo "$dir"/root/usr/lib/*/libc.so.6)")
  program=("$(echo "$libraries"/ld-linux*)" --library-path "$libraries" "$dir/root/usr/sbin/mysqld")
}

start() {
  fetch
  find_program
  local user=() usr=$dir/root/usr
  [ "$(id -u)" != 0 ] || user=(--user=root)
  set -- --no-defaults "${user[@]}" --basedir="$usr" --plugin-dir="$usr/lib/mysql/plugin" \
    --lc-messages-dir="$usr/share/mysql" --character-sets-dir="$usr/share/mysql/charsets" \
    --datadir="$dir/data" --secure-file-priv=NULL
  [ -d "$dir/data" ] || "${program[@]}" "$@" --initialize-insecure --log-error="$dir/error.log"
  "${program[@]}" "$@" --socket="$dir/mysql.sock" --pid-file="$dir/pid" --skip-networking --mysqlx=OFF \
    --log-error="$dir/error.log" </dev/null >/dev/null 2>&1 &
  local job=$!
  until [ -s "$dir/pid" ]; do
    kill -0 $job 2>/dev/null || fail 2 "the server ended: $(tail -3 "$dir/error.log")"
    sleep 0.1
  done
  echo "pid $(cat "$dir/pid"), root without password at $dir/mysql.sock"
}

stop() {
  [ -s "$dir/pid" ] || fail 2 "no server runs on $dir"
  local pid
  pid=$(cat "$dir/pid")
  kill "$pid"
  while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
}

case $2 in
  fetch)
    fetch
    cat "$dir/version"
    ;;
  start | stop) "$2" ;;
  *) fail 2 "unknown command $2" ;;
esac
