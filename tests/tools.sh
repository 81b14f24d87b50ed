#!/usr/bin/env bash
# Unpacks Debian's promtool and PgBouncer into .tools, without root, for the tests that ask them.
# Tests that need what is not there are skipped, and say so.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -x .tools/usr/bin/promtool ] && [ -x .tools/usr/sbin/pgbouncer ]; then exit 0; fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{state/lists/partial,cache/archives/partial,packages} .tools
own=(-o "Dir::State=$work/state" -o "Dir::Cache=$work/cache" -o "Debug::NoLocking=1")
apt-get "${own[@]}" -qq update
libraries=$(apt-cache "${own[@]}" depends pgbouncer | sed -n 's/.*Depends: \(lib\(c-ares\|cares\|event\)[^ ]*\)$/\1/p')
# shellcheck disable=SC2086
(cd "$work/packages" && apt-get "${own[@]}" -qq download prometheus pgbouncer $libraries 2>/dev/null)
for package in "$work"/packages/*.deb; do dpkg-deb -x "$package" .tools; done
rm -f .tools/usr/bin/prometheus
