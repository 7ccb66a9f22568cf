"""Starts that did not happen, each by another cause: by what people, workers and the leader do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

from jobs.models import Calendar, Job, Occurrence
from jobs.states import Blackout, CatchUp, Overlap, State
from jobs.transitions.schedules.definitions import pause_schedule, resume_schedule
from tests.conftest import NOW, seconds
from tests.lateness.late_jobs import Make, again, take
from tests.transitions.schedules.life import acquire, make, next_job, sweep

AT = NOW + timedelta(hours=1)  # the last of what is missed here lies before


class Missed(NamedTuple):
    """What did not start: a job, or times of a schedule; the cause, and words that its sentence must have."""

    what: Job | Occurrence
    cause: str
    words: str


def skipped(job: Job, at: Any, cause: str, words: str) -> Missed:
    assert take(job, at) is None
    job = again(job)
    assert job.state == State.SKIPPED
    Job.objects.filter(pk=job.pk).update(finished_at=at)
    return Missed(again(job), cause, words)


def by_overlap(make_job: Make) -> Missed:
    first, job = make_job(1, key="pay"), make_job(1.5, key="pay", overlap=Overlap.SKIP)
    assert take(first, NOW + seconds(1))
    return skipped(job, NOW + seconds(1.5), "running", f"Job {first.pk} of the key &#x27;pay&#x27; ran at its time.")


def by_blackout(make_job: Make) -> Missed:
    Calendar.objects.create(
        name="noon", open_from=(NOW + timedelta(hours=1)).time(), open_until=AT.time().replace(hour=17)
    )
    job = make_job(7200, calendar="noon", blackout=Blackout.SKIP)
    Job.objects.filter(pk=job.pk).update(run_at=NOW + seconds(1))
    return skipped(job, NOW + seconds(1), "calendar", "The calendar &#x27;noon&#x27; was closed")


def by_start_within(make_job: Make) -> Missed:
    job = make_job(1, start_within=2)
    return skipped(job, NOW + seconds(6), "late", "it was to start within 2 s.")


def by_pause(make_job: Make) -> Missed:
    schedule = make()
    assert pause_schedule(schedule.pk, until=None, reason="stocktaking", by=None, now=NOW).done
    assert resume_schedule(schedule.pk, by=None, now=NOW + timedelta(minutes=21)).done
    return Missed(Occurrence.objects.missed().get(), "paused", "stocktaking")


def by_misfire(make_job: Make) -> Missed:
    """The one run of its time came too late for its schedule, which does not make up for it."""
    schedule = make(catch_up=CatchUp.SKIP)
    assert acquire(next_job(schedule), now=NOW + timedelta(minutes=7)) is None
    return Missed(Occurrence.objects.missed().get(), "downtime", "")


def by_no_beat(make_job: Make) -> Missed:
    """No beat and no worker for forty minutes: the times of them have no job at all."""
    schedule = make()
    sweep(NOW + timedelta(minutes=40))
    assert acquire(next_job(schedule), now=NOW + timedelta(minutes=40)) is None
    sweep(NOW + timedelta(minutes=40))
    return Missed(Occurrence.objects.missed().filter(count__gt=1).get(), "downtime", "")


EACH: tuple[Callable[[Make], Missed], ...] = (
    by_overlap,
    by_blackout,
    by_start_within,
    by_pause,
    by_misfire,
    by_no_beat,
)
