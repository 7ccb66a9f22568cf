"""What a job may do, in plain Python: no database, no locks, no messages. The table must always agree with it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from jobs.states import FINAL, State

NEAR = 0.05  # seconds: a moment that has passed by no more is still one's own


@dataclass
class ModelJob:
    run_at: datetime
    state: State = State.PENDING
    version: int = 1
    starts: int = 0
    holder: uuid.UUID | None = None  # the session whose attempt runs it
    entered: list[int] = field(default_factory=list)  # attempts whose body was entered
    key: str | None = None
    skips: bool = False  # its overlap policy, beside the queue's
    asked_to_stop: bool = False

    def acquire(self, version: int, session: uuid.UUID, due_before: datetime) -> int | None:
        """The number of the attempt; None when this message must start nothing."""
        if self.state != State.PENDING or version != self.version or self.run_at >= due_before:
            return None
        self.state, self.holder, self.asked_to_stop = State.RUNNING, session, False
        self.starts += 1
        return self.starts

    def enter(self, attempt: int, now: datetime, due: datetime) -> None:
        assert now >= due, "never early"
        assert attempt not in self.entered, "a body is entered once per attempt"
        self.entered.append(attempt)

    def finish(self, attempt: int, outcome: State) -> bool:
        if self.state != State.RUNNING or attempt != self.starts:
            return False
        self.state, self.holder = outcome, None
        return True

    def skip(self) -> None:
        """Its key was taken at its time."""
        assert self.state == State.PENDING
        assert self.skips
        assert not self.starts, "the policy is about first starts"
        self.state = State.SKIPPED

    def hold_back(self, attempt: int) -> None:
        """A pause was answered before its body was entered."""
        assert attempt not in self.entered
        if self.state == State.RUNNING and attempt == self.starts:
            self.state = State.CANCELLED if self.asked_to_stop else State.PENDING
            self.holder = None
            self.version += 1

    def interrupt(self) -> None:
        assert self.state == State.RUNNING
        self.state, self.holder = State.INTERRUPTED, None

    def cancel(self) -> bool:
        if self.state == State.RUNNING:
            self.asked_to_stop = True
            return True  # and goes on
        return self._edit({State.PENDING}, State.CANCELLED, self.run_at)

    def hurry(self, now: datetime, *, keeps_place: bool) -> bool:
        """`keeps_place`: it waits for its turn already, or has it."""
        return self.move(self.run_at if keeps_place else now)

    def move(self, run_at: datetime) -> bool:
        return self._edit({State.PENDING}, State.PENDING, run_at)

    def retry(self, now: datetime) -> bool:
        due = max(self.run_at, now) if self.state in (State.CANCELLED, State.SKIPPED) else now
        return self._edit({State.FAILED, State.CANCELLED, State.INTERRUPTED, State.SKIPPED}, State.PENDING, due)

    def _edit(self, expected: set[State] | frozenset[State], state: State, run_at: datetime) -> bool:
        if self.state not in expected:
            return False
        self.state, self.run_at = state, run_at
        self.version += 1
        return True

    @property
    def settled(self) -> bool:
        return self.state in FINAL


@dataclass
class ModelLimits:
    """What the queue and the keys of all jobs allow. Every key has one place."""

    concurrency: int | None = None
    rate: float | None = None
    paused: bool = False
    started: list[datetime] = field(default_factory=list)  # since that rate was set, in the order of their times

    @property
    def queue_limited(self) -> bool:
        return self.concurrency is not None or self.rate is not None or self.paused

    def check(self, job: ModelJob, others: Iterable[ModelJob], due: datetime, *, late: bool) -> None:
        """This job starts now, to enter its body at `due`, while these others run. `late`: its own moment has passed;
        it may come shortly before one that is in time, and that is all."""
        running = [other for other in others if other is not job and other.state == State.RUNNING]
        assert not self.paused, "nothing starts in a pause"
        assert job.key is None or all(other.key != job.key for other in running), "one of a key at a time"
        assert self.concurrency is None or len(running) < self.concurrency, "so many of the queue at a time"
        if self.rate is not None:
            before = [at for at in self.started if at <= due]
            if late and before:
                self._is_step(before[-1], due)
            self.started = sorted([*self.started, due])
            for first, third in zip(self.started, self.started[2:], strict=False):
                self._is_step(first, third)

    def _is_step(self, first: datetime, second: datetime) -> None:
        assert self.rate is not None
        assert (second - first).total_seconds() >= 1 / self.rate - NEAR, "no faster than its rate"
