#!/usr/bin/env bash
# Guess: CronTrigger.from_crontab("0 0 * * 0") reads the 0 as cron does: Sunday.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m pip install -qq --disable-pip-version-check --target "$tmp/lib" APScheduler==3.11.3 tzlocal==5.4.5 tzdata==2026.6
PYTHONPATH="$tmp/lib" python3 -S - <<'EOF'
from importlib.metadata import version

from datetime import UTC, datetime

from apscheduler.triggers.cron import CronTrigger

print("APScheduler", version("APScheduler"))
print("guess: 0 is a Sunday, 1-5 Monday to Friday, since the method is named after crontab")


def days(line: str, count: int) -> list[str]:
    trigger, last, found = CronTrigger.from_crontab(line, timezone="UTC"), None, []
    for _ in range(count):
        last = trigger.get_next_fire_time(last, datetime(2026, 3, 1, tzinfo=UTC) if last is None else last)
        found.append(f"{last:%a}")
    return found


seen = [days("0 0 * * 0", 2), days("0 0 * * 1-5", 5)]
unexpected = [["Mon", "Mon"], ["Tue", "Wed", "Thu", "Fri", "Sat"]]

print("seen:", seen)
if seen != unexpected:
    raise SystemExit(f"CHANGED: on the day of writing it was {unexpected}")
print("a miss, as on the day of writing")
EOF
