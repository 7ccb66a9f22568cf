"""Types of what a job can be asked for, for type checkers: the fields of NewJob (jobs/rules/new_job.py)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict, Union

from jobs.python.handle import JobHandle

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

Moment = Union[datetime, str]  # noqa: UP007 - read at run time, too


class JobFields(TypedDict, total=False):
    """Fields beside the target and its payload. What each means is said in NewJob, and at /api/docs/."""

    run_at: Moment
    name: str
    queue: str
    labels: Mapping[str, str]
    rerunnable: bool
    max_attempts: int
    retry_on: Iterable[str]
    start_within: int | None
    deadline: int | None
    if_late: str
    key: str | None
    key_limit: int
    overlap: str
    calendar: str | None
    blackout: str
    waits_for: Iterable[int | JobHandle]
    waits_for_end: str


class Beside(TypedDict, total=False):
    """Values that come with a request, beside its jobs."""

    idempotency_key: str | None
    traceparent: str | None
    by: AbstractBaseUser | None


class Asked(JobFields, Beside):
    """Keyword arguments of `schedule`."""


class JobAsked(JobFields, total=False):
    """A job of many."""

    target: str
    payload: Mapping[str, Any]
