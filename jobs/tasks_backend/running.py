"""Start of a task on a worker: its arguments, and what its signals and its context say."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from jobs.clock import clock
from jobs.tasks_backend.framework import base, normalize_json, signals


class RunningTask:
    """Start of a task. Its block sends `task_started` when it begins and `task_finished` when it ends; what that says
    of the end is the body's own: the ledger has the rest, such as a deadline that has passed."""

    def __init__(self, backend: object, result: Any) -> None:
        self._sender, self._result = type(backend), result
        self.function = result.task.func
        self.args = [base.TaskContext(task_result=result), *result.args] if result.task.takes_context else result.args
        self.kwargs = result.kwargs

    def __enter__(self) -> Self:
        self._say(started_at=clock.now(), last_attempted_at=clock.now())
        signals.task_started.send(sender=self._sender, task_result=self._result)
        return self

    def returned(self, value: Any) -> Any:
        """Return what the job keeps of it. Raises TypeError for what JSON has no word for: the task has failed then."""
        kept = normalize_json(value)
        self._say(_return_value=kept)
        return kept

    def __exit__(self, kind: object, error: BaseException | None, trace: TracebackType | None) -> None:
        status = base.TaskResultStatus
        self._say(status=status.SUCCESSFUL if error is None else status.FAILED, finished_at=clock.now())
        signals.task_finished.send(sender=self._sender, task_result=self._result)

    def _say(self, **values: Any) -> None:
        for name, value in values.items():
            object.__setattr__(self._result, name, value)
