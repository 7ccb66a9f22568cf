"""Dialect `jenkins`: five fields with H, the aliases, both day fields together, as Jenkins reads them."""

from __future__ import annotations

import hashlib
import re
from functools import partial

from jobs.recurrence.dialects import cron_fields
from jobs.recurrence.dialects.cron_fields import DAY_OF_MONTH, HOUR, MINUTE, Field
from jobs.recurrence.rule import BadExpression, Days, WallClock

#: Without names, unlike cron's.
MONTH = Field("month", 1, 12)
DAY_OF_WEEK = Field("day of week", 0, 7)
NAMES = tuple(part.name for part in (MINUTE, HOUR, DAY_OF_MONTH, MONTH, DAY_OF_WEEK))

#: The last number that H alone may become: the month's days that every month has, and each day of the week once.
HIGHEST = {DAY_OF_MONTH.name: 28, DAY_OF_WEEK.name: 6}
ALIASES = {
    "@hourly": "H * * * *",
    "@midnight": "H H(0-2) * * *",
    "@daily": "H H * * *",
    "@weekly": "H H * * H",
    "@monthly": "H H H * *",
    "@annually": "H H H H *",
    "@yearly": "H H H H *",
}
H = re.compile(r"H(?:\((?P<low>[0-9]{1,2})-(?P<high>[0-9]{1,2})\))?(?:/(?P<step>[0-9]{1,2}))?")
NOT_JENKINS = (
    "H is a number that RunAt makes of this schedule's name, always the same; it is not the one that Jenkins chose."
)


def parse(text: str, name: str = "") -> WallClock:
    """Return the rule of an expression such as `H 3 * * 1-5`. H becomes an offset: the first eight bytes of SHA-256 of
    the name, a line feed and the field's name, as a number modulo what is possible. Raises BadExpression."""
    parts = _spelled_out(text).split()
    if len(parts) != len(NAMES):
        raise BadExpression(f"This has {len(parts)} fields, and Jenkins has {len(NAMES)}; write {', '.join(NAMES)}.")
    minute, hour, of_month, month, of_week = parts
    read = partial(_numbers, name=name)
    return WallClock(
        minutes=read(MINUTE, minute),
        hours=read(HOUR, hour),
        days=Days(
            of_month=read(DAY_OF_MONTH, of_month),
            of_week=frozenset((number - 1) % 7 for number in read(DAY_OF_WEEK, of_week)),
        ),
        months=read(MONTH, month),
        each_pass=cron_fields.is_each_pass(hour),
    )


def notes(text: str) -> tuple[str, ...]:
    """Return what somebody who brings this expression from Jenkins has to know; nothing where it means the same."""
    return (NOT_JENKINS,) if "H" in _spelled_out(text) else ()


def _spelled_out(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    if any(line.startswith("TZ=") for line in lines):
        raise BadExpression("A schedule's zone stands in its own field; put the zone there and take the line TZ= out.")
    if len(lines) > 1:
        raise BadExpression(f"These are {len(lines)} lines; make a schedule of each.")
    line = lines[0] if lines else ""
    if line.startswith("@") and line not in ALIASES:
        raise BadExpression(f"“{line}” is not known to Jenkins; write one of {', '.join(ALIASES)}, or five fields.")
    return ALIASES.get(line, line)


def _numbers(part: Field, text: str, *, name: str) -> frozenset[int]:
    found: set[int] = set()
    for item in text.split(","):
        found |= _of_h(part, item, name) if item.startswith("H") else part.parse(item)
    return frozenset(found)


def _of_h(part: Field, item: str, name: str) -> frozenset[int]:
    match = H.fullmatch(item)
    if not match:
        raise _bad(part, f"“{item}” is no {part.name}; write H, H/15, H(0-29) or H(0-29)/10.")
    low, high = part.low, HIGHEST.get(part.name, part.high)
    if match["low"]:
        low, high = (min(part.parse(match[bound])) for bound in ("low", "high"))
    if high < low:
        raise _bad(part, f"“{item}” runs backwards; write H({high}-{low}).")
    places, step = high - low + 1, int(match["step"] or 1)
    if not 1 <= step <= places:
        raise _bad(part, f"The step {step} of the {part.name} is not among 1 to {places}; write one of these.")
    offset = int.from_bytes(hashlib.sha256(f"{name}\n{part.name}".encode()).digest()[:8])
    # A step of 1 is no step in Jenkins: H/1 is one number, not each.
    if step == 1:
        return frozenset({low + offset % places})
    return frozenset(range(low + offset % step, high + 1, step))


def _bad(part: Field, why: str) -> BadExpression:
    return BadExpression(why, part.name)
