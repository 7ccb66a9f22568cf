"""Preview of a schedule: its next starts as people read them, before it is saved and after."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from jobs import blackouts, calendars, rules
from jobs.calendars import NeverOpen, Snapshot
from jobs.models import Calendar, Job, Schedule
from jobs.recurrence import DIALECTS
from jobs.recurrence.words import in_words
from jobs.rules.schedule_order import timing_of
from jobs.rules.timing import Timing
from jobs.web import clock_marks

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from jobs.rights import Reach

SHOWN = 10
NO_SPREAD = timedelta()
# What is judged although nobody has given it yet.
STAND_INS = {"name": "\N{HORIZONTAL ELLIPSIS}", "target": "demo.noop"}
NAME_DECIDES = "This dialect spreads what it leaves open by the schedule's name: give it one to see its own times."


@dataclass(frozen=True)
class Start:
    """Nominal time to come. `run_at` and `latest_at` are when it starts, equal where its part of the spread is known;
    neither looks at the calendar, which may move it: `moved_to`. All but the words in UTC."""

    nominal_at: datetime
    run_at: datetime
    latest_at: datetime
    words: str
    in_zone: datetime
    in_viewer_zone: datetime
    #: What clocks do to it, a sentence; empty where they do nothing.
    clock_change: str
    #: Why its calendar is closed then, and what becomes of it; empty where it is open.
    closed: str
    becomes: str
    moved_to: datetime | None
    #: How many jobs that the viewer sees are planned already in its minute.
    planned: int


@dataclass(frozen=True)
class Preview:
    """Meaning of a schedule, and its next starts."""

    meaning: str
    spread: str
    notes: tuple[str, ...]
    zone: str
    viewer_zone: str
    starts: Sequence[Start]
    #: Whether none comes after these.
    is_all: bool


def asked(*, now: datetime, by: AbstractBaseUser | None, before: Schedule | None = None, **given: Any) -> Sought:
    """Return what to look for of a schedule that somebody is about to save; what is not given yet is not judged.
    Raises ValidationError."""
    new = rules.check_new_schedule(now=now, by=by, before=before, **{**STAND_INS, **given})
    anchor = new.starts_at or (now if before is None else before.created_at)
    return Sought(
        Timing(
            new.dialect,
            new.expression,
            new.time_zone,
            name=new.name,
            anchor=anchor,
            starts_at=new.starts_at,
            ends_at=new.ends_at,
        ),
        spread=timedelta(seconds=new.spread),
        offset=None if before is None else _offset(before, new.spread),
        left=_left(new.most_runs, before),
        calendar_id=new.calendar_id,
        blackout=new.columns()["blackout"],
        is_named="name" in given or not DIALECTS[new.dialect].notes(new.expression),
    )


def saved(schedule: Schedule) -> Sought:
    """Return what to look for of a schedule that is there."""
    return Sought(
        timing_of(schedule),
        spread=timedelta(seconds=schedule.spread),
        offset=schedule.offset,
        left=_left(schedule.most_runs, schedule),
        calendar_id=schedule.calendar_id,
        blackout=schedule.blackout,
    )


@dataclass(frozen=True)
class Sought:
    """Schedule whose starts are looked for. `offset`: its own part of the spread; None before it is saved. `left`: how
    many times it comes still."""

    timing: Timing
    spread: timedelta = NO_SPREAD
    offset: timedelta | None = None
    left: int | None = None
    calendar_id: int | None = None
    blackout: str = ""
    is_named: bool = True

    @property
    def bounds(self) -> tuple[timedelta, timedelta]:
        """Bounds of how much later than its nominal time it starts."""
        return (NO_SPREAD, self.spread) if self.offset is None else (self.offset, self.offset)


def preview(
    sought: Sought, *, now: datetime, reach: Reach, viewer: ZoneInfo | None = None, count: int = SHOWN
) -> Preview:
    """Return the next starts, to somebody of this reach. One statement for what is planned, and two for a calendar.
    Raises BadExpression."""
    timing, zone = sought.timing, sought.timing.zone()
    wanted = count + 1 if sought.left is None else min(count + 1, sought.left)
    times = list(islice(timing.after(now), wanted))
    shown = times[:count]
    at_least, _ = sought.bounds
    minutes = sorted({(nominal + at_least).replace(second=0, microsecond=0) for nominal in shown})
    planned = Job.objects.planned_in(minutes, within=reach)
    calendar = _calendar(sought.calendar_id)
    changes = clock_marks.marks(timing.rule(), shown, zone=zone, anchor=timing.anchor, since=now)
    starts = []
    for nominal, change in zip(shown, changes, strict=True):
        run_at, latest_at = (nominal + later for later in sought.bounds)
        closed, becomes, moved_to = _closing(calendar, sought.blackout, run_at, now)
        local = run_at.astimezone(zone)
        starts.append(
            Start(
                nominal_at=nominal,
                run_at=run_at,
                latest_at=latest_at,
                words=in_full(local),
                in_zone=local,
                in_viewer_zone=run_at.astimezone(viewer or zone),
                clock_change=change,
                closed=closed,
                becomes=becomes,
                moved_to=moved_to,
                planned=planned[run_at.replace(second=0, microsecond=0)],
            )
        )
    meaning = in_words(timing.rule())
    return Preview(
        meaning=f"{meaning[0].upper()}{meaning[1:]} ({timing.time_zone}).",
        spread=_spread_words(sought),
        notes=tuple(_notes(sought)),
        zone=timing.time_zone,
        viewer_zone=(viewer or zone).key,
        starts=starts,
        is_all=len(times) <= count,
    )


def in_full(local: datetime) -> str:
    """Say a moment in words: `Wednesday, 2 January 2030, 02:30 CET`."""
    seconds = f":{local:%S}" if local.second or local.microsecond else ""
    return f"{local:%A}, {local.day} {local:%B %Y}, {local:%H:%M}{seconds} {local:%Z}"


def _left(most_runs: int | None, before: Schedule | None) -> int | None:
    """Return how many times it comes still. The one that has a job already is counted as made, and is to come."""
    if most_runs is None or before is None:
        return most_runs
    return max(most_runs - before.made + (before.next_job_id is not None), 0)


def _spread_words(sought: Sought) -> str:
    if not sought.spread:
        return ""
    if sought.offset is None:
        return (
            f"Each starts up to {sought.spread.total_seconds():g} s later than this: how much is known once it is "
            "saved, and is the same each time."
        )
    return f"Each starts {sought.offset.total_seconds():g} s later than its nominal time: its part of the spread."


def _notes(sought: Sought) -> Iterator[str]:
    yield from DIALECTS[sought.timing.dialect].notes(sought.timing.expression)
    if not sought.is_named:
        yield NAME_DECIDES


def _offset(before: Schedule, spread: int) -> timedelta:
    return Schedule(pk=before.pk, spread=spread).offset


def _calendar(calendar_id: int | None) -> Snapshot | None:
    found = None if calendar_id is None else Calendar.objects.whole().filter(pk=calendar_id).first()
    return None if found is None else found.snapshot()


def _closing(
    calendar: Snapshot | None, blackout: str, run_at: datetime, now: datetime
) -> tuple[str, str, datetime | None]:
    """Return why the calendar is closed at a start, what becomes of it, and when it starts instead."""
    if calendar is None:
        return "", "", None
    closed = calendars.why_closed(calendar, run_at)
    if closed is None:
        return "", "", None
    try:
        placed = blackouts.place(calendar, blackout, run_at, now=now)
    except NeverOpen as error:
        return closed, str(error), None
    if placed.run_at == run_at:
        return closed, "It is skipped.", None
    moved = placed.run_at.astimezone(UTC)
    return closed, f"It starts at {in_full(moved.astimezone(calendar.zone))} instead.", moved
