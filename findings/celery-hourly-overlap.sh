#!/usr/bin/env bash
# Guess: an hourly celery crontab runs 25 times on the 25-hour day that clocks go back.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m pip install -qq --disable-pip-version-check --target "$tmp/lib" celery==5.7.0 kombu==5.7.0 tzdata==2026.6
PYTHONPATH="$tmp/lib" python3 -S - <<'EOF'
from importlib.metadata import version

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from celery import Celery
from celery.schedules import crontab

print("celery", version("celery"), "- crontab(minute=0), 2026-10-25 in Europe/Berlin, asked every minute")
print("guess: 25 runs, one each hour of the 25")
app = Celery(set_as_current=False)
app.conf.timezone = "Europe/Berlin"
berlin = ZoneInfo("Europe/Berlin")
now = datetime(2026, 10, 24, 22, 0, tzinfo=UTC)
end = now + timedelta(hours=25)
hourly = crontab(minute=0, app=app, nowfun=lambda: now)
last = (now - timedelta(hours=1)).astimezone(berlin)
runs = []
while now < end:
    if hourly.is_due(last).is_due:
        runs.append(now)
        last = now.astimezone(berlin)
    now += timedelta(minutes=1)
missing = [f"{hour:02}:00Z" for hour in range(-2, 23) if not any((run - datetime(2026, 10, 25, tzinfo=UTC)) == timedelta(hours=hour) for run in runs)]
seen = (len(runs), missing)
unexpected = (24, ["01:00Z"])

print("seen:", seen)
if seen != unexpected:
    raise SystemExit(f"CHANGED: on the day of writing it was {unexpected}")
print("a miss, as on the day of writing")
EOF
