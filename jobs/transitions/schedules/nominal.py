"""Reckons the nominal times of schedules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from jobs import recurrence
from jobs.recurrence import BadExpression, Rule

if TYPE_CHECKING:
    from jobs.models import Schedule

INSTANT = timedelta(microseconds=1)


@lru_cache(maxsize=10_000)
def parsed(dialect: str, expression: str, name: str) -> Rule:
    """Return the rule that an expression means. Raises BadExpression."""
    return recurrence.parse(dialect, expression, name=name)


def times_after(schedule: Schedule, moment: datetime) -> Iterator[datetime]:
    """Yield the nominal times of a schedule after this moment, within its first and last moment, in UTC. How many it
    may have is not looked at. Raises BadExpression, also for a zone that is not known."""
    rule = parsed(schedule.dialect, schedule.expression, schedule.name)
    try:
        zone = schedule.zone
    except (KeyError, ValueError, OSError):
        raise BadExpression(f"The time zone {schedule.time_zone!r} is not known.", "time_zone") from None
    if schedule.starts_at is not None:
        moment = max(moment, schedule.starts_at - INSTANT)
    for nominal in recurrence.after(rule, moment, zone=zone, anchor=schedule.anchored_at):
        if schedule.ends_at is not None and nominal > schedule.ends_at:
            return
        yield nominal
