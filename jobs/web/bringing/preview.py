"""Preview of what a file brings: each line with its meaning, its next starts and its target, or what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError

from jobs import recurrence, rules
from jobs.calendars import zones
from jobs.recurrence import BadExpression
from jobs.recurrence.imports import Entry, Refused
from jobs.rules.problems import MOST_LABELS
from jobs.rules.rights import schedule_problems
from jobs.rules.schedule_checking import NAME_TAKEN
from jobs.rules.timing import Timing
from jobs.web.bringing.sources import MOST_ENTRIES, SOURCES, Source
from jobs.web.bringing.table import Table
from jobs.web.bringing.wants import NoTarget, wanted

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

SHOWN = 5  # starts
LIVE = "Remove it at the source first, then switch it on."
SHADOW = (
    "It arrives in shadow and starts nothing: compare it with what runs at its source and remove it there, then switch "
    "it on."
)
WAS_OFF = "It was switched off at the source."
TAKEN = "There is a schedule of this name already, perhaps brought before; rename the one here or the one there."
# What an entry says of a schedule by the name of its field; None where its source says nothing.
OPTIONAL = ("overlap", "start_within", "catch_up", "spread", "starts_at", "ends_at", "most_runs")


@dataclass(frozen=True, kw_only=True)
class Line:
    """Entry of a file with what would become of it, or a refusal: then `new` is None and `problems` says why."""

    #: Where it begins in the file, from 1.
    number: int
    name: str = ""
    dialect: str = ""
    #: Its expression; of a refusal the text of the line.
    expression: str
    zone: str = ""
    command: str = ""
    #: Words for when it starts; empty where it cannot be read.
    meaning: str = ""
    #: The next of its starts, by the clock of its zone.
    starts: tuple[datetime, ...] = ()
    target: str = ""
    payload: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    new: rules.NewSchedule | None = None
    #: Where it comes from, for the audit.
    origin: str = ""
    entry: Entry | None = None

    @property
    def is_good(self) -> bool:
        return self.new is not None

    @property
    def starts_shown(self) -> list[str]:
        """Return its next starts as people read them, by the clock of its zone."""
        return [f"{start:%a %Y-%m-%d %H:%M:%S %Z}" for start in self.starts]


def preview(
    source: str,
    text: str,
    *,
    zone: str = "UTC",
    table: Table | None = None,
    now: datetime,
    by: AbstractBaseUser | None,
    most: int = MOST_ENTRIES,
    shadow: bool = False,
) -> list[Line]:
    """Return the lines of a file in their order. `zone`: that of the machine it comes from, for entries without one;
    `shadow`: what runs there arrives in shadow.
    Raises TooMuch, and ValidationError for an unknown source or zone."""
    if source not in SOURCES:
        raise ValidationError({"source": [f"“{source[:100]}” is no source; name one of {', '.join(SOURCES)}."]})
    if problems := zones.new_problems(zone):
        raise ValidationError({"zone": problems})
    found = SOURCES[source]
    return preview_of(found, text, zone=zone, table=table or Table(), now=now, by=by, most=most, shadow=shadow)


def preview_of(
    source: Source,
    text: str,
    *,
    zone: str,
    table: Table,
    now: datetime,
    by: AbstractBaseUser | None,
    most: int,
    shadow: bool = False,
) -> list[Line]:
    """Return the lines of a source. Raises TooMuch."""
    entries, refused = source.found(text, most=most)
    may_not = schedule_problems(by)
    lines = [
        *(_refusal(one) for one in refused),
        *(_line(one, source, zone, table, now=now, by=by, may_not=may_not, shadow=shadow) for one in entries),
    ]
    return sorted(lines, key=lambda line: line.number)


def _refusal(one: Refused) -> Line:
    where = f"{one.field[0].upper()}{one.field[1:]}: " if one.field else ""
    return Line(number=one.line, expression=one.text, problems=(f"{where}{one.why}",))


def _line(
    entry: Entry,
    source: Source,
    zone: str,
    table: Table,
    *,
    now: datetime,
    by: AbstractBaseUser | None,
    may_not: Sequence[str],
    shadow: bool,
) -> Line:
    problems = list(may_not)
    try:
        does = wanted(entry, table)
    except NoTarget as error:
        does = {"target": "", "payload": {}}
        problems.append(str(error))
    labels, left_out = _labels(entry)
    said = {name: getattr(entry, name, None) for name in OPTIONAL}
    own = {name: _with_zone(value, zone) for name, value in said.items() if value is not None}
    asked: dict[str, Any] = {
        **does,
        **own,
        "labels": labels,
        "name": entry.name,
        "dialect": entry.dialect,
        "expression": entry.expression,
        "time_zone": entry.zone or zone,
        "enabled": entry.enabled and not source.is_live,
        "shadow": entry.enabled and shadow,
    }
    new = None
    try:
        # The rest is judged, too, where there is no target.
        judged = asked if does["target"] else {**asked, "target": "demo.noop"}
        new = rules.check_new_schedule(now=now, by=by, **judged)
    except ValidationError as error:
        problems += _sentences(error)
    timing = Timing(
        entry.dialect,
        entry.expression,
        asked["time_zone"],
        name=entry.name,
        anchor=own.get("starts_at") or now,
        starts_at=own.get("starts_at"),
        ends_at=own.get("ends_at"),
    )
    meaning, starts = _times(timing, now)
    later = list(_later(entry, source, shadow=shadow))
    return Line(
        number=entry.line,
        name=entry.name,
        dialect=entry.dialect,
        expression=entry.expression,
        zone=timing.time_zone,
        command=entry.command,
        meaning=meaning,
        starts=starts,
        target=does["target"],
        payload=does["payload"],
        notes=(*entry.notes, *left_out, *later),
        problems=tuple(problems),
        new=None if problems else new,
        origin=" ".join([f"Brought from {source.label}.", *later]),
        entry=entry,
    )


def _with_zone(value: Any, zone: str) -> Any:
    """Return a moment without a zone as one of this zone, and anything else as it is."""
    is_naive = isinstance(value, datetime) and value.tzinfo is None
    return value.replace(tzinfo=zones.find(zone)) if is_naive else value


def _labels(entry: Entry) -> tuple[dict[str, str], list[str]]:
    """Return those of its labels that a schedule can have, and a sentence of the others."""
    given = entry.labels or {}
    kept = {key: value for key, value in given.items() if not rules.labels_problems({key: value})}
    kept = dict(islice(kept.items(), MOST_LABELS))
    others = [key for key in given if key not in kept]
    return kept, [f"Labels that a schedule cannot have are left out: {', '.join(others)}."] if others else []


def _later(entry: Entry, source: Source, *, shadow: bool) -> Iterator[str]:
    """Yield what somebody has to do before it starts anything here."""
    if not entry.enabled:
        yield WAS_OFF
    elif shadow:
        yield SHADOW
    elif source.is_live:
        yield LIVE


def _sentences(error: ValidationError) -> Iterator[str]:
    for name, said in error.message_dict.items():
        label = rules.SCHEDULE_ASKED[name].label if name in rules.SCHEDULE_ASKED else name
        for problem in said:
            yield TAKEN if problem == NAME_TAKEN else f"{label}: {problem}"


def _times(timing: Timing, now: datetime) -> tuple[str, tuple[datetime, ...]]:
    """Return what it means in words, and its next starts; nothing of what cannot be read."""
    try:
        meaning = recurrence.words(timing.rule(), timing.time_zone)
        found = islice(timing.after(now), SHOWN)
        return meaning, tuple(start.astimezone(timing.zone()) for start in found)
    except (BadExpression, KeyError, ValueError, OSError):
        return "", ()
