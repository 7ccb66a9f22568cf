"""What a job may do, in plain Python: no database, no locks, no messages. The table must always agree with it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from jobs.states import FINAL, RETRYABLE, State


@dataclass
class ModelJob:
    run_at: datetime
    state: State = State.PENDING
    version: int = 1
    starts: int = 0
    holder: uuid.UUID | None = None  # the session whose attempt runs it
    entered: list[int] = field(default_factory=list)  # attempts whose body was entered

    def acquire(self, version: int, session: uuid.UUID, due_before: datetime) -> int | None:
        """The number of the attempt; None when this message must start nothing."""
        if self.state != State.PENDING or version != self.version or self.run_at >= due_before:
            return None
        self.state, self.holder = State.RUNNING, session
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

    def interrupt(self) -> None:
        assert self.state == State.RUNNING
        self.state, self.holder = State.INTERRUPTED, None

    def cancel(self) -> bool:
        if self.state == State.RUNNING:
            return True  # asked to stop, and goes on
        return self._edit({State.PENDING}, State.CANCELLED, self.run_at)

    def move(self, run_at: datetime) -> bool:
        return self._edit({State.PENDING}, State.PENDING, run_at)

    def retry(self, now: datetime) -> bool:
        due = max(self.run_at, now) if self.state in (State.CANCELLED, State.SKIPPED) else now
        return self._edit(RETRYABLE, State.PENDING, due)

    def _edit(self, expected: set[State] | frozenset[State], state: State, run_at: datetime) -> bool:
        if self.state not in expected:
            return False
        self.state, self.run_at = state, run_at
        self.version += 1
        return True

    @property
    def settled(self) -> bool:
        return self.state in FINAL
