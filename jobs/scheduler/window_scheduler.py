"""Celery beat's scheduler: one list query per window, by the beat that leads.

It is a DatabaseScheduler, so django-celery-beat's own periodic tasks keep working in the same beat.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import DatabaseError, InterfaceError, close_old_connections
from django_celery_beat.schedulers import DatabaseScheduler

from jobs import failpoints
from jobs.clock import clock, steady
from jobs.conf import conf
from jobs.database import transaction
from jobs.events import emit
from jobs.events.publishing import JobsListed, WindowPublished
from jobs.events.scheduler import BeatWaitsForDatabase, ReplacedWhileListing, TurnFailed
from jobs.metrics.serving import serve
from jobs.metrics.table import Giver
from jobs.models import Outage
from jobs.models.querysets import LIST_LIMIT, Listed
from jobs.publishing.windows import Window, window_at
from jobs.scheduler.dispatcher import Dispatcher
from jobs.scheduler.leader import PING_EVERY, TRY_EVERY, Leader
from jobs.scheduler.lease import Lease
from jobs.scheduler.locksession import BehindPooler, bound_transactions
from jobs.scheduler.sweeper import Sweeper

PUBLISH_FOR = 1.0  # seconds between two signs of life to the lock's connection, however slow the broker is
RETRY_AFTER = 1.0  # seconds, after the broker or the database failed


class Unlisted(NamedTuple):
    """The jobs of its predecessor's that a new leader has yet to list: marked since then, and after that one."""

    since: datetime | None = None
    after: Listed | None = None


class WindowScheduler(DatabaseScheduler):  # type: ignore[misc]
    """Supplies `tick`: stand by, or lead: list the window, publish, then Celery's own periodic tasks."""

    _making: int | None = None  # the thread in which one is being made
    _turning = False

    def __init__(self, *args: Any, lazy: bool = False, **kwargs: Any) -> None:
        """Wait for the database. Raises SystemExit behind a transaction pooler, and when beat is told to stop first."""
        name = f"beat@{socket.gethostname()}:{os.getpid()}"
        self.leader = Leader(name)
        self.dispatcher = Dispatcher(name)
        self.lease = Lease(self.leader)
        self.sweeper = Sweeper(self.dispatcher, lambda: self.leader.leading)
        self._listed: Window | None = None  # the window we have listed
        self._resume = Unlisted()
        self._periodic_due = 0.0  # on the monotonic clock: when Celery's own entries want to be looked at
        if WindowScheduler._making == threading.get_ident():
            # Told to stop: Celery's handler of the signal asks for the scheduler, to close it, and there is none yet.
            raise SystemExit
        WindowScheduler._making = threading.get_ident()
        try:
            self._begin_at_last(*args, lazy=lazy, **kwargs)
        finally:
            WindowScheduler._making = None

    def _begin_at_last(self, *args: Any, **kwargs: Any) -> None:
        """Begin, however long the database is away. Raises SystemExit where it can never be."""
        while True:
            try:
                self._begin(*args, **kwargs)
                return
            except BehindPooler as error:
                raise SystemExit(f"RunAt cannot start beat: {error}") from None
            except (DatabaseError, InterfaceError) as error:
                emit(BeatWaitsForDatabase(error))
                self.leader.step_down()
                time.sleep(RETRY_AFTER)

    def _begin(self, *args: Any, lazy: bool, **kwargs: Any) -> None:
        if not lazy:
            bound_transactions()
            self.leader.connect()
        self._initial_read = True  # DatabaseScheduler takes one that has failed for done, and then has no schedule
        super().__init__(*args, lazy=lazy, **kwargs)
        if not lazy:
            serve(Giver.BEAT, {})

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Do one turn. Returns the seconds until the next one is wanted. Never raises for a lost database or broker: a
        scheduler that dies silently is the worst of all."""
        self._turning = True
        try:
            return self._turn(*args, **kwargs)
        except (DatabaseError, InterfaceError) as error:
            emit(TurnFailed(error, RETRY_AFTER))
            self._stand_by()
            return RETRY_AFTER
        finally:
            self._turning = False

    def close(self) -> None:
        """Give the lead away. Celery's handler of SIGTERM calls this in the middle of a turn, too, where a connection
        may be waiting for an answer: then nothing is done, since Celery calls it again when the turn has been left."""
        if self._turning:
            return
        self.sweeper.stop()
        self.lease.stop()
        self.leader.step_down()
        self.dispatcher.disconnect()
        super().close()

    def _turn(self, *args: Any, **kwargs: Any) -> float:
        was_leading = self.leader.leading
        if not was_leading:
            close_old_connections()
        self.lease.turn_begins()
        if not self.leader.lead(clock.now()):
            if was_leading:
                self._stand_by()
            return TRY_EVERY
        if not was_leading:
            self.sweeper.watch_anew()
            clock.current()  # measured before the first window, then by the sweeper
        # The window comes first; what else a leader does runs beside it.
        if not (self._lead() if was_leading else self._take_over()):
            return TRY_EVERY
        self.sweeper.start()
        wanted = PING_EVERY if self._listed is not None else 0.0  # there is more to list
        return min(
            max(clock.seconds_until(self._window().end), 0.0),
            RETRY_AFTER if self.dispatcher.waiting else wanted,
            self._tick_periodic(*args, **kwargs),
        )

    # Each of these does what is due and returns whether we still lead.

    def _take_over(self) -> bool:
        """Lead from where the last leader stopped: what it listed but may not have published goes out again.
        Nothing is listed twice in a window that it has published whole."""
        self._periodic_due = 0.0
        self._initial_read, self._heap = True, None  # Celery's own entries as the last leader has left them
        window = self._window()
        progress = self.leader.progress()
        published_whole = progress.unpublished_since is None
        if published_whole and progress.listed_until is not None and progress.listed_until >= window.horizon:
            self._listed = window
            return True
        self._resume = Unlisted(progress.unpublished_since)
        return self._list(window)

    def _lead(self) -> bool:
        if self.dispatcher.waiting and not self._publish():
            return False
        window = self._window()
        # While messages wait for the broker nothing new is listed: it would not go out either, and a row that is
        # listed again and again without being published would be taken for one whose messages get lost.
        if self.dispatcher.waiting or window == self._listed:
            return True
        return self._list(window)

    def _list(self, window: Window) -> bool:
        now = clock.now()
        with transaction.atomic():
            found = self.dispatcher.list(
                now=now,
                horizon=window.horizon,
                unpublished_since=self._resume.since,
                unpublished_after=self._resume.after,
                limit=LIST_LIMIT,
            )
            still_ours = self.leader.record_listed(now=now, horizon=window.horizon, found=len(found))
            failpoints.hit("after-list")
            if not still_ours:
                transaction.set_rollback(True)
        if not still_ours:
            emit(ReplacedWhileListing(self.leader.name))
            self._stand_by()
            return False
        emit(JobsListed(len(found), window.horizon))
        failpoints.hit("after-mark")
        if len(found) < LIST_LIMIT:
            self._listed, self._resume = window, Unlisted()
        else:  # there may be more: the next turn lists them
            self._listed = None
            self._resume = Unlisted(self._resume.since, found[-1] if found else None)
        return self._publish() if found else True

    def _publish(self) -> bool:
        """Send what waits, soonest first. A leader that has lost its lock stops: its successor lists again."""
        while self.dispatcher.waiting:
            if not self.leader.still(clock.now()):
                self._stand_by()
                return False
            if not self.dispatcher.publish(PUBLISH_FOR):
                return True  # the broker is away: what waits is tried again in the next turn
        failpoints.hit("after-publish")
        if (away := self.dispatcher.was_away()) is not None:
            now = clock.now()
            since = now - timedelta(seconds=away)
            Outage.objects.note(Outage.Of.BROKER, since=since, until=now, who=self.leader.name)
        if self._listed is not None:  # else there may be more to list
            now = clock.now()
            self.leader.record_published(now)
            after = now - self._listed.start
            emit(WindowPublished(after.total_seconds(), after > self._listed.look_ahead))
        return True

    def _stand_by(self) -> None:
        self.leader.step_down()
        self.dispatcher.forget()
        self._listed, self._resume = None, Unlisted()

    def _window(self) -> Window:
        c = conf()
        return window_at(clock.now(), c.min_prepare_time, c.look_ahead)

    def _tick_periodic(self, *args: Any, **kwargs: Any) -> float:
        """Run Celery's own entries, looked at only when one is due: each look costs the database two statements.
        Returns the seconds until the next is due."""
        left = self._periodic_due - steady()
        if left <= 0:
            left = max(super().tick(*args, **kwargs), 0.0)
            self._periodic_due = steady() + left
        return left
