"""Targets as they are registered."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from jobs.events.event import Event


@dataclass(frozen=True)
class TasksMayBeUnknown(Event):
    """A task of Django was enqueued whose module none that workers import is seen to import. It is told once a process
    for each module."""

    level = logging.WARNING
    text = (
        "Tasks of %(module)s are enqueued, and no module that workers import is seen to import it: where none does, "
        "their jobs fail. Import it in the module 'tasks' of an installed app, or name it in Celery's setting 'imports'"
    )
    module: str


@dataclass(frozen=True)
class TasksNotImported(Event):
    """A module that is declared to have tasks raised when it was imported: its tasks are not found. It is told once a
    process for each."""

    level = logging.ERROR
    text = "%(module)s, which is declared to have tasks, cannot be imported (%(error)r); its tasks are not found"
    traceback = True
    module: str
    error: Exception


@dataclass(frozen=True)
class ArgumentCheckRaised(Event):
    """A target's own check of its arguments raised: the job is refused, or fails. `error` is None where its words have
    secrets in them; then `trace` tells it without."""

    level = logging.ERROR
    text = "the check of the arguments of target '%(target)s' raised %(said)s"
    traceback = True
    target: str
    said: str
    error: BaseException | None
    trace: str = ""

    @property
    def below(self) -> str:
        return self.trace if self.error is None else ""
