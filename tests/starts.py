"""Starts and ends of one job at a time, as the tests make them."""

import random
import time

from jobs import transitions
from jobs.models import Job
from jobs.models.querysets import LIST_LIMIT
from jobs.transitions import AcquireRequest, Ended

PATIENCE = 30  # seconds
NOTHING_LEFT = {"unpublished_since": None, "unpublished_after": None, "crowded": (), "limit": LIST_LIMIT}


def list_and_mark(*, now, horizon, window=10, client="beat@test", **more):
    """List a window as a beat does that took over nothing unpublished and has seen no crowded queue."""
    return Job.objects.list_and_mark(now=now, horizon=horizon, window=window, client=client, **NOTHING_LEFT | more)


def acquire_all(wanted, *, worker, now, due_before):
    """As a worker does: those that share a limit in a second transaction, and once more at their time where they could
    not start before it. The starts, in the order asked for."""
    by = {"worker": worker, "now": now, "due_before": due_before}
    plain = transitions.acquire(wanted, **by)
    found, left = plain.started, [(one, now) for one in plain.limited]
    until = time.monotonic() + PATIENCE
    while left:
        at = min(due for _, due in left)
        part = transitions.acquire([one for one, due in left if due == at], **by | {"now": at}, sharing=True)
        found += part.started
        left = [(one, due) for one, due in left if due != at] + part.early + [(one, at) for one, _ in part.busy]
        assert time.monotonic() < until
        if part.busy:
            time.sleep(random.uniform(0.001, 0.01))
    order = [one.job_id for one in wanted]
    return sorted(found, key=lambda started: order.index(started.job_id))


def acquire(job_id, version, *, worker, token, now, due_before, queue=None):
    """The start, or None when there was nothing to start."""
    started = acquire_all(
        [AcquireRequest(job_id, version, token, queue)], worker=worker, now=now, due_before=due_before
    )
    assert len(started) <= 1
    return started[0] if started else None


def finish(started, *, outcome, execute_at, finished_at, error="", kinds=(), **more):
    """Whether the row was still this attempt's."""
    return not transitions.finish([Ended(started, outcome, execute_at, finished_at, error, kinds=kinds, **more)])
