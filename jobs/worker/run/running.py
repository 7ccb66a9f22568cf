"""The starts that this process has in its slots, and the way to tell one of them that it is to stop."""

from __future__ import annotations

from jobs import targets, traceparent
from jobs.transitions import Started
from jobs.worker.run.progress import reports

_here: dict[int, targets.Context] = {}  # by job: no process has two starts of one


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
    _here[started.job_id] = context
    return context


def leave(context: targets.Context) -> None:
    if _here.get(context.job_id) is context:  # or the job was settled, and its next start is here
        del _here[context.job_id]


def ids() -> list[int]:
    """Return the ids of the jobs that are in slots of this process."""
    return list(_here)


def ask_to_stop(job_id: int, attempt: int, why: str) -> None:
    """Tell this start that it is to stop, if it is still here. From any thread."""
    context = _here.get(job_id)
    if context is not None and context.attempt == attempt:
        context.execution.ask(why)
