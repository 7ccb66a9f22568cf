"""Holds an answer back until a job has ended. Our own server does it without a thread, any other with few of its."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest
from rest_framework.request import Request

from jobs.clock import steady
from jobs.models import Job

LONGEST_WAIT = 60.0  # seconds
FIRST_LOOK, LAST_LOOK = 0.02, 0.25  # seconds between two looks at the jobs that somebody waits for
THREADS = 4  # that may wait in a process of another server: fewer than it has, so that the rest goes on
WAIT = "runat.wait"  # in request.META, put there by our own server; headers have other names

_waiting = threading.BoundedSemaphore(THREADS)


@dataclass
class Wait:
    """Request of a view to our own server, where `possible`: to ask it again when the job has ended, or after so many
    seconds. `headers`: of the answer then. `over`: it does.
    """

    possible: bool
    job_id: int | None = None
    seconds: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    over: bool = False


def wait_of(request: Request | HttpRequest) -> Wait | None:
    """Return the server's Wait; None with another server, which knows nothing of it."""
    found: Any = request.META.get(WAIT)
    return found if isinstance(found, Wait) else None


def block(request: Request, job_id: int, seconds: float) -> bool:
    """Wait in this thread and return True; at once False where too many do already, or its process has no other."""
    if not request.META.get("wsgi.multithread") or not _waiting.acquire(blocking=False):
        return False
    try:
        until, pause = steady() + seconds, FIRST_LOOK
        while not ended([job_id]) and (left := until - steady()) > 0:
            time.sleep(min(pause, left))
            pause = min(pause * 1.5, LAST_LOOK)
    finally:
        _waiting.release()
    return True


def ended(job_ids: Collection[int]) -> set[int]:
    """Return which jobs have ended, or whose run has, if another stands for them; and which are no longer there."""
    return {job_id for job_id, (is_final, _) in _followed(job_ids).items() if is_final}


def run_of(job_id: int) -> int:
    """The id of the job that stands for this one: one that has joined another stands for nothing itself. Raises
    Http404."""
    is_final, stands = _followed([job_id])[job_id]
    if is_final and stands is None:
        raise Http404(f"There is no job {job_id} any more.")
    return stands if stands is not None else job_id


def _followed(job_ids: Collection[int]) -> dict[int, tuple[bool, int | None]]:
    """Return for each job whether its run has ended, and which job that is; None when it is gone."""
    found: dict[int, tuple[bool, int | None]] = {}
    open_ = {job_id: job_id for job_id in job_ids}
    while open_:
        states = Job.objects.how_far(set(open_.values()))
        further = {}
        for job_id, stands in open_.items():
            is_final, joined_id = states.get(stands, (True, None))
            if joined_id is not None:
                further[job_id] = joined_id
            else:
                found[job_id] = is_final, stands if stands in states else None
        open_ = further
    return found


def seconds_of(text: str | None) -> float:
    """Return how many seconds a caller wants to wait; 0 if it does not say. Raises ValidationError."""
    if not text:
        return 0.0
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= LONGEST_WAIT:
        raise ValidationError({"wait": [f"Give 0 to {LONGEST_WAIT:g} seconds; longer, ask for the job again."]})
    return seconds
