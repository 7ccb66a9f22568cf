"""Refreshes the row of this worker process every few seconds, from a thread of its own."""

from __future__ import annotations

import os
import platform
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict
from queue import SimpleQueue
from typing import Any

import celery
from django.db import DatabaseError, InterfaceError

from jobs import __version__, transitions, zones
from jobs.clock import clock, steady
from jobs.conf import conf
from jobs.database import connection
from jobs.events import emit
from jobs.events.worker.process import (
    DeclaredGone,
    GoodbyeFailed,
    HeartbeatFailed,
    LossNotRecorded,
    PresenceUnknown,
    StopsUnread,
)
from jobs.installation import known
from jobs.models import Worker
from jobs.models.querysets.limits import DATABASE_CLOCK
from jobs.transitions import WorkerIdentity
from jobs.worker.process.capacity import Capacity
from jobs.worker.process.foreign import Foreign
from jobs.worker.process.minutes import Minutes


def renew(session: uuid.UUID) -> bool:
    """Say at this moment that the session lives. Returns False when it has been declared gone: rescue holds the same
    row while it settles a worker's jobs, so that one of the two is first."""
    return Worker.objects.present().filter(session=session).update(heartbeat_at=DATABASE_CLOCK) == 1


def versions() -> dict[str, str]:
    """Return the versions of what runs jobs in this process, by name."""
    return {"RunAt": __version__, "Python": platform.python_version(), "Celery": celery.__version__}


class Heartbeat:
    """Says that this worker lives, and which of its lives it is."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._session = uuid.uuid4()
        self._registered = False
        self._proven_at = float("-inf")  # on the steady clock: when our session was last known to be present
        self._facts: dict[str, Any] = {}
        self._renamed: list[str] | None = None  # queues that the row does not name yet
        self._capacity = Capacity()
        self._figures: Callable[[], Mapping[str, Any]] = lambda: {"running": 0, "waiting": 0, **Minutes().row()}
        self._look: Callable[[], None] = lambda: None
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._lost: SimpleQueue[tuple[int, str]] = SimpleQueue()
        self._thread: threading.Thread | None = None

    @property
    def identity(self) -> WorkerIdentity:
        return WorkerIdentity(name=self._name, session=self._session)

    def proven(self) -> WorkerIdentity | None:
        """Return this worker's identity, if it still counts as present: its row is asked when its last beat is old, as
        after a stop of the process or the machine. None when it was declared gone, until it has its next session: what
        it took under this one would be declared interrupted while it runs."""
        for _ in range(2):  # the first connection may be a broken one
            asked_at = steady()
            if asked_at - self._proven_at < conf().heartbeat_patience / 2:
                break
            try:
                if renew(self._session):
                    self._proven_at = asked_at
                    break
                self._proven_at = float("-inf")
                self.beat_now()
                return None
            except (DatabaseError, InterfaceError) as error:
                emit(PresenceUnknown(error))
        return self.identity  # without a database nothing can be taken, under any name

    def start(
        self,
        *,
        pool: str,
        slots: int,
        queues: list[str],
        figures: Callable[[], Mapping[str, Any]],
        capacity: Capacity,
        look: Callable[[], None],
    ) -> None:
        """Register, then beat. The first beat is made here: a worker that takes jobs is in the table. Each beat writes
        the node's reading and `figures`, columns of the row, and hears whether somebody has drained this worker. `look`
        is called with each: it tells the jobs that run here whether they are to stop."""
        if self._thread is not None:
            return  # a reconnected consumer is ready again; its worker has lived on
        self._facts = {"pid": os.getpid(), "pool": pool, "slots": slots, "queues": queues, "zones": zones.RELEASE}
        self._facts |= {"bundles": True, "versions": versions()}
        self._figures = figures
        self._capacity = capacity
        self._look = look
        self._beat()
        self._thread = threading.Thread(target=self._loop, name="heartbeat", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Say good-bye: from now on others may settle what this worker still holds."""
        self._capacity.stop()
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=conf().heartbeat_interval)
        self._interrupt_lost()
        for is_last in (False, True):  # the first connection may have been broken for hours: only a start uses it
            try:
                Worker.objects.filter(session=self.identity.session).update(stopped_at=clock.now(), running=0)
                break
            except (DatabaseError, InterfaceError) as error:
                if is_last:
                    emit(GoodbyeFailed(error))
        connection.close()

    def beat_now(self) -> None:
        """Have the heartbeat's thread beat, and look for jobs that are to stop, at once instead of at its time."""
        self._wake.set()

    def takes_from(self, queues: list[str]) -> None:
        """Have the row name these queues, from the next beat on."""
        if self._facts and self._facts["queues"] != queues:
            self._facts["queues"] = self._renamed = queues
            self._wake.set()

    def report_lost(self, job_id: int, why: str) -> None:
        """Note that a pool child died with this job. Settled at once, by the heartbeat's thread: the caller is the
        event loop."""
        self._lost.put((job_id, why))
        self._wake.set()

    def _loop(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(conf().heartbeat_interval)
            self._wake.clear()
            if not self._stop.is_set():
                self._look_for_stops()
                self._beat()
                self._interrupt_lost()
        connection.close()

    def _look_for_stops(self) -> None:
        try:
            self._look()
        except Exception as error:  # noqa: BLE001 - looked again with the next beat
            emit(StopsUnread(error))

    def _interrupt_lost(self) -> None:
        while not self._lost.empty():
            job_id, why = self._lost.get()
            try:
                reason = f"{why}; whether the job had any effect is unknown"
                transitions.interrupt([self.identity.session], now=clock.now(), reason=reason, job_id=job_id)
            except Exception as error:  # noqa: BLE001 - tried again with the next beat
                emit(LossNotRecorded(job_id, error))
                self._lost.put((job_id, why))
                return

    def _beat(self) -> None:
        try:
            asked_at = steady()
            clock.current()  # measured anew when it is a minute old
            values: dict[str, Any] = asdict(self._capacity.reading)
            values |= {**self._figures(), "refusing": self._capacity.refusing}
            values |= {"offset_ms": clock.offset * 1000, "uncertainty_ms": clock.uncertainty * 1000}
            seen = Foreign.latest
            values |= {"foreign_at": seen and seen.at, "foreign_from": seen.whose if seen else ""}
            if not self._registered:
                self._register(self.identity.session, values)
                known.read()
                self._proven_at = asked_at
                return
            heard = Worker.objects.beat(self.identity.session, values)
            if heard is not None:
                renamed = self._renamed
                if renamed is not None:
                    Worker.objects.filter(session=self._session).update(queues=renamed)
                    if self._renamed is renamed:
                        self._renamed = None
                self._capacity.set_drain(heard.drain)
                if heard.identity and heard.incarnation:
                    known.learn(heard.identity, heard.incarnation)
            else:
                # We were silent for so long that we count as gone: go on under a new session.
                emit(DeclaredGone(self._name))
                # In the table before the first start under it: nobody would look for a session that is not there.
                self._register(session := uuid.uuid4(), values)
                self._session = session
            self._proven_at = asked_at
        except Exception as error:  # noqa: BLE001 - a heart that stops for any error interrupts every running job
            emit(HeartbeatFailed(error))

    def _register(self, session: uuid.UUID, values: dict[str, Any]) -> None:
        # A worker that was drained under an earlier session stays so.
        values |= {"started_at": DATABASE_CLOCK, "heartbeat_at": DATABASE_CLOCK, **self._capacity.drain._asdict()}
        Worker.objects.create(session=session, name=self._name, **self._facts, **values)
        self._registered = True
