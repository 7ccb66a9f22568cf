#!/usr/bin/env bash
# Guess: a monthly schedule that began on 31 January runs on 28 February and on 31 March.
# The two others (the first of the month at 00:30, a daily 02:30 after the gap) were found on the way.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m pip install -qq --disable-pip-version-check --target "$tmp/lib" django-q2==1.11.1 Django==5.2.19
PYTHONPATH="$tmp/lib" python3 -S -W ignore - <<'EOF'
from importlib.metadata import version

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import django
from django.conf import settings

zone = ZoneInfo("Europe/Berlin")
settings.configure(
    USE_TZ=True,
    TIME_ZONE=zone.key,
    INSTALLED_APPS=["django.contrib.contenttypes", "django_q"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    Q_CLUSTER={"orm": "default", "timeout": 60, "retry": 120},
)
django.setup()

from django_q.models import Schedule

print("django-q2", version("django-q2"))
print("guess: 31 Jan, 28 Feb, 31 Mar (and 1 Oct, 1 Nov, 1 Dec at 00:30; 02:30 again from 30 Mar on)")


def runs(kind: str, *first: int) -> list[str]:
    """Tell the first run and four more, each worked out from the one before, as the scheduler does."""
    moment = datetime(*first, tzinfo=zone).astimezone(UTC)
    schedule, found = Schedule(schedule_type=kind), []
    for _ in range(5):
        found.append(f"{moment.astimezone(zone):%d %b %H:%M}")
        moment = schedule.calculate_next_run(moment)
    return found


seen = [
    runs(Schedule.MONTHLY, 2026, 1, 31, 9),
    runs(Schedule.MONTHLY, 2026, 10, 1, 0, 30),
    runs(Schedule.DAILY, 2026, 3, 28, 2, 30),
]
unexpected = [
    ["31 Jan 09:00", "28 Feb 09:00", "28 Mar 09:00", "28 Apr 09:00", "28 May 09:00"],
    ["01 Oct 00:30", "31 Oct 00:30", "01 Dec 00:30", "31 Dec 00:30", "31 Jan 00:30"],
    ["28 Mar 02:30", "29 Mar 01:30", "30 Mar 01:30", "31 Mar 01:30", "01 Apr 01:30"],
]

print("seen:", *seen, sep="\n  ")
if seen != unexpected:
    raise SystemExit(f"CHANGED: on the day of writing it was {unexpected}")
print("a miss, as on the day of writing")
EOF
