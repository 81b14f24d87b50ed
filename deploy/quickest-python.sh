#!/bin/sh
# Prints the path of the Python to install with: `python3`, or one on the path that takes less than 0.85
# of its time. How an interpreter was built makes that difference: one with profile-guided optimization,
# as distributions and official images have it, takes about 0.7 of the time of one without.
#   quickest-python.sh [3.11]      only of this version
set -eu

# Seconds for a thousand calls, the best of many; nothing from a Python that cannot serve.
probe='
import ensurepip, sys, time, venv
wanted = sys.argv[1]
if sys.version_info < (3, 11) or wanted not in ("", "%d.%d" % sys.version_info[:2]):
    sys.exit(1)
class Record:
    def fields(self, value): return {"a": value, "b": [value]}
record = Record()
def seconds():
    began = time.perf_counter()
    for number in range(1000): record.fields(number)
    return time.perf_counter() - began
print("%.7f" % min(seconds() for _ in range(60)), sys.executable)
'

measured() {
  "$1" -I -c "$probe" "$version" 2>/dev/null || true
}

version=${1:-}
usual=$(measured "python${version:-3}")
IFS=:
others=$(
  for folder in $PATH; do
    for name in python3.11 python3.12 python3.13; do
      if [ -x "$folder/$name" ]; then readlink -f "$folder/$name"; fi
    done
  done | sort -u | while read -r path; do measured "$path"; done
)
printf '%s\n' "$usual" "$others" | awk '
  NF == 2 && !usual { usual = $1; path = $2; best = usual * 0.85; next }
  NF == 2 && $1 < best { best = $1; path = $2; quicker = $1 / usual }
  END {
    if (!path) exit 1
    if (quicker) printf "%s takes %.2f of the time of python3 here: it is used (PYTHON=/path/to/python3 chooses another).\n", path, quicker >"/dev/stderr"
    print path
  }'
