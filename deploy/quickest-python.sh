#!/bin/sh
# Prints the path of the Python to install with: `python3`, or one on the path that takes less than 0.85
# of its time. How an interpreter was built makes that difference: one with profile-guided optimization,
# as distributions and official images have it, takes about 0.7 of the time of one without.
#   quickest-python.sh [3.11]      only of this version
set -eu

# Seconds of the processor for some thousand calls, the best of many; nothing from a Python that cannot
# serve.
probe='
import ensurepip, sys, time, venv
wanted = sys.argv[1]
if sys.version_info < (3, 11) or wanted not in ("", "%d.%d" % sys.version_info[:2]):
    sys.exit(1)
class Record:
    def fields(self, value): return {"a": value, "b": [value]}
record = Record()
def seconds():
    began = time.process_time()
    for number in range(4000): record.fields(number)
    return time.process_time() - began
print("%.7f" % min(seconds() for _ in range(50)))
'

measured() {
  if seconds=$("$1" -I -c "$probe" "$version" 2>/dev/null); then echo "$seconds $1"; fi
}

# Each of them twice, in turns, as other programs take their share of the machine.
version=${1:-}
IFS=:
candidates=$(
  for folder in $PATH; do
    for name in python3.11 python3.12 python3.13; do
      if [ -x "$folder/$name" ]; then readlink -f "$folder/$name"; fi
    done
  done | sort -u
)
usual=$(command -v "python${version:-3}" || true)
for _ in 1 2; do
  measured "$usual"
  echo "$candidates" | while read -r path; do measured "$path"; done
done | awk '
  !usual { usual = $2 }
  !($2 in best) || $1 < best[$2] { best[$2] = $1 }
  END {
    if (!usual) exit 1
    path = usual
    for (one in best) if (best[one] < best[path] && best[one] < best[usual] * 0.85) path = one
    if (path != usual)
      printf "%s takes %.2f of the time of python3 here: it is used (PYTHON=/path/to/python3 chooses another).\n", path, best[path] / best[usual] >"/dev/stderr"
    print path
  }'
