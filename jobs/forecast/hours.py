"""Counts of what is planned, by the hours of the next week."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from jobs.forecast.coming import Coming, coming
from jobs.kept import kept
from jobs.models.querysets.cohorts import MOST_PENDING, Cohorts, cohorts
from jobs.models.querysets.seeing_alike import name_of
from jobs.rights import Reach

AHEAD = timedelta(days=7)
HOUR = timedelta(hours=1)
CELL = 3_600_000  # milliseconds
KEPT_FOR = 10  # seconds
KEY = "runat-hours"


class Planned(NamedTuple):
    """Runs by the hour in which they are due. `cut`: there are more pending jobs than were counted."""

    by_hour: Counter[datetime]
    cut: bool
    coming: Coming


def planned(*, now: datetime, within: Reach, queue: str | None = None) -> Planned:
    """Return what is due in the next AHEAD, of what is within this reach, by jobs and by schedules. What is overdue is
    due in this hour. What was read is kept for KEPT_FOR seconds, for all who see the same, whichever queue they ask
    for."""
    base = hour_of(now)

    def read() -> tuple[list[Cohorts], Coming]:
        counted = cohorts(base, now=now, until=now + AHEAD, cell=CELL, within=within)
        return counted, coming(now=now, until=now + AHEAD, within=within)

    counted, schedules = kept(f"{KEY}-{base.timestamp():.0f}{name_of(within)}", KEPT_FOR, read)
    found: Counter[datetime] = Counter()
    jobs = 0
    for one in counted:
        jobs += sum(one.numbers)
        if queue in (None, one.queue):
            for first, _, number in one.cells():
                found[base + first // CELL * HOUR] += number
    for (name, _, at), number in schedules.starts.items():
        if queue in (None, name):
            found[hour_of(at)] += number
    return Planned(found, jobs >= MOST_PENDING, schedules)


def hour_of(moment: datetime) -> datetime:
    """Return when its hour begins, in UTC."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
