"""Finds the jobs that run here and are to stop: asked of the rows, and only while something runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from jobs.models import Job
from jobs.models.querysets import AskedToStop


class Stoppable(Protocol):
    """Slots, as far as they matter here."""

    def job_ids(self) -> Sequence[int]: ...

    def stop(self, job_id: int, attempt: int, why: str) -> None: ...


def stop_asked(slots: Stoppable) -> None:
    """Tell the jobs that are to stop: one statement for all that run here, none while nothing does. Raises what the
    database raises."""
    for asked in Job.objects.asked_to_stop(slots.job_ids()):
        slots.stop(asked.job_id, asked.attempt, sentence(asked))


def sentence(asked: AskedToStop) -> str:
    who = asked.by or "a program"
    return f"Cancelled while running by {who}: {asked.why}" if asked.why else f"Cancelled while running by {who}"
