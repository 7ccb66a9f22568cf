#!/usr/bin/env bash
# Guess: EXDATE;VALUE=DATE takes the whole day out of a daily 09:00, or is an error; every reader does the same.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m pip install -qq --disable-pip-version-check --target "$tmp/lib" icalendar==7.3.2 recurring-ical-events==3.8.2 python-dateutil==2.9.0.post0
PYTHONPATH="$tmp/lib" python3 -S - <<'EOF'
from importlib.metadata import version

from datetime import datetime

import icalendar
import recurring_ical_events
from dateutil.rrule import rrulestr

print("python-dateutil", version("python-dateutil"), "- recurring-ical-events", version("recurring-ical-events"))
print("guess: both leave out 2 March, or both refuse a date among times")
body = ["DTSTART:20260301T090000", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20260302"]
lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//finding", "BEGIN:VEVENT", "UID:1", "DTSTAMP:20260101T000000Z",
         *body, "END:VEVENT", "END:VCALENDAR", ""]
calendar = icalendar.Calendar.from_ical("\r\n".join(lines))
events = recurring_ical_events.of(calendar).between(datetime(2026, 3, 1), datetime(2026, 4, 1))
seen = {
    "dateutil": [each.day for each in rrulestr("\n".join(body))],
    "recurring-ical-events": [each["DTSTART"].dt.day for each in events],
}
unexpected = {"dateutil": [1, 2, 3], "recurring-ical-events": [1, 3]}

print("seen:", seen)
if seen != unexpected:
    raise SystemExit(f"CHANGED: on the day of writing it was {unexpected}")
print("a miss, as on the day of writing")
EOF
