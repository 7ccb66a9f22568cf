"""What is said of one start: who makes it, by which message, of which row, and how it ended."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from jobs.states import State
from jobs.transitions.limits.names import Name


@dataclass(frozen=True)
class WorkerIdentity:
    """Who starts a job: the name of the worker, and which of its lives."""

    name: str
    session: uuid.UUID


@dataclass(frozen=True)
class AcquireRequest:
    """A start that a message asks for. `token` is this try's own: it proves whose start it is when COMMIT's answer
    is lost. `queue`: the message's; None if it names none."""

    job_id: int
    version: int
    token: uuid.UUID
    queue: str | None = None


@dataclass(frozen=True)
class Started:
    """A job that is ours to run: the row as it was read under its lock, handed down and never read again. `due`: its
    `run_at`, or the later moment that a rate has given it."""

    job_id: int
    attempt: int
    target: str
    payload: object
    run_at: datetime
    due: datetime
    # What the database's clock read under the row lock; None when it was read again later.
    read_at: datetime | None = field(compare=False)
    deadline: int | None = None  # seconds
    ends_by: datetime | None = None


@dataclass(frozen=True)
class Acquired:
    """What came of taking rows. `limited` share a limit, and were left alone; `early` cannot start yet, and are asked
    for again at that moment; of `busy` somebody else is deciding about that limit, and they are asked for again
    soon."""

    started: list[Started] = field(default_factory=list)
    limited: list[AcquireRequest] = field(default_factory=list)
    early: list[tuple[AcquireRequest, datetime]] = field(default_factory=list)
    busy: list[tuple[AcquireRequest, Name]] = field(default_factory=list)

    @classmethod
    def all_of(cls, parts: Sequence[Acquired]) -> Acquired:
        """All of these in one."""
        found = cls()
        for part in parts:
            found.started.extend(part.started)
            found.limited.extend(part.limited)
            found.early.extend(part.early)
            found.busy.extend(part.busy)
        return found


@dataclass(frozen=True)
class Ended:
    """How an attempt ended. `execute_at` is None when its body was never entered; `result` is JSON; `kinds` are the
    names of this end that a job may want another start after, none for a good one. `log`, JSON, and the rest are what
    its body has said; `progress` is None where it has said none. `story` is the traceback of its error: the ledger
    keeps it beside `error`, which alone is the job's reason. `retry_after`: seconds that another start waits at
    least."""

    started: Started
    outcome: State
    execute_at: datetime | None
    finished_at: datetime
    error: str = ""
    result: str | None = None
    kinds: tuple[str, ...] = ()
    log: str | None = None
    progress: float | None = None
    progress_note: str | None = None
    story: str = ""
    retry_after: float | None = None
