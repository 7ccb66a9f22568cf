"""Jobs of these tests, and what becomes of them."""

from __future__ import annotations

import signal
from datetime import timedelta

from celery import current_app
from django.db import connection

from jobs import rules, transitions
from jobs.clock import clock
from jobs.models import Attempt, Job
from jobs.models.querysets import Listed
from jobs.publishing.messages import send as send_message
from jobs.states import State
from launcher.process import send
from tests.integration.conftest import all_final, wait_for


def insert(sql_target="demo.sleep", payload='{"seconds": 0.05}', after="3 seconds"):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO jobs_job (target, payload, run_at) VALUES (%s, %s, now() + %s::interval) RETURNING id",
            [sql_target, payload, after],
        )
        return cursor.fetchone()[0]


def create(after, target="demo.sleep", payload=None, **more):
    now = clock.now()
    run_at = now + timedelta(seconds=after)
    new = rules.check_new_job(target=target, payload=payload or {}, run_at=run_at, now=now, **more)
    return transitions.create(new, now=now)[0].pk


def graceful_stop(cluster, settings):
    """The other worker starts the waiting jobs, by their first message, while the body of the stopped one goes on."""
    settings.JOBS_LOOK_AHEAD = 12  # published at once
    cluster.beat(JOBS_LOOK_AHEAD="12")
    stopped = cluster.launch("first", slots=1)
    cluster.launch("second", queues="other")
    cluster.ready("first", "second")
    running = create(0.5, payload={"seconds": 12})
    wait_for(lambda: Job.objects.get(pk=running).state == State.RUNNING, "the first job to run")
    waiting = [create(4) for _ in range(5)]
    wait_for(lambda: cluster.log("first").count("received") == 6, "the first worker to hold the others")
    cluster.add_consumer("second")
    send(stopped, signal.SIGTERM)
    wait_for(lambda: all_final(*waiting), "the second worker to run them")
    assert Job.objects.get(pk=running).state == State.RUNNING
    assert {j.state for j in Job.objects.filter(pk__in=waiting)} == {State.COMPLETED}
    assert {j.deliveries for j in Job.objects.filter(pk__in=waiting)} == {1}
    assert set(Attempt.objects.filter(job__in=waiting).values_list("worker", flat=True)) != set(
        Attempt.objects.filter(job=running).values_list("worker", flat=True)
    )
    wait_for(lambda: all_final(running), "the long body to end")
    assert Job.objects.get(pk=running).state == State.COMPLETED
    assert stopped.wait(30) == 0


def publish():
    """Once, now: this test has no beat, which would send again what a worker keeps to itself."""
    with current_app.producer_or_acquire() as producer:
        for job in Job.objects.filter(enqueued_at=None):
            send_message(Listed.first(job), producer)


def states(ids):
    return set(Job.objects.filter(pk__in=ids).values_list("state", flat=True))
