"""Jobs: rows that start at their `run_at`, once. What programs call is here: `from jobs import schedule`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jobs.python import (
        JobHandle,
        Refused,
        acancel,
        acting_as,
        areschedule,
        aschedule,
        aschedule_many,
        await_job,
        cancel,
        get,
        reschedule,
        schedule,
        schedule_many,
        wait,
    )

__version__ = "0.1.0"  # as pyproject.toml says

__all__ = [
    "JobHandle",
    "Refused",
    "acancel",
    "acting_as",
    "areschedule",
    "aschedule",
    "aschedule_many",
    "await_job",
    "cancel",
    "get",
    "reschedule",
    "schedule",
    "schedule_many",
    "wait",
]


def __getattr__(name: str) -> Any:
    """Import what programs call when one of them asks for it: Django imports this package before its models may be."""
    if name not in __all__:
        raise AttributeError(f"module 'jobs' has no attribute {name!r}")
    return getattr(import_module("jobs.python"), name)
