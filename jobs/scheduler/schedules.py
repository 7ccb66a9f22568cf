"""Looks for schedules whose next nominal time has come and that no start has moved on, and for next runs that SQL has
deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from django.db import InterfaceError, OperationalError

from jobs import failpoints
from jobs.conf import conf
from jobs.database import transaction
from jobs.events import emit
from jobs.events.schedules import ScheduleNotMoved, SchedulesMovedOn
from jobs.models import Installation, Schedule
from jobs.transitions.schedules.sweeping import begin_again, catch_up_with, put_right

AT_A_TIME = 200  # schedules in one transaction: a job of each is written
TRANSACTIONS = 10  # of one call
SOONEST = 1.0  # seconds
STEP = timedelta(seconds=5)  # by which a clock may differ from that of the server before it
EVER = datetime(1, 1, 2, tzinfo=UTC)


class How(Protocol):
    """Way to move schedules on, in a transaction of the caller's. Returns how many."""

    def __call__(self, ids: Sequence[int], *, now: datetime) -> int: ...


class Schedules:
    """Remembers when it has looked for what SQL has done, once a window, and how far the database's clock had come."""

    def __init__(self) -> None:
        self._looked = 0
        self._latest = EVER
        self._set_back = True  # before this process, for all it knows

    def __call__(self, *, now: datetime) -> float:
        """Move on what is due; return the seconds until the next look. One statement where nothing is due, and one
        more each window."""
        moved, right = 0, self._begin_again(now)
        for _ in range(TRANSACTIONS):
            ids = Schedule.objects.due(now, AT_A_TIME)
            if not ids or Installation.restored() is not None:  # it is made up for when jobs may start
                break
            done = self._move(catch_up_with, ids, now)
            moved += done
            if not done or len(ids) < AT_A_TIME:
                break
        length = conf().min_prepare_time
        window = int(now.timestamp() // length)
        if window != self._looked:
            right += self._put_right(now, now + timedelta(seconds=3 * length))
            self._looked = window
        if moved or right:
            emit(SchedulesMovedOn(moved, right))
        upcoming = Schedule.objects.next_time()
        if upcoming is None:
            return length
        return min(max((upcoming - now).total_seconds(), SOONEST), length)

    def _begin_again(self, now: datetime) -> int:
        """Have what is yet to come be accounted for anew where the database's clock has been set back: or schedules
        would be silent until it is there again. Returns how many it were. One statement when it has been, and when this
        process begins."""
        self._set_back |= now < self._latest - STEP
        self._latest = now
        done = 0
        for _ in range(TRANSACTIONS if self._set_back else 0):
            ids = Schedule.objects.noted_after(now + STEP, AT_A_TIME)
            if not ids:
                self._set_back = False
                break
            done += self._move(begin_again, ids, now)
        return done

    def _move(self, how: How, ids: Sequence[int], now: datetime) -> int:
        """Move these on; one that cannot be moved is found, and told, and holds up none of the others."""
        try:
            with transaction.atomic():
                done = how(ids, now=now)
                if done:
                    failpoints.hit("in-sweep")
                return done
        except (OperationalError, InterfaceError):  # of no single one
            raise
        except Exception as error:  # noqa: BLE001 - see above
            if len(ids) == 1:
                emit(ScheduleNotMoved(ids[0], error))
                return 0
        half = len(ids) // 2
        return self._move(how, ids[:half], now) + self._move(how, ids[half:], now)

    def _put_right(self, now: datetime, before: datetime) -> int:
        ids = Schedule.objects.astray(now, before, AT_A_TIME)
        if not ids:
            return 0
        with transaction.atomic():
            return put_right(ids, now=now)


schedules = Schedules()  # of this process
