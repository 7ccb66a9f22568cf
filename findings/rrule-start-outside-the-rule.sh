#!/usr/bin/env bash
# Guess: two readers of one VEVENT with COUNT=2 find the same two occurrences.
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
print("guess: a Friday DTSTART with BYDAY=MO;COUNT=2 is two occurrences, the same in both")
start, rule = "DTSTART:20260327T220000", "RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=2"
lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//finding", "BEGIN:VEVENT", "UID:1", "DTSTAMP:20260101T000000Z",
         start, rule, "END:VEVENT", "END:VCALENDAR", ""]
calendar = icalendar.Calendar.from_ical("\r\n".join(lines))
events = recurring_ical_events.of(calendar).between(datetime(2026, 3, 1), datetime(2026, 5, 1))
seen = {
    "dateutil": [f"{each:%a %d %b}" for each in rrulestr(f"{start}\n{rule}")],
    "recurring-ical-events": [f"{each['DTSTART'].dt:%a %d %b}" for each in events],
}
unexpected = {
    "dateutil": ["Mon 30 Mar", "Mon 06 Apr"],
    "recurring-ical-events": ["Fri 27 Mar", "Mon 30 Mar", "Mon 06 Apr"],
}

print("seen:", seen)
if seen != unexpected:
    raise SystemExit(f"CHANGED: on the day of writing it was {unexpected}")
print("a miss, as on the day of writing")
EOF
