"""RunAt for programs elsewhere, by its REST: `from jobs.client import Client`. Knows nothing of Django, needs none."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jobs.client.asynchronous import AsyncClient
    from jobs.client.refused import Refused, Unreachable
    from jobs.client.retries import Retries
    from jobs.client.shapes import Job, JobChanges, JobDetail, Limit, NewJob, Worker
    from jobs.client.synchronous import Client

__all__ = [
    "AsyncClient",
    "Client",
    "Job",
    "JobChanges",
    "JobDetail",
    "Limit",
    "NewJob",
    "Refused",
    "Retries",
    "Unreachable",
    "Worker",
]

ROOMS = ("synchronous", "asynchronous", "refused", "retries", "shapes")


def __getattr__(name: str) -> Any:
    """Import what is asked for: whoever needs Refused alone needs no HTTP."""
    if name in __all__:
        for room in ROOMS:
            found = import_module(f"jobs.client.{room}")
            if getattr(found, name, None) is not None and getattr(found, name).__module__ == found.__name__:
                return getattr(found, name)
    raise AttributeError(f"module 'jobs.client' has no attribute {name!r}")
