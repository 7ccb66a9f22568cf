"""Reads messages: which jobs they ask for, and whose they are."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from celery.exceptions import InvalidTaskError

from jobs.publishing.messages import AFTER, BUNDLE, EPOCH, HOPS, PUBLISHED

BIGGEST_ID = 2**63 - 1

Asked = tuple[int, int, float]  # a job's id, its version, when it is due


def read(message: Any) -> tuple[list[Asked], int]:
    """Read (the (job id, version, run_at) of each job, hops) of a message; `run_at` in seconds since the epoch, 0 when
    it has none: due at once. Raises InvalidTaskError."""
    try:
        arguments, options, *_ = json.loads(message.body)  # `message.payload` takes five times as long
        hops = int(message.headers.get(HOPS) or 0)
        if BUNDLE in options:
            jobs = [(job_id, version, _seconds(due)) for job_id, version, due in options[BUNDLE]]
            if not jobs:
                raise ValueError("an empty bundle")
        else:
            job_id, version = arguments
            eta = message.headers.get("eta")
            jobs = [(job_id, version, datetime.fromisoformat(eta).timestamp() if eta else 0.0)]
    except Exception as error:
        raise InvalidTaskError(f"not a message of ours: {error!r}") from error
    for job_id, version, _ in jobs:
        for number in (job_id, version):
            if type(number) is not int or not 0 <= number <= BIGGEST_ID:
                raise InvalidTaskError(f"{number!r} is neither the id of a job nor a version")
    return jobs, hops


def _seconds(due: int) -> float:
    """Return these microseconds in seconds. Raises ValueError, OverflowError or TypeError for what is no time: a job
    that waits for it could not even be handed back."""
    return (EPOCH + timedelta(microseconds=due)).timestamp()


def after(message: Any) -> int:
    """Read which start of the installation its sender knew as the latest; 0 when the message does not say."""
    start = message.headers.get(AFTER)
    return start if isinstance(start, int) and not isinstance(start, bool) and 0 <= start <= BIGGEST_ID else 0


def published_at(message: Any) -> float | None:
    """Read when it was sent, in seconds since the epoch; None when the message does not say."""
    moment = message.headers.get(PUBLISHED)
    return moment if isinstance(moment, float) and 0 < moment < 1e11 else None


def queue_of(message: Any) -> str:
    """Return the queue by which the message came; empty if it names none."""
    return str(message.delivery_info.get("routing_key") or "")


class Held:
    """A message that is here: of so many `jobs`, and whether it is held for later (`ahead`)."""

    __slots__ = ("ahead", "jobs", "message")

    def __init__(self, message: Any, ahead: bool, jobs: int) -> None:
        self.message = message
        self.ahead = ahead
        self.jobs = jobs
