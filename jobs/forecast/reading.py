"""Reads for a forecast, and keeps it for a few seconds: who asks for another queue, or with more slots, costs the
simulation only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

from jobs.conf import conf
from jobs.forecast.coming import Coming, coming
from jobs.forecast.slots import Share, shares
from jobs.kept import kept
from jobs.models import Limit
from jobs.models.limit import Kind
from jobs.models.querysets.cohorts import Cohorts, cohorts
from jobs.models.querysets.seeing_alike import name_of
from jobs.models.rollups.durations import Length, lengths_of
from jobs.rights import Reach

UNKNOWN = 1_000  # milliseconds: how long a run of a target is taken to last of which none has ended
DAY, WEEK = 24, 168  # hours
CELLS = {DAY: 1_000, WEEK: 60_000}  # milliseconds: what is due in one is put together
LENGTHS = {DAY: 60_000, WEEK: 600_000}  # milliseconds of a stretch
KEPT_FOR = 10  # seconds
KEY = "runat-forecast"


class Lasting(NamedTuple):
    """Length that runs of a target are taken to have; `known`: by its figures."""

    target: str
    ms: int
    known: bool


class Durations(NamedTuple):
    """Lengths that runs of these targets are taken to have."""

    targets: frozenset[str]
    known: Mapping[str, Length]

    def __call__(self, target: str) -> Lasting:
        if target in self.known:
            return Lasting(target, max(round(self.known[target].p95), 1), known=True)
        return Lasting(target, UNKNOWN, known=False)

    def seconds(self, target: str, by: str = "p95") -> float:
        """Return the seconds of the `mean` or the `p95`, to the fraction."""
        found = self.known.get(target)
        return (UNKNOWN if found is None else float(getattr(found, by))) / 1000


def durations(targets: Collection[str], *, now: datetime, within: Reach) -> Durations:
    """Return how long runs of these targets are taken to last: the p95 of the last week; UNKNOWN where none has
    ended."""
    return Durations(frozenset(targets), lengths_of(targets, now=now, within=within))


@dataclass(frozen=True)
class Reading:
    """Answers of the database for a forecast of so many hours from `now` on, whichever queue is asked for. `mark`: what
    is reckoned of it can be kept by that."""

    now: datetime
    base: datetime
    until: datetime
    hours: int
    counted: list[Cohorts]
    schedules: Coming
    lasts: Durations
    of_workers: list[Share]
    limits: Mapping[str, Limit]
    mark: UUID = field(default_factory=uuid4)


def read(
    now: datetime, hours: int, within: Reach, *, until: datetime | None = None, without: Collection[int] = ()
) -> Reading:
    """Ask the database. Some seven statements, of which the first reads MOST_PENDING jobs at most. With `until` of the
    part up to then, and two statements while nothing is planned in it. Pending jobs `without` are left out."""
    seconds = LENGTHS[hours] // 1000
    base = datetime.fromtimestamp(now.timestamp() // seconds * seconds, UTC)
    is_part, until = until is not None, until or now + timedelta(hours=hours)
    counted = cohorts(base, now=now, until=until, cell=CELLS[hours], within=within, without=without)
    schedules = coming(now=now, until=until, within=within)
    if is_part and not schedules.starts and not any(one.is_pending for one in counted):
        return Reading(now, base, until, hours, [], schedules, durations((), now=now, within=within), [], {})
    return Reading(
        now=now,
        base=base,
        until=until,
        hours=hours,
        counted=counted,
        schedules=schedules,
        lasts=durations({one.target for one in counted} | {key[1] for key in schedules.starts}, now=now, within=within),
        of_workers=shares(now, conf().patience, hidden=within.names_of_others(Kind.QUEUE), only=within.only_queues),
        limits={one.name: one for one in Limit.objects.within(within).with_rules().filter(kind=Kind.QUEUE)},
    )


def kept_for(now: datetime, hours: int, within: Reach) -> Reading:
    """Return what was read at most KEPT_FOR seconds ago in this process, for somebody who sees the same."""
    return kept(f"{KEY}-{hours}{name_of(within)}", KEPT_FOR, lambda: read(now, hours, within))
