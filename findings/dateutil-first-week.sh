#!/usr/bin/env bash
# Guess: BYSETPOS=2 is the second of the whole week and of the whole month, also of those in which the rule begins.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m pip install -qq --disable-pip-version-check --target "$tmp/lib" python-dateutil==2.9.0.post0 six==1.17.0
PYTHONPATH="$tmp/lib" python3 -S - <<'EOS'
from importlib.metadata import version

from dateutil.rrule import rrulestr

print("python-dateutil", version("python-dateutil"))
print("guess: BYSETPOS=2 is the second of the whole week and of the whole month, also of those in which the rule begins")
# Thursday 2026-01-01 is the second of TU, TH and SU in its week, Thursday 2026-01-08 that of TH in its month.
weekly = rrulestr("DTSTART:20260101T090000\nRRULE:FREQ=WEEKLY;BYDAY=TU,TH,SU;BYSETPOS=2;COUNT=2")
monthly = rrulestr("DTSTART:20260108T090000\nRRULE:FREQ=MONTHLY;BYDAY=TH;BYSETPOS=2;COUNT=2")

seen = [[f"{each:%a %d}" for each in rule] for rule in (weekly, monthly)]
unexpected = [["Sun 04", "Thu 08"], ["Thu 08", "Thu 12"]]

print("seen:", seen)
if seen != unexpected:
    raise SystemExit(f"CHANGED: on the day of writing it was {unexpected}")
print("a miss, as on the day of writing: the first week is counted from the rule's beginning, the first month is whole")
EOS
