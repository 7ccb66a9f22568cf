"""Gives a rerunnable job another start after an end that its author has named."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from jobs.models import Job
from jobs.transitions.interruption import back_off
from jobs.transitions.requeue import requeue

if TYPE_CHECKING:
    from jobs.transitions.starts import Ended

LONGEST_ASKED = timedelta(days=1)  # of what a receiver may put off
JITTER = 0.25  # of the back-off: what failed together must not come back together


def start_again(endings: Sequence[Ended]) -> int:
    """Requeue jobs that want another start, in the transaction that has recorded these ends, and so holds their rows.
    Returns how many jobs are due again."""
    if not endings:
        return 0
    by_job = {ended.started.job_id: ended for ended in endings}
    again = 0
    for job in Job.objects.to_retry(by_job):
        ended = by_job[job.pk]
        wanted = {kind for kind in job.retry_on if isinstance(kind, str)}  # SQL may have written anything
        if wanted.isdisjoint(ended.kinds):
            continue
        due = ended.finished_at + waits(job, ended.retry_after)
        next_start = f"Start {job.attempt + 1} of {job.max_attempts} is due {due:%Y-%m-%d %H:%M:%S} UTC."
        requeue(job, run_at=due, now=ended.finished_at, reason=f"{job.reason.rstrip('.')}. {next_start}")
        again += 1
    return again


def waits(job: Job, asked: float | None) -> timedelta:
    """Return how long another start waits: its back-off, or longer where the other side has `asked` for so many
    seconds, a day at most. Nobody comes back earlier than asked to, and those that were sent away together not
    together."""
    pause = back_off(job.attempt)
    more = jittered(pause, job.pk, job.attempt) - pause
    return max(pause, min(timedelta(seconds=asked or 0.0), LONGEST_ASKED)) + more


def jittered(span: timedelta, job_id: int, attempt: int) -> timedelta:
    """Return the span longer by up to a quarter: always the same for one start, so that a transaction that is tried
    again decides alike, and spread over jobs (Knuth's multiplicative hash)."""
    share = (job_id * 2_654_435_761 + attempt * 40_503) % 2**32 / 2**32
    return span * (1 + JITTER * share)
