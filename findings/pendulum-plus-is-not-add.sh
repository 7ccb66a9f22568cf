#!/usr/bin/env bash
# Guess: in pendulum, a day later is one moment, whether by + timedelta(days=1) or by .add(days=1), also at 02:30 in the
# overlap, and 02:30 on its own is the first of the two, as everywhere in Python.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m pip install -qq --disable-pip-version-check --target "$tmp/lib" pendulum==3.3.0 tzdata==2026.6
PYTHONPATH="$tmp/lib" python3 -S - <<'EOF'
from importlib.metadata import version

from datetime import datetime, timedelta

import pendulum

print("pendulum", version("pendulum"))
print("guess: 00:30Z, the first 02:30 of 25 October 2026 in Berlin, by every way")
zone = "Europe/Berlin"
day_before = pendulum.datetime(2026, 10, 24, 2, 30, tz=zone)
ways = {
    "+ timedelta(days=1)": day_before + timedelta(days=1),
    ".add(days=1)": day_before.add(days=1),
    "instance(datetime)": pendulum.instance(datetime(2026, 10, 25, 2, 30), tz=zone),
    "datetime(...)": pendulum.datetime(2026, 10, 25, 2, 30, tz=zone),
    "parse(text)": pendulum.parse("2026-10-25T02:30", tz=zone),
}
seen = {way: f"{moment.in_timezone('UTC'):%H:%MZ}" for way, moment in ways.items()}
unexpected = {
    "+ timedelta(days=1)": "00:30Z",
    ".add(days=1)": "01:30Z",
    "instance(datetime)": "00:30Z",
    "datetime(...)": "01:30Z",
    "parse(text)": "01:30Z",
}

print("seen:", seen)
if seen != unexpected:
    raise SystemExit(f"CHANGED: on the day of writing it was {unexpected}")
print("a miss, as on the day of writing")
EOF
