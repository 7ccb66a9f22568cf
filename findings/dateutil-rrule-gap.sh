#!/usr/bin/env bash
# Guess: an RRULE time that falls into the hour that clocks skip is read as RFC 5545 says: 02:30 with the offset before, 01:30Z.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m pip install -qq --disable-pip-version-check --target "$tmp/old" python-dateutil==2.9.0.post0
python3 -m pip install -qq --disable-pip-version-check --target "$tmp/new" python-dateutil==4.0.0
cat >"$tmp/run.py" <<'EOF'
from importlib.metadata import version

from datetime import UTC

from dateutil.rrule import rrulestr

rule = rrulestr("DTSTART;TZID=Europe/Berlin:20260328T023000\nRRULE:FREQ=DAILY;COUNT=3")
print(version("python-dateutil"), *(f"{each.astimezone(UTC):%d-%H:%MZ}" for each in rule))
EOF
seen=$(for each in old new; do PYTHONPATH="$tmp/$each" python3 -S "$tmp/run.py"; done)
unexpected="2.9.0.post0 28-01:30Z 29-00:30Z 30-00:30Z
4.0.0 28-01:30Z 29-01:30Z 30-00:30Z"
echo "guess: an RRULE time that falls into the hour that clocks skip is read as RFC 5545 says: 02:30 with the offset before, 01:30Z."
printf 'seen:\n%s\n' "$seen"
if [[ $seen != "$unexpected" ]]; then
	printf 'CHANGED: on the day of writing it was\n%s\n' "$unexpected" >&2
	exit 1
fi
echo "a miss, as on the day of writing"
