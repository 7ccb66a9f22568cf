"""Backend that makes a job of each task that is enqueued."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, partial
from typing import Any

from django.core.checks import CheckMessage, Error
from django.utils import timezone

from jobs import rules
from jobs.clock import clock
from jobs.events import emit
from jobs.events.targets import TasksMayBeUnknown
from jobs.models import Job
from jobs.python.scheduling import create
from jobs.rights import reach_of
from jobs.rights.telling import seen_job
from jobs.targets.django_tasks import PREFIX, StartsTasks, comes_with_declared, name_of, task_at
from jobs.tasks_backend.framework import BaseTaskBackend, InvalidTask, exceptions, normalize_json, signals
from jobs.tasks_backend.results import result_of
from jobs.tasks_backend.running import RunningTask

NOW = "now"
MAIN = "__main__"  # another in each process
LONGEST_ID = 19  # digits of a job's id
OF_THE_TASK = ("target", "payload", "run_at", "queue")  # no OPTIONS: what is enqueued says them


class RunAtBackend(StartsTasks, BaseTaskBackend):  # type: ignore[misc] # of whichever package is there
    """Tasks that start at their `run_after`, on the millisecond, at most once.

    OPTIONS are fields of new jobs, such as `deadline`, `labels` or `rerunnable`. There are no priorities: a queue with
    workers of its own does that."""

    supports_defer = True
    supports_async_task = True
    supports_get_result = True
    supports_priority = False

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        """Create the job of this call, in the caller's transaction. Raises what refuses the task, TypeError for
        arguments that are no JSON, and jobs.Refused for what no job may be."""
        self.validate_task(task)
        payload = {"args": normalize_json(list(args)), "kwargs": normalize_json(kwargs)}
        known = task_at(task.module_path)
        module = task.func.__module__
        if known is None or module == MAIN:
            raise InvalidTask(
                f"No worker would find {task.module_path}: declare it with @task in a module 'tasks' of an "
                "installed app, and outside of functions."
            )
        _warn_of(module)
        if known.backend != self.alias:
            payload["backend"] = self.alias
        run_at = _run_at(task)
        if run_at != NOW:
            payload["deferred"] = True
        job, _ = create(name_of(task), payload, run_at=run_at, queue=task.queue_name, **self.options)
        result = result_of(job, [], task, self.alias)
        signals.task_enqueued.send(type(self), task_result=result)
        return result

    def get_result(self, result_id: str) -> Any:
        """Return the result of the task whose job has this id, also long after. Raises TaskResultDoesNotExist."""
        text = str(result_id)
        its_id = int(text) if text.isascii() and text.isdecimal() and len(text) < LONGEST_ID else 0
        job = seen_job(its_id, reach_of(None)) if its_id else None
        task = None if job is None or not job.target.startswith(PREFIX) else task_at(job.target.removeprefix(PREFIX))
        if job is None or task is None:
            raise exceptions.TaskResultDoesNotExist(text)
        return self._result(job, task)

    def starting(self, task: Any, job_id: int) -> RunningTask:
        from jobs.worker.record.database_retry import retry_until_answered  # noqa: PLC0415 - only workers have that

        # Asked until it is answered: the row is taken, and that the database is away for a second is no failure of it.
        job = retry_until_answered(partial(_taken, job_id))
        if job is None:
            raise exceptions.TaskResultDoesNotExist(str(job_id))
        return RunningTask(self, self._result(job, task))

    def _result(self, job: Job, task: Any) -> Any:
        payload: Any = job.payload
        changes = {"run_after": job.run_at} if payload.get("deferred") else {}
        # In one step: what the task says of itself another backend need not take.
        mine = task.using(backend=self.alias, queue_name=self._queue(job, task), **changes)
        return result_of(job, sorted(job.attempts.all(), key=lambda one: one.number), mine, self.alias)

    def _queue(self, job: Job, task: Any) -> str:
        """Return the job's queue or, where somebody has moved it to one that QUEUES has not, one of these."""
        known: set[str] = self.queues or {job.queue}
        wanted: list[str] = [job.queue, task.queue_name, *sorted(known)]
        return next(queue for queue in wanted if queue in known)

    def check(self, **kwargs: Any) -> Iterable[CheckMessage]:
        """Return what is wrong with QUEUES and OPTIONS."""
        yield from super().check(**kwargs)
        for queue in self.queues:
            for problem in rules.queue_problems(queue):
                yield Error(f"TASKS['{self.alias}']: '{queue}' is no queue.", hint=problem, id="jobs.E040")
        unknown = sorted(set(self.options) - set(rules.ASKED) | set(self.options) & set(OF_THE_TASK))
        if unknown:
            known = ", ".join(name for name in rules.ASKED if name not in OF_THE_TASK)
            yield Error(
                f"TASKS['{self.alias}']: OPTIONS has {', '.join(unknown)}, which no option is.",
                hint=f"Options are fields of a job: {known}.",
                id="jobs.E041",
            )


def _taken(job_id: int) -> Job | None:
    """Return a job that was taken, with its starts; None where its row is gone."""
    return Job.objects.prefetch_related("attempts").filter(pk=job_id).first()


@cache
def _warn_of(module: str) -> None:
    """Say once that workers may not have this module. No refusal: what this process has imported by another way may
    come with a declared one, too."""
    if not comes_with_declared(module):
        emit(TasksMayBeUnknown(module))


def _run_at(task: Any) -> Any:
    """Return when its job starts: at once where its time has passed, since it is one before which it may not."""
    after = task.run_after
    if after is None:
        return NOW
    aware = timezone.make_aware(after) if timezone.is_naive(after) else after
    return aware if aware > clock.current() else NOW
