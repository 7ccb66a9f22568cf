"""The life of a schedule by an injected clock: workers that take what is due, a leader that sweeps, and hours in which
neither is there."""

import uuid
from datetime import timedelta

from django.db import transaction

from jobs import transitions
from jobs.models import Job, Occurrence, Schedule
from jobs.states import State
from jobs.transitions import AcquireRequest, WorkerIdentity
from jobs.transitions.schedules import definitions, sweeping
from tests import starts
from tests.conftest import NOW, seconds

WORKER = WorkerIdentity("w1@test", uuid.uuid4())
LEAD = seconds(0.2)
A_MOMENT = seconds(0.01)


def make(expression="*/5 * * * *", *, now=NOW, by=None, **fields):
    fields = {"name": "report", "target": "demo.noop", "dialect": "cron", "expression": expression, **fields}
    return definitions.create_schedule(fields, by=by, now=now)


def again(schedule):
    return Schedule.objects.get(pk=schedule.pk)


def next_job(schedule):
    return Job.objects.get(pk=again(schedule).next_job_id)


def acquire(job, *, now):
    """Take the job as a worker does; None if it does not start."""
    version = Job.objects.filter(pk=job.pk).values_list("version", flat=True).first() or job.version
    asked = AcquireRequest(job.pk, version, uuid.uuid4())
    taken = transitions.acquire([asked], worker=WORKER, now=now, due_before=now + seconds(1), sharing=True)
    return taken.started[0] if taken.started else None


def finish(started, *, now):
    starts.finish(started, outcome=State.COMPLETED, execute_at=now, finished_at=now)


def sweep(now):
    with transaction.atomic():
        ids = Schedule.objects.due(now, 1000)
        return sweeping.catch_up_with(ids, now=now)


def run_until(schedule, now, until, *, workers=True, lasts=A_MOMENT):
    """Let time pass: each job is taken a lead ahead of its time and ends, and the leader looks each second in which
    something is due. Returns the moments at which jobs started."""
    began = []
    while True:
        job = Job.objects.filter(schedule=schedule, state=State.PENDING, holds=0).order_by("run_at").first()
        if job is None or job.run_at > until:
            return began
        now = max(now, job.run_at)
        if workers:
            started = acquire(job, now=max(now - LEAD, job.run_at - LEAD))
            if started is not None:
                began.append(now)
                finish(started, now=now + lasts)
        sweep(now + seconds(1))
        if not workers:
            return began


def accounted(schedule):
    """All nominal times by what became of them: (nominal, count, cause)."""
    rows = Occurrence.objects.filter(schedule=schedule).order_by("nominal_at", "number")
    return [(row.nominal_at, row.count, row.cause) for row in rows]


def total(schedule):
    return sum(count for _, count, _ in accounted(schedule))


def started(schedule):
    states = (State.COMPLETED, State.RUNNING, State.FAILED)
    found = Job.objects.filter(schedule=schedule, state__in=states).order_by("nominal_at")
    return list(found.values_list("nominal_at", flat=True))


def minutes(n):
    return timedelta(minutes=n)
