#!/usr/bin/env bash
# Guess: the text of a cron line says what the scheduler does with it.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m pip install -qq --disable-pip-version-check --target "$tmp/lib" celery==5.7.0 kombu==5.7.0 cron-descriptor==2.2.1
PYTHONPATH="$tmp/lib" python3 -S - <<'EOF'
from importlib.metadata import version

from datetime import date, timedelta

from celery.schedules import crontab
from cron_descriptor import get_description

print("celery", version("celery"), "- cron-descriptor", version("cron-descriptor"))
print("guess: the text and the runs agree, or one of the two refuses the line")
ninety = crontab.from_string("*/90 * * * *")
thirteenth = crontab.from_string("0 0 13 * 5")
days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
fits = [d for d in days if d.day in thirteenth.day_of_month and d.isoweekday() % 7 in thirteenth.day_of_week]
asked = crontab(minute=0, hour=0, day_of_month=13, day_of_week=5)
assert asked == thirteenth
seen = [
    (get_description("*/90 * * * *"), f"celery: minutes {sorted(ninety.minute)} of {len(ninety.hour)} hours"),
    (get_description("0 0 13 * 5"), f"celery: {len(fits)} runs in 2026"),
]
unexpected = [
    ("Every 90 minutes", "celery: minutes [0] of 24 hours"),
    ("At 12:00 AM, on day 13 of the month, or on Friday", "celery: 3 runs in 2026"),
]

print("seen:", seen)
if seen != unexpected:
    raise SystemExit(f"CHANGED: on the day of writing it was {unexpected}")
print("a miss, as on the day of writing")
EOF
