"""Late jobs, each by another cause: what delays them is done as people, workers and the leader do it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

from django.contrib.auth.models import User

from jobs import transitions
from jobs.models import Calendar, Job, Kind, Leadership, Limit, Outage, Worker
from jobs.scheduler.turns import turns
from jobs.states import State
from jobs.transitions import WorkerIdentity, stops
from jobs.transitions.limits import pausing
from jobs.transitions.limits.names import Name
from tests import starts
from tests.conftest import NOW, seconds
from tests.transitions.stopped import stop

Make = Callable[..., Job]
LATE = seconds(5)


class LateJob(NamedTuple):
    """A job that has started late, the cause, and words that its sentence must have."""

    job: Job
    cause: str
    words: str


def again(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


def take(job: Job, at: datetime, **more: Any) -> Any:
    """Let a worker ask for the job at that moment."""
    worker = WorkerIdentity("w1@test", uuid.uuid4())
    job = again(job)
    until = max(at, job.due) + seconds(1)
    return starts.acquire(job.pk, job.version, worker=worker, token=uuid.uuid4(), now=at, due_before=until, **more)


def run(job: Job, at: datetime, *, enters: datetime | None = None) -> Job:
    """Start the job at that moment, and end it a tenth of a second later."""
    started = take(job, at)
    assert started is not None, again(job).waited_for
    enters = enters or at
    assert starts.finish(started, outcome=State.COMPLETED, execute_at=enters, finished_at=enters + seconds(0.1))
    Job.objects.filter(pk=job.pk).update(locked_at=at)
    return again(job)


def listed(job: Job, **fields: Any) -> Job:
    """Let the job be one that was listed and published in time."""
    Job.objects.filter(pk=job.pk).update(**{"enqueued_at": job.run_at - seconds(5), "deliveries": 1, **fields})
    return again(job)


def worker(slots: int = 5, queues: tuple[str, ...] = ("default",), **fields: Any) -> Worker:
    lived = {"started_at": NOW - timedelta(hours=1), "heartbeat_at": NOW + timedelta(hours=1)}
    values = {"pid": 1, "pool": "threads", "slots": slots, "queues": list(queues), **lived, **fields}
    return Worker.objects.create(name=values.pop("name", "w1@test"), **values)


def by_slots(make: Make) -> LateJob:
    worker(slots=1)
    other = take(listed(make(1)), NOW + seconds(1))
    job = listed(make(2))
    starts.finish(other, outcome=State.COMPLETED, execute_at=NOW + seconds(1), finished_at=NOW + seconds(7))
    Job.objects.filter(pk=other.job_id).update(locked_at=NOW + seconds(1))
    return LateJob(run(job, NOW + seconds(7)), "slots", "All 1 slots of queue default were busy.")


def by_pause(make: Make) -> LateJob:
    mail = Name(Kind.QUEUE, "mail")
    job = make(1, queue="mail")
    pausing.pause(mail, now=NOW, reason="the server moves")
    assert take(job, NOW + seconds(1)) is None
    pausing.resume(mail, now=NOW + LATE)
    return LateJob(run(job, NOW + LATE), "pause", "The queue 'mail' was paused: the server moves.")


def by_rate(make: Make) -> LateJob:
    Limit.objects.create(name="slow", rate=0.2)
    run(make(1, queue="slow"), NOW + seconds(1))
    job = make(1, queue="slow")
    assert take(job, NOW + seconds(1)) is None
    turns(now=NOW + seconds(4))
    return LateJob(run(job, again(job).due), "rate", "The rate of the queue 'slow' gave it")


def by_key(make: Make) -> LateJob:
    first, job = make(1, key="pay"), make(1.5, key="pay")
    started = take(first, NOW + seconds(1))
    assert take(job, NOW + seconds(1.5)) is None
    over = NOW + LATE
    assert starts.finish(started, outcome=State.COMPLETED, execute_at=NOW + seconds(1), finished_at=over)
    turns(now=over)
    return LateJob(run(job, over), "key", f"Job {first.pk} of the key 'pay' ran at its time.")


def by_queue_limit(make: Make) -> LateJob:
    Limit.objects.create(name="narrow", concurrency=1)
    started = take(make(1, queue="narrow"), NOW + seconds(1))
    job = make(1.5, queue="narrow")
    assert take(job, NOW + seconds(1.5)) is None
    over = NOW + LATE
    assert starts.finish(started, outcome=State.COMPLETED, execute_at=NOW + seconds(1), finished_at=over)
    turns(now=over)
    return LateJob(run(job, over), "queue_limit", "The queue 'narrow' was full: 1 of it ran.")


def by_approval(make: Make) -> LateJob:
    job = make(1, by=User.objects.create(username="ann"), target="test.dangerous", payload={})
    assert transitions.approve(job.pk, now=NOW + LATE, by=User.objects.create(username="bob")).done
    return LateJob(run(job, NOW + LATE), "approval", "it was approved 4.00 s after it was due.")


def by_calendar(make: Make) -> LateJob:
    Calendar.objects.create(name="noon", open_from=time(13), open_until=time(17))
    job = make(1, calendar="noon")
    return LateJob(run(job, job.run_at), "calendar", "by the calendar 'noon'")


def by_dependencies(make: Make) -> LateJob:
    first = make(1)
    job = make(1.5, waits_for=[first.pk])
    started, over = take(first, NOW + seconds(1)), NOW + LATE
    assert starts.finish(started, outcome=State.COMPLETED, execute_at=NOW + seconds(1), finished_at=over)
    listed(job, enqueued_at=over)
    return LateJob(run(job, over), "dependencies", f"It waited for job {first.pk}.")


def by_late_creation(make: Make) -> LateJob:
    job = make(1)
    created = job.run_at + LATE
    Job.objects.filter(pk=job.pk).update(created_at=created)
    listed(job, enqueued_at=created)
    return LateJob(run(job, created + seconds(0.1)), "created_late", "it was created 5.00 s after it was due.")


def by_edit(make: Make) -> LateJob:
    job = listed(make(1))
    Job.objects.filter(pk=job.pk).update(name="before")
    by = User.objects.create(username="eva", is_superuser=True)
    assert transitions.edit(job.pk, {"name": "after"}, now=NOW + LATE, by=by, reason="wrong name").done
    return LateJob(run(job, NOW + LATE + seconds(0.1)), "edited", "somebody has changed it 4.00 s after it was due.")


def by_stop(make: Make) -> LateJob:
    job = listed(make(1))
    made = stop()
    assert take(job, NOW + seconds(1)) is None
    stops.go_on(made.pk, now=NOW + LATE, reason="moved")
    return LateJob(run(job, NOW + LATE), "stop", "all starts were stopped from 2030-01-01 12:00:03 until")


def by_worker_lost(make: Make) -> LateJob:
    job = listed(make(1, rerunnable=True, max_attempts=2))
    lost = WorkerIdentity("w9@test", uuid.uuid4())
    asked = {"worker": lost, "token": uuid.uuid4(), "now": job.run_at, "due_before": job.run_at + seconds(1)}
    assert starts.acquire(job.pk, job.version, **asked)
    assert transitions.interrupt([lost.session], now=job.run_at + seconds(15), reason="It vanished.") == 1
    return LateJob(run(job, again(job).run_at), "worker_lost", "worker w9@test vanished with its start 1")


def by_lost_message(make: Make) -> LateJob:
    worker(name="w9@test", heartbeat_at=NOW + seconds(0.5), gone_at=NOW + seconds(15))
    worker(name="w2@test")
    job = listed(make(1), deliveries=2)
    return LateJob(run(job, NOW + seconds(6)), "worker_lost", "worker w9@test, which was heard of last at")


def by_failover(make: Make) -> LateJob:
    job, taken_over = make(1), NOW + LATE
    Leadership.objects.update_or_create(pk=1, defaults={"epoch": 7, "holder": "beat", "elected_at": taken_over})
    listed(job, enqueued_at=taken_over + seconds(0.05))
    worker()
    return LateJob(run(job, taken_over + seconds(0.1)), "failover", "another took over, as leader no. 7, 4.00 s after")


def by_outage(make: Make, of: str, cause: str, words: str, **published: Any) -> LateJob:
    worker()
    job = make(1)
    Outage.objects.note(of, since=NOW - seconds(1), until=NOW + LATE, who="beat")
    listed(job, **published)
    return LateJob(run(job, NOW + LATE + seconds(0.3)), cause, words)


def by_broker(make: Make) -> LateJob:
    return by_outage(
        make, "broker", "broker", "the broker was away from 2030-01-01 12:00:02 until 2030-01-01 12:00:08 UTC"
    )


def by_database(make: Make) -> LateJob:
    return by_outage(
        make, "database", "database", "the database was away from 2030-01-01 12:00:02", enqueued_at=NOW + LATE
    )


def by_no_leader(make: Make) -> LateJob:
    return by_outage(make, "leader", "failover", "no beat led from 2030-01-01 12:00:02", enqueued_at=NOW + LATE)


def by_no_worker(make: Make) -> LateJob:
    job = listed(make(1, queue="lonely"))
    return LateJob(run(job, NOW + LATE), "no_worker", "No worker took from queue lonely then.")


def by_host(make: Make) -> LateJob:
    job = listed(make(1))
    return LateJob(run(job, job.run_at - seconds(0.2), enters=job.run_at + LATE), "host_busy", "reached its body late")


def by_publication(make: Make) -> LateJob:
    worker()
    job = listed(make(1), enqueued_at=NOW + LATE)
    return LateJob(run(job, NOW + LATE + seconds(0.1)), "published_late", "it was published 4.00 s after it was due")


def by_republication(make: Make) -> LateJob:
    worker()
    job = listed(make(1), deliveries=3)
    return LateJob(run(job, NOW + LATE), "republished", "had to be published 3 times")


EACH = (
    by_slots,
    by_pause,
    by_rate,
    by_key,
    by_queue_limit,
    by_approval,
    by_calendar,
    by_dependencies,
    by_late_creation,
    by_edit,
    by_stop,
    by_worker_lost,
    by_lost_message,
    by_failover,
    by_no_leader,
    by_broker,
    by_database,
    by_no_worker,
    by_host,
    by_publication,
    by_republication,
)
