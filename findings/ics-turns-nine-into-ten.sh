#!/usr/bin/env bash
# Guess: reading and writing a weekly 09:00 in Berlin with ics.py keeps it at 09:00, all year.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m pip install -qq --disable-pip-version-check --target "$tmp/lib" ics==0.7.3 icalendar==7.3.2 python-dateutil==2.9.0.post0 tzdata==2026.6
PYTHONPATH="$tmp/lib" python3 -S -W ignore - <<'EOF'
from importlib.metadata import version

from zoneinfo import ZoneInfo

import ics
import icalendar
from dateutil.rrule import rrulestr

print("ics", version("ics"))
print("guess: DTSTART keeps its TZID beside the RRULE, or the RRULE is refused, since ics.py does not know it")
zone = ["BEGIN:VTIMEZONE", "TZID:Europe/Berlin",
        "BEGIN:STANDARD", "DTSTART:19961027T030000", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10",
        "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", "TZNAME:CET", "END:STANDARD",
        "BEGIN:DAYLIGHT", "DTSTART:19810329T020000", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3",
        "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", "TZNAME:CEST", "END:DAYLIGHT", "END:VTIMEZONE"]
event = ["BEGIN:VEVENT", "UID:1", "DTSTAMP:20260101T000000Z", "DTSTART;TZID=Europe/Berlin:20260316T090000",
         "DTEND;TZID=Europe/Berlin:20260316T100000", "RRULE:FREQ=WEEKLY;COUNT=4", "END:VEVENT"]
before = "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//finding", *zone, *event, "END:VCALENDAR", ""])
after = ics.Calendar(before).serialize()


def starts(text: str) -> list[str]:
    (event,) = icalendar.Calendar.from_ical(text).events
    found = rrulestr(event["RRULE"].to_ical().decode(), dtstart=event["DTSTART"].dt)
    return [f"{each.astimezone(ZoneInfo('Europe/Berlin')):%d %b %H:%M}" for each in found]


print("written:", *(line for line in after.splitlines() if line.startswith(("CALSCALE", "DTSTART", "RRULE"))))
seen = {"before": starts(before), "after": starts(after)}
unexpected = {
    "before": ["16 Mar 09:00", "23 Mar 09:00", "30 Mar 09:00", "06 Apr 09:00"],
    "after": ["16 Mar 09:00", "23 Mar 09:00", "30 Mar 10:00", "06 Apr 10:00"],
}

print("seen:", seen)
if seen != unexpected:
    raise SystemExit(f"CHANGED: on the day of writing it was {unexpected}")
print("a miss, as on the day of writing")
EOF
