"""Celery beat's scheduler: one list query per window, by the beat that leads.

It is a DatabaseScheduler, so django-celery-beat's own periodic tasks keep working in the same beat.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, InterfaceError, close_old_connections, transaction
from django_celery_beat.schedulers import DatabaseScheduler

from jobs import failpoints
from jobs.clock import clock, steady
from jobs.conf import conf
from jobs.dispatcher import Dispatcher
from jobs.maintenance.rescue import rescue
from jobs.maintenance.turns import turns, waits
from jobs.models.querysets import LIST_LIMIT
from jobs.scheduler.leader import PING_EVERY, TRY_EVERY, BehindPooler, Leader, bound_transactions
from jobs.windows import Window, window_at

log = logging.getLogger(__name__)

PUBLISH_FOR = 1.0  # seconds between two signs of life to the lock's connection, however slow the broker is
WATCH_GAP = timedelta(seconds=5)  # between two turns of a beat that watches the workers
TURNS_EVERY = 60.0  # seconds: whoever leaves a lane gives its place away himself, this is for what SQL has done
RETRY_AFTER = 1.0  # seconds, after the broker or the database failed


class WindowScheduler(DatabaseScheduler):  # type: ignore[misc]
    """Supplies `tick`: stand by, or lead: list the window, publish, then Celery's own periodic tasks."""

    def __init__(self, *args: Any, lazy: bool = False, **kwargs: Any) -> None:
        name = f"beat@{socket.gethostname()}:{os.getpid()}"
        self.leader = Leader(name)
        self.dispatcher = Dispatcher(name)
        self._listed: Window | None = None  # the window we have listed
        self._watching_since = clock.now()  # since when we lead, turn by turn, and the database answers
        self._last_turn = self._watching_since
        self._rescue_due = self._turns_due = 0.0  # on the steady clock
        self._periodic_due = 0.0  # on the monotonic clock: when Celery's own entries want to be looked at
        while True:
            try:
                self._begin(*args, lazy=lazy, **kwargs)
                return
            except BehindPooler as error:
                raise SystemExit(f"RunAt cannot start beat: {error}") from None
            except (DatabaseError, InterfaceError) as error:
                log.warning("beat cannot start yet, the database failed (%s); trying again", error)
                self.leader.step_down()
                time.sleep(RETRY_AFTER)

    def _begin(self, *args: Any, lazy: bool, **kwargs: Any) -> None:
        if not lazy:
            bound_transactions()
            self.leader.connect()
        super().__init__(*args, lazy=lazy, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """One turn. Returns the seconds until the next one is wanted. Never raises for a lost database or
        broker: a scheduler that dies silently is the worst of all."""
        try:
            return self._turn(*args, **kwargs)
        except (DatabaseError, InterfaceError) as error:
            log.warning("the database failed (%s); trying again in %g s", error, RETRY_AFTER)
            self._stand_by()
            return RETRY_AFTER

    def close(self) -> None:
        self.leader.step_down()
        self.dispatcher.disconnect()
        super().close()

    def _turn(self, *args: Any, **kwargs: Any) -> float:
        was_leading = self.leader.leading
        if not was_leading:
            close_old_connections()
        if not self.leader.hold(clock.now()):
            if was_leading:
                self._stand_by()
            return TRY_EVERY
        self._watch(clock.current())
        if not (self._lead() if was_leading else self._take_over()):
            return TRY_EVERY
        return min(
            max(clock.seconds_until(self._window().end), 0.0),
            PING_EVERY,
            RETRY_AFTER if self.dispatcher.waiting else PING_EVERY,
            self._tick_periodic(*args, **kwargs),
        )

    def _watch(self, now: datetime) -> None:
        """Rescue, in its own time. After a gap between two turns nothing was watched: if everything stood still,
        every heartbeat is old, and nobody may be declared gone for it."""
        c = conf()
        if now - self._last_turn > WATCH_GAP:
            self._watching_since = now
        self._last_turn = now
        if self.leader.leading and steady() >= self._rescue_due:
            self._rescue_due = steady() + c.heartbeat_patience / 2
            rescue(now=now, patience=c.patience, watching_since=self._watching_since)
        if self.leader.leading and steady() >= self._turns_due:
            turns(now=now)
            more = waits(now=now)  # one transaction's worth: the window does not wait for the others
            self._turns_due = steady() + (0.0 if more else TURNS_EVERY)

    # Each of these does what is due and returns whether we still lead.

    def _take_over(self) -> bool:
        """Lead from where the last leader stopped: what it listed but may not have published goes out again.
        Nothing is listed twice in a window that it has published whole."""
        self._watching_since = clock.now()
        self._periodic_due = 0.0
        self._initial_read, self._heap = True, None  # Celery's own entries as the last leader has left them
        window = self._window()
        progress = self.leader.progress()
        published_whole = progress.unpublished_since is None
        if published_whole and progress.listed_until is not None and progress.listed_until >= window.horizon:
            self._listed = window
            return True
        return self._list(window, unpublished_since=progress.unpublished_since)

    def _lead(self) -> bool:
        if self.dispatcher.waiting and not self._publish():
            return False
        window = self._window()
        # While messages wait for the broker nothing new is listed: it would not go out either, and a row that is
        # listed again and again without being published would be taken for one whose messages get lost.
        if self.dispatcher.waiting or window == self._listed:
            return True
        return self._list(window)

    def _list(self, window: Window, unpublished_since: datetime | None = None) -> bool:
        now = clock.now()
        with transaction.atomic():
            found = self.dispatcher.list(now=now, horizon=window.horizon, unpublished_since=unpublished_since)
            still_ours = self.leader.record_listed(now=now, horizon=window.horizon, found=found)
            failpoints.hit("after-list")
            if not still_ours:
                transaction.set_rollback(True)
        if not still_ours:
            log.warning("%s was replaced while it listed", self.leader.name)
            self._stand_by()
            return False
        failpoints.hit("after-mark")
        self._listed = window if found < LIST_LIMIT else None  # there may be more: the next turn lists them
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
        if self._listed is not None:  # else there may be more to list
            self.leader.record_published(clock.now())
        return True

    def _stand_by(self) -> None:
        self.leader.step_down()
        self.dispatcher.forget()
        self._listed = None

    def _window(self) -> Window:
        c = conf()
        return window_at(clock.now(), c.min_prepare_time, c.look_ahead)

    def _tick_periodic(self, *args: Any, **kwargs: Any) -> float:
        """Celery's own entries, looked at only when one is due: each look costs the database two statements."""
        left = self._periodic_due - steady()
        if left <= 0:
            left = max(super().tick(*args, **kwargs), 0.0)
            self._periodic_due = steady() + left
        return left
