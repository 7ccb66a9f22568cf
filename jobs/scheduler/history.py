"""Moves what is over into the history, and removes what has been there long enough: see docs/retention.md."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from django.db import OperationalError

from jobs.clock import steady
from jobs.conf import conf
from jobs.events import emit
from jobs.events.scheduler import HistoryMoved, HistoryRemoved, RemovalDelayed, RemovalWaits
from jobs.models import Installation, Proposal
from jobs.models.old_rows import delete_before
from jobs.models.partitions import partitions, remove
from jobs.rules.keeping import old_before
from jobs.transitions.history import BEGIN, Place, move_part

AT_A_TIME = 500  # jobs, in one transaction
SECONDS = 0.5  # of moving in one call
LOOK_EVERY = 60.0  # seconds, when all that may go has gone
ALL_EVERY = timedelta(days=1)  # between two looks at what could not go when its time had come
REMOVE_EVERY = 3600.0  # seconds
TRY_EVERY = 60.0  # seconds, while somebody who reads the history holds up its removal
WAIT_MS = 500  # for those who read the history
OLD_AT_A_TIME = 2000  # rows of a small table, in one statement
OLD_EVERY = 3600.0  # seconds


class Moving:
    """Remembers where it stopped: what may not go yet is looked at again once a day only."""

    def __init__(self) -> None:
        self._after: Place = BEGIN
        self._begun: datetime | None = None

    def __call__(self, *, now: datetime, seconds: float = SECONDS) -> float:
        """Move the next jobs that have ended long enough ago; return the seconds until the next look. One statement
        where there are none."""
        until = steady() + seconds
        if self._begun is None or not timedelta() <= now - self._begun < ALL_EVERY:
            self._begun, self._after = now, BEGIN
        moved = 0
        while True:
            part = move_part(now=now, after=self._after, limit=AT_A_TIME)
            moved += part.moved
            self._after = part.next or self._after
            if part.next is None or steady() >= until:
                break
        if moved:
            emit(HistoryMoved(moved))
        return LOOK_EVERY if part.next is None else 0.0


class Removing:
    """Remembers which days it has reported."""

    def __init__(self) -> None:
        self._reported: set[date] = set()

    def __call__(self, *, now: datetime) -> float:
        """Drop the partitions whose day has come; return the seconds until the next look."""
        if not Installation.removes():
            return REMOVE_EVERY
        today = now.astimezone(UTC).date()
        for partition in partitions():
            if partition.day > today:
                continue
            if partition.attached and conf().remove_exported_only and not partition.exported:
                if partition.day not in self._reported:
                    self._reported.add(partition.day)
                    emit(RemovalWaits(partition.day))
                continue
            try:
                remove(partition, wait_ms=WAIT_MS)
            except OperationalError as error:
                emit(RemovalDelayed(partition.day, error))
                return TRY_EVERY
            emit(HistoryRemoved(partition.day, partition.rows))
        return REMOVE_EVERY


def old_rows(*, now: datetime, seconds: float = SECONDS) -> float:
    """Delete what is old of the small tables, and what was proposed in vain; return the seconds until the next look.
    One statement for each where there is nothing."""
    until = steady() + seconds
    Proposal.objects.forget_arguments(now)
    for table, moment in old_before(now).items():
        while delete_before(table, moment, limit=OLD_AT_A_TIME) == OLD_AT_A_TIME:
            if steady() >= until:
                return 0.0
    return OLD_EVERY


moving = Moving()  # of this process
removing = Removing()
