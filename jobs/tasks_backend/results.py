"""Results of tasks: what a job and its starts say, in the words of Django's tasks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from jobs import exactjson
from jobs.models import Attempt, Job
from jobs.states import State
from jobs.tasks_backend.framework import base

BEGINS = "Traceback (most recent call last):"
CLASS = re.compile(r"[A-Za-z_]\w*(?=: |$)")


class TaskInterrupted(Exception):
    """Failure of a task whose worker vanished after its start: whether it had any effect is not known."""


class TaskStopped(Exception):
    """Failure of a task whose deadline passed, or that somebody asked to stop."""


class TaskNotStarted(Exception):
    """Failure of a task whose job was cancelled or skipped, or could not be started."""


def status_of(state: int) -> Any:
    """Return the status of a task whose job is in this state."""
    status = base.TaskResultStatus
    known = {State.PENDING: status.READY, State.RUNNING: status.RUNNING, State.COMPLETED: status.SUCCESSFUL}
    return known.get(State(state), status.FAILED)


def result_of(job: Job, attempts: Sequence[Attempt], task: Any, alias: str) -> Any:
    """Return the result of a task whose job this is; `attempts` are its starts, in their order."""
    payload: Any = exactjson.with_floats(job.payload, nearest=True)
    status = status_of(job.state)
    last = attempts[-1] if attempts else None
    result = base.TaskResult(
        task=task,
        id=str(job.pk),
        status=status,
        enqueued_at=job.created_at,
        started_at=_started(attempts[0]) if attempts else None,
        finished_at=job.finished_at,
        last_attempted_at=_started(last) if last else None,
        args=payload.get("args", []),
        kwargs=payload.get("kwargs", {}),
        backend=alias,
        errors=[_error(one) for one in attempts if one.outcome not in (None, State.COMPLETED)],
        worker_ids=[one.worker for one in attempts],
    )
    if status == base.TaskResultStatus.SUCCESSFUL and last is not None:
        object.__setattr__(result, "_return_value", exactjson.with_floats(last.result, nearest=True))
    elif status == base.TaskResultStatus.FAILED and (last is None or not result.errors):
        result.errors.append(_said(TaskNotStarted, job.reason))
    return result


def _started(attempt: Attempt) -> Any:
    """Return when the body was entered or, while it runs and that is not recorded, when its row was taken."""
    return attempt.started_at or attempt.locked_at


def _error(attempt: Attempt) -> Any:
    if attempt.outcome == State.INTERRUPTED:
        return _said(TaskInterrupted, attempt.error)
    name = CLASS.match(attempt.error)
    if name is None:
        return _said(TaskStopped, attempt.error)
    _, begins, story = attempt.error.partition(BEGINS)
    # Its last line names the class with its module, but for those of Python itself.
    paths = re.findall(rf"^((?:\w+\.)*{name[0]})(?=: |$)", story, re.MULTILINE)
    path = paths[-1] if paths else name[0]
    return base.TaskError(
        exception_class_path=path if "." in path else f"builtins.{path}",
        traceback=f"{begins}{story or attempt.error}\n",
    )


def _said(kind: type[Exception], words: str) -> Any:
    path = f"jobs.tasks_backend.{kind.__name__}"
    return base.TaskError(exception_class_path=path, traceback=f"{path}: {words}\n")
