"""A target by the name that a row gives: a registered one, or a Celery task that is allowed."""

from __future__ import annotations

import difflib

from jobs.targets import celery_tasks, django_tasks
from jobs.targets.entries import Target
from jobs.targets.registry import UnknownTarget, registered
from jobs.targets.sentences import LONGEST_NAME


def find(name: str) -> Target:
    """The target of this name. Raises UnknownTarget with a near name, if there is one."""
    found = known(name)
    if found is not None:
        return found
    shown, task = name[:LONGEST_NAME], name.removeprefix(celery_tasks.PREFIX)
    if task == celery_tasks.OURS:
        raise UnknownTarget(f"'{task}' is what starts jobs; none can be started by a job. Name its target instead.")
    if celery_tasks.is_meant(name):
        raise UnknownTarget(
            f"The Celery task '{task[:LONGEST_NAME]}' may not be started by a job: add it to JOBS_CELERY_TASKS first."
        )
    if why := django_tasks.why_missing(name):
        raise UnknownTarget(f"There is no target '{shown}'. {why}")
    near = difflib.get_close_matches(shown, names(), n=1)
    there_are = f"Known are: {', '.join(names())}. A Celery task must stand in JOBS_CELERY_TASKS."
    hint = f"Did you mean '{near[0]}'?" if near else there_are
    raise UnknownTarget(f"There is no target '{shown}'. {hint}")


def known(name: str) -> Target | None:
    """The target of this name; None where there is none any more."""
    return registered().get(name) or celery_tasks.find(name) or django_tasks.find(name)


def names() -> list[str]:
    return [*sorted(registered()), *celery_tasks.names()]
