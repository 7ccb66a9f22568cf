"""Timer units of systemd: one unit, or several as `systemctl cat` shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import ceil

from jobs.recurrence.dialects.systemd import split_zone
from jobs.recurrence.imports.entries import Collected, Found

#: Heading that `systemctl cat` writes above each file; the files of a drop-in folder belong to the unit.
FILE = re.compile(r"# /\S*?/([^/\s]+)\.timer(?:\.d/\S+)?")
SINCE = {
    "OnActiveSec": "the timer was started",
    "OnBootSec": "the machine was started",
    "OnStartupSec": "systemd was started",
    "OnUnitActiveSec": "the unit was last started",
    "OnUnitInactiveSec": "the unit last ended",
}
UNITS = {
    **dict.fromkeys(("", "s", "sec", "second", "seconds"), 1.0),
    **dict.fromkeys(("ms", "msec"), 0.001),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86_400.0),
    **dict.fromkeys(("w", "week", "weeks"), 604_800.0),
}
SPAN = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)\s*([a-z]*)\s*")
LONGEST = 1e9  # seconds
NO_ZONE = "Without a zone behind it, systemd takes that of the machine; put it into the zone field."
YES = ("1", "yes", "true", "on", "y", "t")


@dataclass
class _Timer:
    name: str
    description: str = ""
    unit: str = ""
    events: list[tuple[int, str]] = field(default_factory=list)
    persistent: bool = False
    spread: int | None = None
    notes: list[str] = field(default_factory=list)


def timers(text: str, name: str = "timer") -> Found:
    """Return an entry for each OnCalendar= of the timers in a text, and what is refused. `name`: of the unit without
    `.timer`, where the text does not say it."""
    collected = Collected()
    found: dict[str, _Timer] = {}
    timer, section = _Timer(name), ""
    for number, line in _lines(text):
        if heading := FILE.fullmatch(line):
            timer, section = found.setdefault(heading[1], _Timer(heading[1])), ""
        elif line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
            found.setdefault(timer.name, timer)
        elif line and line[0] not in "#;":
            key, equals, value = (part.strip() for part in line.partition("="))
            if not equals:
                collected.refuse(number, line, "", "This line has no =; write it like OnCalendar=daily.")
            elif section == "Timer":
                _setting(collected, timer, number, key, value)
            elif (section, key) == ("Unit", "Description"):
                timer.description = value
    for one in found.values():
        _entries(collected, one)
    return collected.found()


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines, one that ends with a backslash together with the next."""
    begin, kept = 0, ""
    for number, line in enumerate(text.split("\n"), 1):
        begin = begin or number
        if line.rstrip().endswith("\\"):
            kept += f"{line.rstrip()[:-1]} "
        else:
            yield begin, (kept + line).strip()
            begin, kept = 0, ""
    if kept:
        yield begin, kept.strip()


def _setting(collected: Collected, timer: _Timer, number: int, key: str, value: str) -> None:
    if key == "OnCalendar":
        # An empty one takes back those before it, as drop-ins do.
        timer.events = [*timer.events, (number, value)] if value else []
    elif key in SINCE and value:
        why = f"{key} counts from when {SINCE[key]}, and nothing here starts with a machine; write an interval."
        collected.refuse(number, f"{key}={value}", key, why)
    elif key == "Persistent":
        timer.persistent = value.lower() in YES
    elif key == "Unit":
        timer.unit = value
    elif key == "RandomizedDelaySec":
        timer.spread = _seconds(value) if value else 0
        if timer.spread is None:
            why = f"“{value}” is no span of time; write it like 15min or 1h 30min."
            collected.refuse(number, f"{key}={value}", key, why)
    elif key == "WakeSystem" and value.lower() in YES:
        timer.notes.append("The timer wakes its machine; nothing here does.")


def _entries(collected: Collected, timer: _Timer) -> None:
    for number, event in timer.events:
        expression, zone = split_zone(event)
        notes = [*timer.notes] if zone else [NO_ZONE, *timer.notes]
        if timer.spread:
            notes.append("systemd takes another delay each time; here each schedule has one of its own that stays.")
        collected.add(
            f"OnCalendar={event}",
            line=number,
            name=timer.description or timer.name,
            dialect="systemd",
            expression=expression,
            zone=zone,
            command=f"systemctl start {timer.unit or f'{timer.name}.service'}",
            catch_up="latest" if timer.persistent else "skip",
            spread=timer.spread,
            notes=tuple(notes),
        )


def _seconds(value: str) -> int | None:
    """Return whole seconds, or None where this is no span of time; a part of a second counts as one."""
    total, at = 0.0, 0
    while at < len(value):
        span = SPAN.match(value, at)
        if span is None or span[2] not in UNITS:
            return None
        total += float(span[1]) * UNITS[span[2]]
        at = span.end()
    return ceil(total) if at > 0 and total < LONGEST else None
