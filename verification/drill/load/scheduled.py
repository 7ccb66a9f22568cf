"""Schedules of the load, and their nominal times, reckoned by nothing but addition."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from jobs.clock import clock
from jobs.models import Schedule
from jobs.models.schedule import MOST_CAUGHT_UP
from jobs.rules import check_new_schedule
from jobs.states import CatchUp, Overlap
from jobs.transitions.schedules.definitions import create_schedule, delete_schedule
from verification.drill.evidence import Recurring
from verification.drill.ledger import TARGET
from verification.drill.load.creating import retry_until_answered


@dataclass(frozen=True)
class Kind:
    """Schedule of each round: every so many seconds, by which words. `counted`: from its first moment, not by the wall
    clock; with a `spread` its runs still wait when their successors are due, which the leader makes then."""

    word: str
    every: int
    dialect: str
    expression: str
    counted: bool = False
    spread: int = 0
    overlap: str = Overlap.ALLOW


KINDS = (
    Kind("interval", 2, "interval", "2 seconds", counted=True),
    Kind("cron", 2, "cron6", "*/2 * * * * *"),
    Kind("spread", 4, "cron6", "*/4 * * * * *", spread=3),
    Kind("wide", 10, "cron6", "*/10 * * * * *", spread=9),
    Kind("queued", 3, "interval", "3 seconds", counted=True, overlap=Overlap.QUEUE),
)


@dataclass
class Schedules:
    """Schedules of one round."""

    ids: list[int] = field(default_factory=list)
    recurring: list[Recurring] = field(default_factory=list)

    def go_on(self) -> bool:
        """Return whether one of them has another run to come."""
        return Schedule.objects.filter(pk__in=self.ids).coming().exists()


@contextmanager
def scheduled(run: str, queue: str, since: datetime, duration: timedelta) -> Iterator[Schedules]:
    """Have the schedules of a round start their runs in its time; they are deleted afterwards."""
    begin = datetime.fromtimestamp(math.ceil(since.timestamp()), tz=UTC)
    made = Schedules()
    try:
        for kind in KINDS:
            name = f"drill {run} schedule {run}-{kind.word}"
            now = clock.now()
            new = check_new_schedule(
                now=now,
                by=None,
                name=name,
                target=TARGET,
                payload={"key": f"{run}-{kind.word}"},
                queue=queue,
                dialect=kind.dialect,
                expression=kind.expression,
                starts_at=begin,
                ends_at=since + duration,
                spread=kind.spread,
                overlap=kind.overlap,
                catch_up=CatchUp.ALL,
                catch_up_limit=MOST_CAUGHT_UP,
            )
            made.ids.append(create_schedule(new.columns(), by=None, now=now).pk)
            made.recurring.append(Recurring(name, times(kind, begin, since + duration), kind.spread))
        yield made
    finally:
        for pk in made.ids:
            retry_until_answered(partial(_delete, pk))


def _delete(pk: int) -> None:
    delete_schedule(pk, reason="The round is over.", by=None, now=clock.now())


def times(kind: Kind, begin: datetime, end: datetime) -> tuple[datetime, ...]:
    """Return all nominal times from `begin`, a whole second, to `end`."""
    second = int(begin.timestamp())
    if not kind.counted:
        second += -second % kind.every  # those of cron divide the minute, and so whole minutes since 1970
    return tuple(datetime.fromtimestamp(at, tz=UTC) for at in range(second, int(end.timestamp()) + 1, kind.every))
