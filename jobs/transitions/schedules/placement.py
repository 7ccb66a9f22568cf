"""Places runs by the calendars of their schedules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from jobs import blackouts
from jobs.calendars import NeverOpen, Snapshot
from jobs.models import Calendar, Schedule
from jobs.states import Blackout
from jobs.transitions.schedules.planning import Run


def calendars_of(schedules: Iterable[Schedule]) -> dict[int, Snapshot]:
    """Read the calendars of these schedules, each once."""
    ids = {one.calendar_id for one in schedules if one.calendar_id is not None}
    return {pk: one.snapshot() for pk, one in Calendar.objects.whole().in_bulk(ids).items()} if ids else {}


def placed(
    schedule: Schedule, run: Run, calendars: Mapping[int, Snapshot], *, now: datetime
) -> tuple[datetime, blackouts.Bound]:
    """Return when a run starts by its calendar. Closed time in which it is skipped is judged at its instant: the
    calendar may change until then."""
    if schedule.calendar_id is None:
        return run.run_at, blackouts.UNBOUND
    unmoved = run.run_at, blackouts.Bound(schedule.calendar_id)
    if schedule.blackout == Blackout.SKIP:
        return unmoved
    try:
        place = blackouts.place(calendars[schedule.calendar_id], schedule.blackout, run.run_at, now=now)
    except (NeverOpen, KeyError, ValueError, OSError):  # it was changed by SQL: the start is held for a person
        return unmoved
    asked = run.run_at if place.run_at != run.run_at else None
    return place.run_at, blackouts.Bound(schedule.calendar_id, asked, place.why)
