"""The starts that this process has in its slots, and the way to tell one of them that it is to stop."""

from __future__ import annotations

import threading
from typing import NamedTuple

from jobs import targets, traceparent
from jobs.transitions import Started
from jobs.worker.run.progress import reports


class Here(NamedTuple):
    """A start in a slot of this process. `thread`: the identifier of the thread that has it."""

    context: targets.Context
    thread: int


_here: dict[int, Here] = {}  # by job: no process has two starts of one


def enter(started: Started) -> targets.Context:
    """Note that the start is in its slot, and return its context: from now on it can be asked to stop."""
    context = targets.Context(
        started.job_id,
        started.attempt,
        started.run_at,
        deadline=started.ends_by,
        limit=started.deadline,
        due=started.due,
        nominal_time=started.nominal_at,
        labels=started.labels,
        traceparent=traceparent.of_attempt(started.job_id, started.attempt) or started.traceparent,
    )
    context.execution.on_progress = (
        reports.put
    )  # knows no context: each start would leave a cycle to the garbage collector
    _here[started.job_id] = Here(context, threading.get_ident())
    return context


def leave(context: targets.Context) -> None:
    found = _here.get(context.job_id)
    if found is not None and found.context is context:  # or the job was settled, and its next start is here
        del _here[context.job_id]


def here(job_id: int) -> Here | None:
    """Return the start of this job that is in a slot of this process; None if there is none."""
    return _here.get(job_id)


def ids() -> list[int]:
    """Return the ids of the jobs that are in slots of this process."""
    return list(_here)


def ask_to_stop(job_id: int, attempt: int, why: str) -> None:
    """Tell this start that it is to stop, if it is still here. From any thread."""
    found = _here.get(job_id)
    if found is not None and found.context.attempt == attempt:
        found.context.execution.ask(why)
