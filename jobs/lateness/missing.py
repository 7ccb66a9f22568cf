"""Tells why a job that is skipped did not start, by the sentence in which it was refused."""

from __future__ import annotations

from jobs import sentences
from jobs.models import Job
from jobs.states import Cause, State

SKIPPED = (
    (sentences.TOO_LATE, Cause.LATE),
    (sentences.CLOSED, Cause.CALENDAR),
    (sentences.RAN, Cause.RUNNING),
    (sentences.ABOUT_TO_START, Cause.RUNNING),
    (sentences.RUN_STILL_WAITED, Cause.RUNNING),
    (sentences.BROKEN, Cause.DEPENDENCY),
    (sentences.RUN_IN_VAIN, Cause.DEPENDENCY),
    (sentences.SCHEDULE_DELETED, Cause.DEPENDENCY),
)


def missed_cause_of(job: Job) -> Cause | None:
    """Return why this job did not start; None of one that has started or may start, that somebody has cancelled, and
    whose reason says nothing that is known here."""
    if job.state != State.SKIPPED:
        return None
    return next((cause for sentence, cause in SKIPPED if sentence.read(job.reason) is not None), None)
