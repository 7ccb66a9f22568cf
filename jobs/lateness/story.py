"""Sentence that says why one job was late."""

from __future__ import annotations

from datetime import datetime

from jobs.lateness.deciding import decide, wanted_at
from jobs.lateness.facts import Facts, collect
from jobs.models import Job, Stop
from jobs.models.querysets import OVERDUE_AFTER
from jobs.spans import measured
from jobs.states import Hold, State, StopStanding

ON_TIME_MS = 10.0
HELD = {
    Hold.APPROVAL: "the approval of a second person",
    Hold.DEPENDENCIES: "the jobs that it depends on",
    Hold.PERSON: "a person to say whether it may start so late",
    Hold.KEY: "its turn among the jobs of its key",
    Hold.QUEUE: "its turn in its queue",
}


def explain(job: Job, now: datetime) -> str:
    """Tell whether the job was on time, and why not. Asks the database only about a job that started late, or that has
    not started."""
    if job.state == State.PENDING:
        return _held(job) if job.holds else _waiting(job, now)
    if job.is_beyond_deadline(now):
        over = _gap(job.ends_by, now)
        return f"It is running beyond its deadline of {job.deadline} s, by {over}; a body on a thread cannot be killed."
    if job.delay_ms is None:
        return _not_measured(job)
    if job.delay_ms < 0:
        return f"It started {measured(-job.delay_ms)} before it was due: it was edited, or a clock was set."
    again = job.attempt > 1
    if job.delay_ms <= ON_TIME_MS and job.asked_run_at is None and not again:
        return f"On time: it started {measured(job.delay_ms)} after it was due."
    return _started(collect([job], now)[0])


def _started(facts: Facts) -> str:
    late = (facts.end - wanted_at(facts)).total_seconds() * 1000
    if late <= ON_TIME_MS:
        return f"On time: it started {measured(late)} after it was due."
    return f"It started {measured(late)} late: {decide(facts).why}"


def _not_measured(job: Job) -> str:
    if job.is_confirmed:
        return "A person has confirmed that it was done; what is known of its start stands in the ledger."
    if job.state == State.RUNNING:
        return "It is with its worker; the exact moment of its start is written when it ends."
    if job.locked_at is None:
        return "It never started."
    if job.state == State.FAILED:
        return "Its body was not entered, or its process was killed before it could say when."
    return "Its worker vanished before it could say when it started."


def _held(job: Job) -> str:
    before = f" {job.waited_for}" if job.waited_for else ""
    return f"It waits for {' and '.join(HELD[hold] for hold in Hold if hold & job.holds)}.{before}"


def _waiting(job: Job, now: datetime) -> str:
    if job.due > max(job.run_at, now):
        return f"It waits for {job.due:%Y-%m-%d %H:%M:%S} UTC. {job.waited_for}"
    stop = Stop.objects.keeping(job.due, now).first()
    if stop is not None:
        return _stopped(stop, now)
    if job.due >= now - OVERDUE_AFTER:
        if job.enqueued_at is None:
            return "It waits for its time; the beat publishes it in the window before."
        return "It is published and waits for its time."
    if job.enqueued_at is None:
        return "It is overdue, since no beat has published it: see that one is running and leading."
    again = f" It has been published {job.deliveries} times." if job.deliveries > 1 else ""
    return (
        f"It is overdue although it is published: every slot of queue {job.queue} is busy, or no worker takes "
        f"from it.{again}"
    )


def _stopped(stop: Stop, now: datetime) -> str:
    """Return why a job that this keeps has not started."""
    since, standing = f"{stop.begins_at:%Y-%m-%d %H:%M:%S} UTC", stop.standing(now)
    verb = "will be" if standing == StopStanding.PLANNED else "are"
    if standing == StopStanding.LETTING_GO:
        pace = f"{stop.per_minute:,} a minute"
        return f"All starts were stopped from {since} ({stop.reason}); it is let go with the others, {pace}."
    end = "until somebody ends that" if stop.until is None else f"until {stop.until:%Y-%m-%d %H:%M:%S} UTC"
    return f"It waits: all starts {verb} stopped from {since} {end}. {stop.reason}"


def _gap(start: datetime | None, end: datetime | None) -> str:
    if start is None or end is None:
        return "an unknown time"
    return measured((end - start).total_seconds() * 1000)
