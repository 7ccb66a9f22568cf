"""Tasks of Django (`@task`) as targets, by their path: those of the modules `tasks` of installed apps, and of what
Celery is told to import, where TASKS has a backend of ours."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any, Protocol

from celery import current_app
from celery.utils.functional import maybe_list
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured

from jobs.events import emit
from jobs.events.targets import TasksNotImported
from jobs.targets.context import Context
from jobs.targets.entries import Prepare, Target
from jobs.targets.imported import leads_to
from jobs.targets.registry import UnknownTarget
from jobs.targets.signatures import Arguments

PREFIX = "django:"

_looked_at: set[str] = set()  # declared modules that have been imported, or are not there
_brought: set[str] = set()  # modules that came with them
_broken: dict[str, str] = {}  # declared modules that raise, and what


class TaskArguments(Arguments):
    """Arguments that the task is called with. `backend`: the alias in TASKS, where it is not the task's own.
    `deferred`: a time was asked for, by run_after."""

    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    backend: str | None = None
    deferred: bool = False


class Running(AbstractContextManager["Running"], Protocol):
    """Start of a task: what is called, and what becomes of what it returns. Its block is told of as the task's."""

    function: Callable[..., Any]
    args: list[Any]
    kwargs: dict[str, Any]

    def returned(self, value: Any) -> Any: ...


class StartsTasks:
    """Base of backends whose tasks are jobs."""

    def starting(self, task: Any, job_id: int) -> Running:
        """Return the start of a job that has been taken, for its target to run."""
        raise NotImplementedError


@cache
def framework() -> ModuleType | None:
    """Return the tasks of Django (from 6.0 on) or, without them, of the package django-tasks; None where neither is."""
    for name in ("django.tasks", "django_tasks"):
        try:
            return import_module(name)
        except ModuleNotFoundError as error:
            if error.name not in ("django.tasks", "django_tasks"):
                raise
    return None


def name_of(task: Any) -> str:
    """Return the target that runs this task."""
    return f"{PREFIX}{task.module_path}"


def find(name: str) -> Target | None:
    """Return the target of a task; None where there is no such task, or none that jobs may start."""
    if not name.startswith(PREFIX) or (task := task_at(name.removeprefix(PREFIX))) is None:
        return None
    doc = inspect.getdoc(task.func) or "A task of Django."
    return Target(
        name=name,
        call=_run_async if inspect.iscoroutinefunction(task.func) else _run,
        summary=doc.partition("\n")[0],
        description=doc,
        arguments=TaskArguments,
        context="context",
        whole="given",
        prepare=Prepare(_prepare(task), (), context="context", whole="given"),
    )


def task_at(path: str) -> Any:
    """Return the task of this path, such as `shop.tasks.send`; None where there is none. What a row names is imported
    only if it is declared to have tasks, and called only if it is one."""
    tasks = framework()
    if tasks is None or not _are_ours(tasks):
        return None
    module, _, name = path.rpartition(".")
    found = getattr(_module(module), name, None)
    base = import_module(f"{tasks.__name__}.base")
    return found if isinstance(found, base.Task) and found.module_path == path else None


def why_missing(name: str) -> str:
    """Return why no task is found by this name of a target, and what to do; empty where no task is meant by it."""
    if not name.startswith(PREFIX):
        return ""
    if (tasks := framework()) is None or not _are_ours(tasks):
        return "TASKS has no backend of RunAt: name jobs.tasks_backend.RunAtBackend there, in this process, too."
    for declared, kind in list(_broken.items()):
        if _is_in(name.removeprefix(PREFIX), declared):
            return f"Its module {declared} cannot be imported in this process ({kind}); the log has the traceback."
    return (
        "A job calls what @task has declared in a module that workers import: 'tasks' of an installed app, or one "
        "that Celery's setting 'imports' names. Put it there, or import it in such a one."
    )


def _are_ours(tasks: ModuleType) -> bool:
    return any(isinstance(tasks.task_backends[alias], StartsTasks) for alias in _aliases(tasks))


def _aliases(tasks: ModuleType) -> list[str]:
    """Return the aliases in TASKS whose backends can be made."""
    good = []
    for alias in tasks.task_backends:
        try:
            tasks.task_backends[alias]
        except ImproperlyConfigured:
            continue
        good.append(alias)
    return good


def _module(name: str) -> ModuleType | None:
    """Return the module, if it is there by now or comes with one of those that are declared. None other is imported:
    a row would have this process run whatever stands in a module of an app, such as its tests."""
    if sys.modules.get(name) is None:
        _import_declared()
    # Another thread may be importing it at this moment; this waits for it.
    return import_module(name) if sys.modules.get(name) is not None else None


def comes_with_declared(module: str) -> bool:
    """Return whether this module, which this process has, is seen to come with a declared one, or with the models or
    configuration of an app: it is one or below one that is declared, was first imported by one, stands in one with
    something of it, or import statements lead to it. What is imported otherwise is not seen."""
    if any(_is_in(module, declared) for declared in _declared()):
        return True
    _import_declared()
    found = [sys.modules[declared] for declared in _declared() if declared in sys.modules]
    if module in _brought or any(_home(value) == module for one in found for value in list(vars(one).values())):
        return True
    # Each process has these: a worker begins with them.
    models = [app.models_module.__name__ for app in apps.get_app_configs() if app.models_module is not None]
    configurations = [type(app).__module__ for app in apps.get_app_configs()]
    return leads_to(module, [*_declared(), *models], at_ready=configurations)


def _home(value: object) -> str:
    """Return the module that something is or is of: a module, a task, a function or a class; empty for all else."""
    if isinstance(value, ModuleType):
        return value.__name__
    if (tasks := framework()) is not None and isinstance(value, import_module(f"{tasks.__name__}.base").Task):
        value = value.func
    return value.__module__ if inspect.isfunction(value) or inspect.isclass(value) else ""


def _is_in(path: str, module: str) -> bool:
    return f"{path}.".startswith(f"{module}.")


def _import_declared() -> None:
    """Import what is declared, once. What raises is passed over, for all others to be found, and tried again next
    time."""
    for declared in _declared():
        if declared in _looked_at:
            continue
        before = set(sys.modules)
        try:
            import_module(declared)
        except Exception as error:  # noqa: BLE001 - code of others
            # It may not be there; what it imports itself has to be.
            if not (isinstance(error, ModuleNotFoundError) and _is_in(declared, str(error.name))):
                _blame(declared, error)
                continue
        _brought.update(set(sys.modules) - before)
        _broken.pop(declared, None)
        _looked_at.add(declared)


def _blame(declared: str, error: Exception) -> None:
    if declared not in _broken:
        emit(TasksNotImported(declared, error))
    _broken[declared] = type(error).__name__


def _declared() -> Iterator[str]:
    """Yield the modules that are said to have tasks."""
    yield from (f"{app.name}.tasks" for app in apps.get_app_configs())
    for setting in (current_app.conf.imports, current_app.conf.include):
        yield from maybe_list(setting) or ()


def _prepare(task: Any) -> Callable[[Context, TaskArguments], Running]:
    def ready(context: Context, given: TaskArguments) -> Running:
        tasks = framework()
        assert tasks is not None  # noqa: S101 - the task is one of its
        alias = given.backend or task.backend
        backend = tasks.task_backends[alias]
        if not isinstance(backend, StartsTasks):
            raise UnknownTarget(
                f"The backend '{alias}' of the task {task.module_path} is none that jobs start: name one by "
                '"backend", or by using(backend=...).'
            )
        return backend.starting(task, context.job_id)

    return ready


def _run(context: Context, given: TaskArguments) -> object:
    running: Running = context.prepared
    with running:
        return running.returned(running.function(*running.args, **running.kwargs))


async def _run_async(context: Context, given: TaskArguments) -> object:
    running: Running = context.prepared
    with running:
        return running.returned(await running.function(*running.args, **running.kwargs))
