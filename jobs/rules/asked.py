"""Digest of what a caller has asked for: requests with one Idempotency-Key are the same if theirs are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields
from datetime import UTC, datetime
from typing import Any

from jobs import exactjson
from jobs.rules.new_job import NewJob
from jobs.rules.new_schedule import SCHEDULE_ASKED

# `run_at` and `bound` are what was made of the time, the calendar and the policy: these are compared as they were asked
# for, so that a repeat after an edit of the calendar, or of a request that names no time, is the same.
TAKEN_APART = ("run_at", "asked_at", "bound", "calendar", "blackout")
NOT_COMPARED = ("idempotency_key", "traceparent")  # a repeat is another request, with a trace of its own
COMPARED = tuple(field.name for field in fields(NewJob) if field.name not in (*TAKEN_APART, *NOT_COMPARED))


def digest(jobs: Sequence[NewJob], **more: Any) -> str:
    """Return the digest of a request for these jobs, in their order: 64 hexadecimal digits."""
    return _digest({"jobs": [_asked(job) for job in jobs], **more})


def schedule_digest(asked: Mapping[str, Any]) -> str:
    """Return the digest of a request for a schedule: values by the names of SCHEDULE_ASKED, judged or not. Empty for
    what is nested so deeply that no schedule is made of it."""
    try:
        return _digest({name: _plain(value) for name, value in asked.items() if not _is_default(name, value)})
    except RecursionError:
        return ""


def _is_default(name: str, value: Any) -> bool:
    default = SCHEDULE_ASKED[name].default
    return bool(value == (list(default) if isinstance(default, tuple) else default))


def _plain(value: Any) -> Any:
    """Return a moment as all of its zones have it, anything else as it is."""
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) and value.tzinfo else value


def _digest(asked: Any) -> str:
    whole = exactjson.with_floats(asked)  # 0.1 is 0.1, however it is held
    return hashlib.sha256(json.dumps(whole, sort_keys=True, default=str).encode()).hexdigest()


def _asked(job: NewJob) -> dict[str, Any]:
    """Return what was asked, without what has its default: a field added by a later version changes no old digest."""
    defaults = {field.name: _default(field) for field in fields(job)}
    given = {name: getattr(job, name) for name in COMPARED}
    asked = {name: value for name, value in given.items() if value != defaults[name]}
    if job.asked_at is not None:
        asked["run_at"] = job.asked_at.astimezone(UTC).isoformat()
    if job.bound.calendar_id is not None:
        asked |= {"calendar": job.bound.calendar_id, "blackout": job.blackout}
    return asked


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()
