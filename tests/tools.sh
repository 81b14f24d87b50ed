#!/usr/bin/env bash
# Unpacks Debian's promtool and PgBouncer into .tools, without root, for the tests that ask them.
# Fails where it cannot, and where Node, curl or jq, which come from elsewhere, are not here; tests
# that need what is missing are skipped, and say so.
set -euo pipefail
cd "$(dirname "$0")/.."

unpack() {
  local work own libraries package
  work=$(mktemp -d)
  # shellcheck disable=SC2064
  trap "rm -rf '$work'" EXIT
  mkdir -p "$work"/{state/lists/partial,cache/archives/partial,packages} .tools
  own=(-o "Dir::State=$work/state" -o "Dir::Cache=$work/cache" -o "Debug::NoLocking=1")
  apt-get "${own[@]}" -qq update
  libraries=$(apt-cache "${own[@]}" depends pgbouncer | sed -n 's/.*Depends: \(lib\(c-ares\|cares\|event\)[^ ]*\)$/\1/p')
  # shellcheck disable=SC2086
  (cd "$work/packages" && apt-get "${own[@]}" -qq download prometheus pgbouncer $libraries 2>/dev/null)
  for package in "$work"/packages/*.deb; do dpkg-deb -x "$package" .tools; done
  rm -f .tools/usr/bin/prometheus
}

if ! { [ -x .tools/usr/bin/promtool ] && [ -x .tools/usr/sbin/pgbouncer ]; }; then unpack; fi
for program in node npm curl jq; do
  command -v "$program" >/dev/null || { echo "$program is not here: tests need Node with npm, curl and jq" >&2; exit 1; }
done
