#!/usr/bin/env bash
# Guess: a rule of 09:00 in Berlin is the same after celery-redbeat kept it in Redis as JSON. (That the last Friday becomes
# every Friday was found on the way.)
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m pip install -qq --disable-pip-version-check --target "$tmp/lib" celery-redbeat==2.4.2 celery==5.7.0 python-dateutil==2.9.0.post0 tzdata==2026.6
PYTHONPATH="$tmp/lib" python3 -S - <<'EOF'
from importlib.metadata import version

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from dateutil.rrule import FR
from redbeat.decoder import RedBeatJSONDecoder, RedBeatJSONEncoder
from redbeat.schedules import rrule

print("celery-redbeat", version("celery-redbeat"))
print("guess: the encoder and decoder of the library keep what rrule takes: the -1 of FR(-1), and the zone")
start = datetime(2026, 3, 1, 9, tzinfo=ZoneInfo("Europe/Berlin"))
made = rrule("MONTHLY", byweekday=[FR(-1)], byhour=9, byminute=0, bysecond=0, dtstart=start)
kept = json.loads(json.dumps(made, cls=RedBeatJSONEncoder), cls=RedBeatJSONDecoder)


def april(schedule: rrule) -> list[str]:
    found = schedule.rrule.between(datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC))
    return [f"{each.astimezone(UTC):%d %H:%MZ}" for each in found]


seen = {"as made": april(made), "as kept": april(kept)}
unexpected = {"as made": ["24 07:00Z"], "as kept": ["03 08:00Z", "10 08:00Z", "17 08:00Z", "24 08:00Z"]}

print("seen in April 2026:", seen)
if seen != unexpected:
    raise SystemExit(f"CHANGED: on the day of writing it was {unexpected}")
print("a miss, as on the day of writing")
EOF
