"""Celery tasks that exist already, as targets: those that JOBS_CELERY_TASKS names, and no others."""

from __future__ import annotations

import re
from functools import partial
from importlib import import_module
from typing import Any

from celery import Task, current_app

from jobs.conf import conf
from jobs.targets.context import TargetFailed
from jobs.targets.entries import Prepare, Target
from jobs.targets.registry import UnknownTarget
from jobs.targets.signatures import Arguments

PREFIX = "celery:"
FORM = re.compile(r"[A-Za-z_]\w*([.-]\w+)*")
OURS = "jobs.run"  # the task that runs jobs


class TaskArguments(Arguments):
    """Arguments that the task is called with."""

    args: list[Any] = []
    kwargs: dict[str, Any] = {}


def is_name(entry: str) -> bool:
    """Return whether JOBS_CELERY_TASKS may have this entry."""
    return bool(FORM.fullmatch(entry)) and entry != OURS


def allowed() -> list[str]:
    """Return the names of the tasks that JOBS_CELERY_TASKS allows, as Celery has them."""
    return sorted(name for name in conf().celery_tasks if is_name(name))


def names() -> list[str]:
    return [f"{PREFIX}{name}" for name in allowed()]


def find(name: str) -> Target | None:
    """The target of an allowed task, by its name with or without the prefix. Whether this process has the task's code
    is found out when it is needed."""
    task = name.removeprefix(PREFIX)
    if task not in conf().celery_tasks or not is_name(task):
        return None
    return Target(
        name=name,
        call=partial(run, task),
        summary="A Celery task, run in place.",
        description="A Celery task, run in place.",
        arguments=TaskArguments,
        whole="given",
        prepare=Prepare(partial(_task, task), (), context=None, whole=None),
    )


def is_meant(name: str) -> bool:
    """Return whether this is the name of a Celery task."""
    return name.startswith(PREFIX) or name in current_app.tasks


def run(name: str, given: TaskArguments) -> object:
    """Call the task in this thread, as one that no worker of Celery has taken: without a result backend, and without
    its retries.

    Raises what it raises; TargetFailed where it wants a retry.
    """
    try:
        return _task(name)(*given.args, **given.kwargs)
    except Exception as error:
        if _wants_retry(error):
            why = f"{name} asked Celery for a retry, which a job does not follow; name its ends in retry_on instead"
            kinds = tuple(kind.__name__ for kind in type(error).__mro__)
            raise TargetFailed(f"{why} ({type(error).__name__}: {error})", None, kinds) from error
        raise


def _task(name: str) -> Any:
    if name not in current_app.tasks:
        try:
            import_module(name.rpartition(".")[0] or name)
        except ImportError as error:
            raise UnknownTarget(_missing(name, f" ({error})")) from error
    try:
        return current_app.tasks[name]
    except KeyError:
        raise UnknownTarget(_missing(name, "")) from None


def _missing(name: str, why: str) -> str:
    return f"JOBS_CELERY_TASKS allows '{name}', but this worker has no such Celery task{why}: install its module."


def _wants_retry(error: BaseException) -> bool:
    """Return whether the error comes out of `Task.retry`, which raises the task's own where no worker has taken it."""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code is Task.retry.__code__:
            return True
        trace = trace.tb_next
    return False
