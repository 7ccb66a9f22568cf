"""Events of iCalendar files (RFC 5545): series with RRULE, EXDATE and RDATE, and single ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from icalendar.parser import Contentline
from icalendar.prop import vDDDTypes, vText
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from jobs.calendars import zones
from jobs.recurrence.imports.entries import Collected, Found
from jobs.recurrence.parsing import parse
from jobs.recurrence.rule import BadExpression
from jobs.recurrence.times import after

FLOATING = "The event has no zone: it means the wall time of whoever looks. Put a zone into the zone field."
ALL_DAY = "The event lasts all day and has no hour; it starts at 00:00 here. Set the hour that you want."
OUTSIDE = (
    "Its own date is not one of its rule's. Calendars differ on whether it counts; here only the rule's dates start."
)
CANCELLED = "The event is cancelled in its calendar."
DAYS_LEFT_OUT = "A day is left out (EXDATE;VALUE=DATE): the start on that day, whatever its hour."


class Line(NamedTuple):
    """Property of a component: where it stands, its parameters and its value."""

    number: int
    parameters: dict[str, Any]
    value: str


@dataclass
class _Component:
    kind: str
    number: int
    lines: dict[str, list[Line]] = field(default_factory=dict)

    def first(self, name: str) -> Line | None:
        return self.lines.get(name, [None])[0]

    def text(self, name: str) -> str:
        line = self.first(name)
        return str(vText.from_ical(line.value)) if line else ""


def vevents(text: str) -> Found:
    """Return an entry for each event, and what is refused; tasks, journals and alarms are passed over."""
    collected = Collected()
    components = list(_components(collected, text))
    places = {one.text("TZID"): one.text("X-LIC-LOCATION") for one in components if one.kind == "VTIMEZONE"}
    for one in components:
        if one.kind == "VEVENT":
            try:
                _event(collected, one, places)
            except BadExpression as bad:
                collected.refuse(one.number, one.text("SUMMARY") or one.text("UID"), bad.field, bad.why)
    return collected.found()


def _components(collected: Collected, text: str) -> Iterator[_Component]:
    """Yield the components of a text when they end, the inner ones first."""
    open_ones: list[_Component] = []
    for number, line in _unfolded(text):
        try:
            name, parameters, value = Contentline(line).parts()  # type: ignore[no-untyped-call]  # the library's
        except ValueError:
            collected.refuse(number, line, "", "This is no line of iCalendar; write it like DTSTART:20261231T090000.")
            continue
        name = str(name).upper()
        if name == "BEGIN":
            open_ones.append(_Component(value.upper(), number))
        elif name == "END":
            if open_ones and open_ones[-1].kind == value.upper():
                yield open_ones.pop()
        elif open_ones:
            open_ones[-1].lines.setdefault(name, []).append(Line(number, dict(parameters), value))
    for one in open_ones:
        why = f"BEGIN:{one.kind} has no END:{one.kind}; the file is cut off, bring all of it."
        collected.refuse(one.number, f"BEGIN:{one.kind}", "", why)


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Yield lines with their numbers, one that begins with a space or tab as part of the one before."""
    begin, kept = 1, ""
    for number, line in enumerate(text.split("\n"), 1):
        line = line.rstrip("\r")  # noqa: PLW2901 - the same line
        if line[:1] in (" ", "\t"):
            kept += line[1:]
            continue
        if kept.strip():
            yield begin, kept
        begin, kept = number, line
    if kept.strip():
        yield begin, kept


def _event(collected: Collected, event: _Component, places: dict[str, str]) -> None:
    start = event.first("DTSTART")
    if start is None:
        raise BadExpression("The event has no DTSTART; write when it begins.", "DTSTART")
    if event.first("RECURRENCE-ID"):
        raise BadExpression("This moves one event of a series; bring the series, then move that one.", "RECURRENCE-ID")
    if event.first("EXRULE"):
        raise BadExpression("Days left out by a rule (EXRULE) are no longer in RFC 5545; write EXDATE.", "EXRULE")
    zone = _zone(start, places)
    (first,) = _values(start, "DTSTART")
    begins = _wall(first, zone, places, start)
    dialect, expression = _expression(event, begins, zone, places)
    notes = [
        *([] if zone else [FLOATING]),
        *([] if isinstance(first, datetime) else [ALL_DAY]),
        *([OUTSIDE] if _is_outside(event, begins) else []),
        *([DAYS_LEFT_OUT] if isinstance(first, datetime) and _leaves_out_days(event) else []),
    ]
    cancelled = event.text("STATUS").upper() == "CANCELLED"
    collected.add(
        event.text("SUMMARY") or event.text("UID"),
        line=event.number,
        name=event.text("SUMMARY") or event.text("UID"),
        dialect=dialect,
        expression=expression,
        zone=zone,
        enabled=not cancelled,
        notes=(*notes, CANCELLED) if cancelled else tuple(notes),
    )


def _expression(event: _Component, begins: datetime, zone: str | None, places: dict[str, str]) -> tuple[str, str]:
    rules = [line.value for line in event.lines.get("RRULE", [])]
    left_out, added = (
        [
            _wall(value, zone, places, line, at=begins.time())
            for line in event.lines.get(name, [])
            for value in _values(line, name)
        ]
        for name in ("EXDATE", "RDATE")
    )
    if any(re.search("BYHOUR|BYMINUTE|BYSECOND|HOURLY|MINUTELY|SECONDLY", rule.upper()) for rule in rules) and (
        _leaves_out_days(event)
    ):
        raise BadExpression("A day with several starts is left out; write each time of it as EXDATE.", "EXDATE")
    if not rules and not added:
        return "once", begins.isoformat()
    # Without a rule the first one is no more than one of the dates.
    added = added if rules else [begins, *added]
    lines = [f"DTSTART:{begins:%Y%m%dT%H%M%S}", *(f"RRULE:{rule}" for rule in rules)]
    for name, walls in (("EXDATE", left_out), ("RDATE", added)):
        if walls:
            lines.append(f"{name}:{','.join(f'{wall:%Y%m%dT%H%M%S}' for wall in walls)}")
    return "rrule", "\n".join(lines)


def _is_outside(event: _Component, begins: datetime) -> bool:
    """Return whether a series lacks the date with which it begins; False where its rule is bad."""
    rules = [f"RRULE:{line.value}" for line in event.lines.get("RRULE", [])]
    if not rules:
        return False
    moment = begins.replace(tzinfo=UTC)
    try:
        rule = parse("rrule", "\n".join([f"DTSTART:{begins:%Y%m%dT%H%M%S}", *rules]))
        # On wall times alone: a gap of its zone moves nothing out.
        first = next(after(rule, moment - timedelta(seconds=1), zone=ZoneInfo("UTC"), anchor=moment), None)
    except BadExpression:
        return False
    return first not in (None, moment)


def _leaves_out_days(event: _Component) -> bool:
    return any(line.parameters.get("VALUE") == "DATE" for line in event.lines.get("EXDATE", []))


def _values(line: Line, name: str) -> list[date]:
    """Return the moments and days of a line; of a period its begin. Raises BadExpression."""
    found: list[date] = []
    for text in line.value.split(","):
        try:
            value = vDDDTypes.from_ical(text)  # type: ignore[no-untyped-call]  # as above
        except ValueError:
            raise BadExpression(f"“{text}” is no moment; write it like 20261231T090000.", name) from None
        value = value[0] if isinstance(value, tuple) else value
        if not isinstance(value, date):
            raise BadExpression(f"“{text}” is no moment; write it like 20261231T090000.", name)
        found.append(value)
    return found


def _wall(value: date, zone: str | None, places: dict[str, str], line: Line, *, at: time = time.min) -> datetime:
    """Return the wall time in the event's zone of a moment, or of a day at the hour `at`."""
    if not isinstance(value, datetime):
        return datetime.combine(value, at)
    own = "UTC" if value.tzinfo else _zone(line, places)
    naive = value.replace(tzinfo=None)
    if own is None or zone is None or own == zone:
        return naive
    return naive.replace(tzinfo=zones.find(own)).astimezone(zones.find(zone)).replace(tzinfo=None)


def _zone(line: Line, places: dict[str, str]) -> str | None:
    """Return the zone of a line, by the names that calendar programs give zones. Raises BadExpression."""
    given = str(line.parameters.get("TZID", ""))
    if not given:
        return "UTC" if line.value.endswith("Z") else None
    parts = given.strip("/").split("/")
    # Some write a path before the name: /example.org/2026/Europe/Berlin.
    names = ["/".join(parts[place:]) for place in range(len(parts))]
    for name in (*names, WINDOWS_TO_OLSON.get(given, ""), places.get(given, "")):
        if name and not zones.new_problems(name):
            return name
    raise BadExpression(f"“{given}” is no zone that is known here; write TZID=Europe/Berlin or the like.", "TZID")
