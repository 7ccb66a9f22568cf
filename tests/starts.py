"""Starts and ends of one job at a time, as the tests make them."""

from jobs import transitions
from jobs.transitions import Ended, Wanted


def acquire(job_id, version, *, worker, token, now, due_before):
    """The start, or None when there was nothing to start."""
    started = transitions.acquire([Wanted(job_id, version, token)], worker=worker, now=now, due_before=due_before)
    assert len(started) <= 1
    return started[0] if started else None


def finish(started, *, outcome, execute_at, finished_at, error="", kinds=(), **more):
    """Whether the row was still this attempt's."""
    return not transitions.finish([Ended(started, outcome, execute_at, finished_at, error, kinds=kinds, **more)])
