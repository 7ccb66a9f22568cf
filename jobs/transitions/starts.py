"""Describes one start: who makes it, by which message, of which row, and how it ended.

What there is one of for each start is a named tuple: a frozen dataclass takes three times as long to make.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from jobs.models import Job, moments
from jobs.states import State
from jobs.traceparent import is_on
from jobs.transitions.limits.names import Name

NO_LABELS: Mapping[str, str] = {}  # a pool child gets a copy, so it is one that can be sent


@dataclass(frozen=True)
class WorkerIdentity:
    """The worker that starts a job: its name, and which of its lives."""

    name: str
    session: uuid.UUID


class AcquireRequest(NamedTuple):
    """A start that a message asks for."""

    job_id: int
    #: The version of the job that the message names; another acquires nothing.
    version: int
    #: This try's own: it proves whose start it is when COMMIT's answer is lost.
    token: uuid.UUID
    #: The message's; None if it names none.
    queue: str | None = None
    #: When the message was sent and when it came, in seconds since the epoch; None where nobody draws that.
    came: tuple[float | None, float] | None = None


class Way(NamedTuple):
    """The way of a job to its worker, for those who draw it: read only where attempts have spans."""

    queue: str
    created_at: datetime
    #: When it was listed or, created late, published by its creator.
    listed_at: datetime | None
    #: When its row was taken.
    locked_at: datetime
    #: When its message was sent and when it came, in seconds since the epoch, as far as that is known.
    published_at: float | None = None
    received_at: float | None = None


class Started(NamedTuple):
    """A job that is ours to run: the row as it was read under its lock, handed down and never read again. Times are in
    UTC."""

    job_id: int
    #: The number of this start of the job, from 1.
    attempt: int
    target: str
    #: The arguments of the target, a JSON object; SQL may have written anything.
    payload: object
    run_at: datetime
    #: Its `run_at`, or the later moment that a rate has given it.
    due: datetime
    #: What the database's clock read under the row lock; None when it was read again later.
    read_at: datetime | None
    #: Seconds after `run_at`, or after its row was taken if that is later, by which it is to end; None: at any time.
    deadline: int | None = None
    #: The moment at which the deadline passes; None without one.
    ends_by: datetime | None = None
    #: The time of its schedule that it stands for; None for what no schedule has made.
    nominal_at: datetime | None = None
    #: What it can be found by: texts by keys.
    labels: Mapping[str, str] = NO_LABELS
    queue: str = ""
    #: The trace of whoever has created it; None for none.
    traceparent: str | None = None
    #: How it came here; None where nobody draws it.
    way: Way | None = None

    @classmethod
    def of(cls, job: Job, attempt: int, locked_at: datetime) -> Started:
        """Return the start of this number of a job whose row was read later, and was taken at that moment."""
        ends_by = moments.ends_by(job.run_at, locked_at, job.deadline)
        way = Way(job.queue, job.created_at, job.enqueued_at, locked_at) if is_on() else None
        more = (job.deadline, ends_by, job.nominal_at, job.labels, job.queue, job.traceparent, way)
        return cls(job.pk, attempt, job.target, job.payload, job.run_at, job.due, None, *more)


@dataclass(frozen=True)
class Acquired:
    """The result of taking rows."""

    #: Taken, in the order of the requests.
    started: list[Started] = field(default_factory=list)
    #: Those that share a limit, and were left alone.
    limited: list[AcquireRequest] = field(default_factory=list)
    #: Those that cannot start yet, and are asked for again at that moment.
    early: list[tuple[AcquireRequest, datetime]] = field(default_factory=list)
    #: Those about whose limit somebody else decides now; they are asked for again soon.
    busy: list[tuple[AcquireRequest, Name]] = field(default_factory=list)

    @classmethod
    def all_of(cls, parts: Sequence[Acquired]) -> Acquired:
        """Return all of these in one."""
        found = cls()
        for part in parts:
            found.started.extend(part.started)
            found.limited.extend(part.limited)
            found.early.extend(part.early)
            found.busy.extend(part.busy)
        return found


class Ended(NamedTuple):
    """The end of an attempt, to be recorded. Times are in UTC."""

    started: Started
    #: COMPLETED, FAILED or INTERRUPTED.
    outcome: State
    #: When its body was entered; None when it never was.
    execute_at: datetime | None
    finished_at: datetime
    #: Why it failed, the job's reason; empty for a good end.
    error: str = ""
    #: What it returned, as JSON; None for none.
    result: str | None = None
    #: The names of this end that a job may want another start after; none for a good one.
    kinds: tuple[str, ...] = ()
    #: What its body has said, as JSON; None for nothing.
    log: str | None = None
    #: The share of its work that it has done, 0 to 1; None where it has said none.
    progress: float | None = None
    #: What it has said of its progress last; None where it has said none.
    progress_note: str | None = None
    #: The traceback of its error, which the ledger keeps beside `error`.
    story: str = ""
    #: Seconds that another start waits at least; None: as long as its back-off.
    retry_after: float | None = None
    #: By what and where it failed: jobs/fingerprints.py; empty where `kinds` or `error` say it.
    failure: str = ""
