"""Controls, what a person may do to a job: in which states, and with which right. The transitions refuse by this table,
and pages, admin and REST offer by it.
"""

from __future__ import annotations

from dataclasses import dataclass

from jobs.models import Job, Verb
from jobs.permissions import APPROVE_JOB, CONTROL_JOB
from jobs.states import Hold, State


@dataclass(frozen=True)
class Control:
    """`states` are those in which it can be done, `becomes` what the job is then; a running job that is cancelled goes
    on until it heeds that. `hold`: only for jobs that this holds back."""

    states: frozenset[State]
    becomes: State
    permission: str = CONTROL_JOB
    hold: Hold | None = None

    def fits(self, job: Job) -> bool:
        """Return whether it can be done to the job as it is."""
        if self.becomes == State.PENDING and job.redacted_at is not None:
            return False
        return job.state in self.states and (self.hold is None or bool(self.hold & job.holds))


# A completed job is done: to run it again is a new job.
CONTROLS = {
    Verb.CANCEL: Control(frozenset({State.PENDING, State.RUNNING}), State.CANCELLED),
    Verb.RUN_NOW: Control(frozenset({State.PENDING}), State.PENDING),
    Verb.RESCHEDULE: Control(frozenset({State.PENDING}), State.PENDING),
    Verb.EDIT: Control(frozenset({State.PENDING}), State.PENDING),
    Verb.RETRY: Control(
        frozenset({State.FAILED, State.CANCELLED, State.INTERRUPTED, State.SKIPPED}),
        State.PENDING,
    ),
    Verb.CONFIRM_DONE: Control(frozenset({State.INTERRUPTED}), State.COMPLETED),
    Verb.CONFIRM_FAILED: Control(frozenset({State.INTERRUPTED}), State.FAILED),
    Verb.APPROVE: Control(frozenset({State.PENDING}), State.PENDING, APPROVE_JOB, Hold.APPROVAL),
}


def why_not_again(job: Job) -> str:
    """Return why a redacted job is not started again, nor another made like it; empty for one that is not redacted."""
    if job.redacted_at is None:
        return ""
    when = f"{job.redacted_at:%Y-%m-%d %H:%M:%S} UTC"
    return f"Job {job.pk} was redacted at {when}: what it was to do is not known any more. Create a new job instead."
