"""Tells why a job that is skipped did not start, by the words in which it was refused."""

from __future__ import annotations

import re

from jobs.models import Job
from jobs.states import Cause, State

# As jobs/transitions/ writes them, also where another job is not named to who reads it.
SKIPPED = (
    (re.compile(r"It could have started .* it was to start within "), Cause.LATE),
    (re.compile(r"The calendar '.*' was closed"), Cause.CALENDAR),
    (re.compile(r"(Job \d+|Another job|\d+ jobs|Other jobs) of the key .* (ran|start)"), Cause.RUNNING),
    (re.compile(r"Job \d+, the run of .*, still waited "), Cause.RUNNING),
    (re.compile(r"(Job \d+|Another job), which it waited for, "), Cause.DEPENDENCY),
    (re.compile(r".*, after which it comes, |Its schedule was deleted "), Cause.DEPENDENCY),
)


def missed_cause_of(job: Job) -> Cause | None:
    """Return why this job did not start; None of one that has started or may start, that somebody has cancelled, and
    whose reason says nothing that is known here."""
    if job.state != State.SKIPPED:
        return None
    return next((cause for words, cause in SKIPPED if words.match(job.reason)), None)
