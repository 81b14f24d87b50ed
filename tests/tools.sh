#!/usr/bin/env bash
# Unpacks Debian's promtool, PgBouncer, HAProxy, nginx and systemd-analyze into .tools, without root, for
# the tests that ask them and for `guidance cluster`; and installs the packages of tests/npm.
# Fails where it cannot, and where Node, curl or jq, which come from elsewhere, are not here; tests
# that need what is missing are skipped, and say so.
set -euo pipefail
cd "$(dirname "$0")/.."

PACKAGES=(pgbouncer haproxy nginx systemd)
PROGRAMS=(promtool pgbouncer haproxy nginx systemd-analyze)

is_complete() {
  local program
  for program in "${PROGRAMS[@]}"; do
    PATH=".tools/usr/bin:.tools/usr/sbin:/usr/sbin:$PATH" command -v "$program" >/dev/null || return 1
  done
}

unpack() {
  local work own missing package
  work=$(mktemp -d)
  # shellcheck disable=SC2064
  trap "rm -rf '$work'" EXIT
  mkdir -p "$work"/{state/lists/partial,cache/archives/partial,packages} .tools
  own=(-o "Dir::State=$work/state" -o "Dir::Cache=$work/cache" -o "Debug::NoLocking=1")
  apt-get "${own[@]}" -qq update
  # With what they need of libraries that are not installed; promtool needs nothing of its package's.
  missing=$(apt-get "${own[@]}" -qq install --simulate --no-install-recommends "${PACKAGES[@]}" | sed -n 's/^Inst \([^ ]*\) .*/\1/p')
  # shellcheck disable=SC2086
  (cd "$work/packages" && apt-get "${own[@]}" -qq download prometheus $missing 2>/dev/null)
  for package in "$work"/packages/*.deb; do dpkg-deb -x "$package" .tools; done
  rm -f .tools/usr/bin/prometheus
}

is_complete || unpack
for program in node npm curl jq; do
  command -v "$program" >/dev/null || { echo "$program is not here: tests need Node with npm, curl and jq" >&2; exit 1; }
done
# What tests use of npm; otherwise the first of them would wait for it.
installed=tests/npm/node_modules/.package-lock.json
if [ ! -e "$installed" ] || [ tests/npm/package-lock.json -nt "$installed" ]; then
  (cd tests/npm && npm ci --loglevel error --no-progress --no-audit --no-fund --ignore-scripts)
fi
