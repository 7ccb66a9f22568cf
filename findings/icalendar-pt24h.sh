#!/usr/bin/env bash
# Guess: DURATION:PT24H is 24 hours and P1D a day on the calendar, as RFC 5545 says, so they differ when clocks change.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m pip install -qq --disable-pip-version-check --target "$tmp/lib" icalendar==7.3.2 recurring-ical-events==3.8.2 tzdata==2026.6
PYTHONPATH="$tmp/lib" python3 -S - <<'EOF'
from importlib.metadata import version

from datetime import UTC, timedelta

import icalendar
import recurring_ical_events

print("icalendar", version("icalendar"), "- recurring-ical-events", version("recurring-ical-events"))
print("guess: from 12:00 on 2026-03-28 in Berlin, PT24H ends at 13:00 (24 hours), P1D at 12:00 (23 hours)")


def length(duration: str) -> str:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//finding", "BEGIN:VEVENT", "UID:1", "DTSTAMP:20260101T000000Z",
             "DTSTART;TZID=Europe/Berlin:20260328T120000", f"DURATION:{duration}", "END:VEVENT", "END:VCALENDAR", ""]
    calendar = icalendar.Calendar.from_ical("\r\n".join(lines))
    (event,) = recurring_ical_events.of(calendar).at((2026, 3, 28))
    return f"{duration}: {event['DTEND'].dt.astimezone(UTC) - event['DTSTART'].dt.astimezone(UTC)}"


seen = [length("PT24H"), length("P1D"), icalendar.vDuration(timedelta(hours=24)).to_ical().decode()]
unexpected = ["PT24H: 23:00:00", "P1D: 23:00:00", "P1D"]

print("seen:", seen)
if seen != unexpected:
    raise SystemExit(f"CHANGED: on the day of writing it was {unexpected}")
print("a miss, as on the day of writing")
EOF
