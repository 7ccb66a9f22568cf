"""Elects the beat that leads: the one whose own connection holds a session advisory lock.

Standbys *try* for it, as `SessionLock` does.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, InterfaceError
from django.db.models import F, Value
from django.db.models.functions import Least

from jobs import zones
from jobs.clock import steady
from jobs.conf import conf
from jobs.database import transaction
from jobs.events import emit
from jobs.events.scheduler import (
    BrokerMemoryUnknown,
    LeadershipBegun,
    LeadershipEnded,
    LockConnectionLost,
    LockUnreachable,
    StandsBy,
    TablesExchanged,
)
from jobs.installation import known, memory
from jobs.installation.memory import Memory
from jobs.installation.watch import PING, Place, judge
from jobs.models import Leadership, Outage
from jobs.postgresql import session as sessions
from jobs.scheduler.locksession import BehindPooler, SessionLock

TRY_EVERY = 1.5  # seconds between a standby's attempts
PING_EVERY = 2.5  # seconds between a leader's signs of life
SAY_EVERY = 60.0  # seconds between two lines of a standby's log that say who leads
ASK_AGAIN = 10.0  # seconds until a broker that did not say how far the ledger had come is asked again
SPARE = 2.0  # seconds beyond a window after its predecessor's last list query in which a leader comes in time
SURE_FOR = 1.0  # seconds after a sign of life in which nobody else can have become leader


@dataclass(frozen=True)
class Progress:
    """The progress of the previous leaders."""

    listed_until: datetime | None
    unpublished_since: datetime | None  # jobs marked since then may not have been published


class Leader:
    """The claim of this process to lead. It has one connection of its own, and nothing else runs on it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.epoch = 0  # 0 while standing by
        self._pinged = self._sure_until = 0.0  # on the steady clock
        self.lock = SessionLock(lambda: known.read().lock)
        self._lost = False  # the thread that pings has found the session dead
        self._alone = threading.RLock()  # with the session: the scheduler and the thread that pings share it
        self._said_at = float("-inf")  # on the steady clock
        self._unreachable_since: float | None = None  # on the steady clock: since then the database did not answer
        self._keeper = memory.Keeper()
        self._compared = False  # whether what the broker remembers was compared since we lead
        self._ask_again_at = 0.0  # on the steady clock
        self._restored = ""  # the mark of the incarnation whose jobs are held
        self._timeline = 0

    @property
    def leading(self) -> bool:
        return self.epoch > 0

    def connect(self) -> None:
        """Open the lock's connection. Raises BehindPooler when it cannot carry a session lock."""
        self.lock.connect()

    def lead(self, now: datetime) -> bool:
        """Take the lock, or show that we still have it: whether we lead. Never waits; False means stand by."""
        try:
            if self.leading:
                if self._go_on(now):
                    return True
                emit(TablesExchanged(self.name))
                self.step_down()
                return False
            with self._alone:
                asked = steady()
                if self.lock.take():
                    self._judge(now)
                    self.epoch = self._begin_epoch(now)
                    self._pinged, self._sure_until = asked, asked + SURE_FOR
                    emit(LeadershipBegun(self.name, self.epoch))
                    return True
                self._unreachable_since = None  # another leads
            self._say_who_leads()
        except (DatabaseError, InterfaceError, BehindPooler) as error:
            if not isinstance(error, BehindPooler) and self._unreachable_since is None:
                self._unreachable_since = steady()
            emit(LockUnreachable(self.name, error))
            self.step_down()
        return False

    def ping(self, every: float) -> None:
        """Give a sign of life if the last one is `every` seconds old. For another thread than the scheduler's, which
        hears of a dead session when it asks next."""
        with self._alone:
            if not self.leading or self._lost or steady() < self._pinged + every:
                return
            try:
                asked = steady()
                self.lock.show()
                self._pinged, self._sure_until = asked, asked + SURE_FOR
            except (DatabaseError, InterfaceError) as error:
                emit(LockConnectionLost(self.name, error))
                self._lost = True

    def _go_on(self, now: datetime) -> bool:
        """Show that we still have the lock. Returns False when the tables are another installation's. Raises
        DatabaseError."""
        with self._alone:
            if self._lost:
                raise InterfaceError("the connection of the lock is lost")
            asked = steady()
            if not self._ping(now):
                return False
            self._pinged, self._sure_until = asked, asked + SURE_FOR
            return True

    def still(self, now: datetime) -> bool:
        """Return whether we lead at this moment, without asking again within a second of a sign of life. A process that
        was stopped and woken finds out here, before it publishes."""
        return self.leading and ((steady() < self._sure_until and not self._lost) or self.lead(now))

    def step_down(self) -> None:
        """Stop leading. The lock is given back before the session: the server notices a closed one a moment later."""
        if self.leading:
            emit(LeadershipEnded(self.name, self.epoch))
        with self._alone:
            self.epoch, self._compared, self._lost = 0, False, False
            self._keeper.forget()
            self.lock.give_back()

    def progress(self) -> Progress:
        row = Leadership.current()
        return Progress(row.listed_until, row.unpublished_since)

    def record_listed(self, *, now: datetime, horizon: datetime, found: int) -> bool:
        """Note a list query, in its own transaction. False when another epoch has begun: then it must not count.
        What found nothing, when nothing waits, leaves nothing to publish."""
        values = {"listed_at": now, "listed_until": horizon, "listed": found}
        if not found:
            return self._record(**values, published_at=now, unpublished_since=None)
        since = Least("unpublished_since", Value(now))  # of what is not NULL
        return self._record(**values, published_at=None, unpublished_since=since)

    def record_published(self, now: datetime) -> bool:
        """Note that everything listed so far, by whomever, has its message."""
        return self._record(published_at=now, unpublished_since=None)

    def _record(self, **values: object) -> bool:
        return Leadership.objects.filter(epoch=self.epoch).update(**values) == 1

    def _ping(self, now: datetime) -> bool:
        """Show that the session is ours, and note how far the database has come. Returns False when it is another
        one."""
        with self.lock.session.cursor() as cursor:
            cursor.execute(PING)
            writable, same, latest, written, identity, incarnation = cursor.fetchone()
        if not writable:
            raise sessions.ReadOnly
        if same:
            ours = known.learn(identity, incarnation) if identity and incarnation else known.read()
            if not self._compared and steady() >= self._ask_again_at:
                self._judge(now)
            elif self._compared and ours.mark != self._restored:  # what was seen before a restore is kept
                known.heard(latest)
                self._keeper.note(ours.mark, Memory(latest, written, self._timeline))
        return bool(same)

    def _judge(self, now: datetime) -> None:
        """Judge whether this database was restored: then no job starts. Nothing is noted before that was asked; a
        broker that is away, and with it the jobs, is asked again with the next sign of life."""
        with self.lock.session.cursor() as cursor:
            here = Place.read(cursor)
        mark, remembered = known.read().mark, None
        try:
            remembered, self._compared = memory.read(mark), True
        except Exception as error:  # noqa: BLE001 - a broker may fail in any way
            emit(BrokerMemoryUnknown(error))
            self._ask_again_at = steady() + ASK_AGAIN
        self._timeline = here.timeline
        row = judge(here, remembered, now=now, heard=known.start, asked=self._compared)
        self._restored = mark if row.held_at is not None else ""

    def _say_who_leads(self) -> None:
        """Tell who leads, once a minute at most: a standby that waits for somebody unknown would do it in silence."""
        if steady() - self._said_at >= SAY_EVERY:
            self._said_at = steady()
            holder, lock = Leadership.current(), Leadership.lock_holder(known.identity().lock)
            emit(StandsBy(self.name, str(holder), str(lock or "nobody")))

    def _begin_epoch(self, now: datetime) -> int:
        with transaction.atomic():
            before, _ = Leadership.objects.get_or_create(id=1)
            self._note_outage(before, now)
            Leadership.objects.update(holder=self.name, elected_at=now, epoch=F("epoch") + 1, zones=zones.RELEASE)
            return Leadership.objects.get().epoch

    def _note_outage(self, before: Leadership, now: datetime) -> None:
        """Write down that the database was away since we heard of it last, or that nobody has led for longer than jobs
        are listed ahead: that makes jobs late."""
        since, self._unreachable_since = self._unreachable_since, None
        if since is not None:
            lost_at = now - timedelta(seconds=steady() - since)
            Outage.objects.note(Outage.Of.DATABASE, since=lost_at, until=now, who=self.name)
        elif before.listed_at is not None and now - before.listed_at > timedelta(
            seconds=conf().min_prepare_time + SPARE
        ):
            Outage.objects.note(Outage.Of.LEADER, since=before.listed_at, until=now, who=self.name)
