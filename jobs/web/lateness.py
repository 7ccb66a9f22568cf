"""The story of one job in the order of time, and why it was late in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.conf import conf
from jobs.models import Job, Worker
from jobs.models.querysets import OVERDUE_AFTER
from jobs.states import Hold, State

ON_TIME_MS = 10.0
ACQUIRE_SLACK = timedelta(milliseconds=150)  # an arm that takes longer than this was held up
BUSY_LOOK_BACK = timedelta(minutes=10)
BUSY_LIMIT = 1_000
HELD = {
    Hold.APPROVAL: "the approval of a second person",
    Hold.DEPENDENCIES: "the jobs that it depends on",
    Hold.PERSON: "a person to say whether it may start so late",
    Hold.KEY: "its turn among the jobs of its key",
    Hold.QUEUE: "its turn in its queue",
}


@dataclass(frozen=True)
class Step:
    """Moment of a job's life, and the milliseconds since the one before it."""

    what: str
    at: datetime
    after_ms: float | None


def story(job: Job) -> list[Step]:
    """Return what has happened, and what is due, in the order of time."""
    moments = [
        ("Created", job.created_at),
        ("Published", job.enqueued_at),
        ("Acquired by a worker", job.locked_at),
        ("Due", job.run_at),
        ("Its turn", job.turn_at),
        ("Due, by a rate", job.not_before),
        ("Started, at the earliest" if job.is_confirmed else "Started", job.execute_at),
        ("Asked to stop", job.cancel_requested_at),
        ("Its deadline", job.ends_by),
        ("Interrupted" if job.is_confirmed else State(job.state).label.capitalize(), job.finished_at),
    ]
    known = sorted(((what, at) for what, at in moments if at is not None), key=lambda moment: moment[1])
    steps: list[Step] = []
    for what, at in known:
        after = (at - steps[-1].at).total_seconds() * 1000 if steps else None
        steps.append(Step(what, at, after))
    return steps


def explain(job: Job, now: datetime) -> str:
    """Tell whether the job was on time, and why not. Asks the database only about a job that was acquired late."""
    if job.state == State.PENDING:
        return _held(job) if job.holds else _waiting(job, now)
    if job.is_beyond_deadline(now):
        over = _gap(job.ends_by, now)
        return f"It is running beyond its deadline of {job.deadline} s, by {over}; a body on a thread cannot be killed."
    if job.delay_ms is None:
        return _not_measured(job)
    if job.delay_ms < 0:
        return f"It started {-job.delay_ms:,.2f} ms before it was due: it was edited, or a clock was set."
    if job.delay_ms <= ON_TIME_MS:
        return f"On time: it started {job.delay_ms:,.2f} ms after it was due."
    return f"It started {_long(job.delay_ms)} late: {job.waited_for or _cause(job)}"


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


def _cause(job: Job) -> str:
    arm = timedelta(seconds=conf().arm_lead)
    if job.created_at >= job.run_at:
        return f"it was created {_gap(job.run_at, job.created_at)} after it was due."
    acquired_late = job.locked_at is None or job.locked_at > job.run_at - arm + ACQUIRE_SLACK
    if not acquired_late:
        return (
            "its worker had it in time but reached its body late, so its host was short of CPU or held up "
            f"({_gap(job.locked_at, job.execute_at)} from the row lock to the start)."
        )
    if job.deliveries > 1:
        return f"its message had to be published {job.deliveries} times: one was lost, or no slot was free.{_busy(job)}"
    if job.enqueued_at is not None and job.enqueued_at > job.run_at:
        return (
            f"it was published {_gap(job.run_at, job.enqueued_at)} after it was due: the beat was away, or its row was "
            "committed late."
        )
    if job.enqueued_at is not None and job.enqueued_at > job.run_at - arm:
        return f"it was published only {_gap(job.enqueued_at, job.run_at)} before it was due."
    return f"a worker acquired it {_gap(job.run_at, job.locked_at)} after it was due.{_busy(job)}"


def _busy(job: Job) -> str:
    """The slots of its queue when it was due, if they were all taken."""
    slots = sum(w.slots for w in Worker.objects.serving_at(job.run_at, conf().patience) if job.queue in w.queues)
    busy = Job.objects.exclude(pk=job.pk).busy_at(job.run_at, job.queue, look_back=BUSY_LOOK_BACK, limit=BUSY_LIMIT)
    if slots == 0:
        return f" No worker took from queue {job.queue} then."
    if busy >= slots:
        return f" All {slots} slots of queue {job.queue} were busy."
    return f" {busy} of the {slots} slots of queue {job.queue} were busy."


def _gap(start: datetime | None, end: datetime | None) -> str:
    if start is None or end is None:
        return "an unknown time"
    return _long((end - start).total_seconds() * 1000)


def _long(milliseconds: float) -> str:
    if abs(milliseconds) < 1000:
        return f"{milliseconds:,.2f} ms"
    return f"{milliseconds / 1000:,.1f} s"
