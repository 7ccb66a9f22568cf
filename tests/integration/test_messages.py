"""Messages that nobody of ours has sent: a worker says what is wrong with each, forgets it, and runs the jobs."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from celery import current_app

from jobs import transitions
from jobs.clock import clock
from jobs.models import Attempt, Job, WorkerLog
from jobs.publishing.messages import HOPS, RUN_JOB
from jobs.states import State
from tests.integration.conftest import EXACTLY_ONCE, all_final, messages, wait_for
from tests.integration.steps import create

pytestmark = [pytest.mark.processes]

HEADERS = {"id": "garbage", "task": RUN_JOB, "lang": "py", "root_id": "garbage", "argsrepr": "?", "eta": None}
DROPPED = "a message is dropped that nobody can read"
NOT_OURS = "not a message of ours"
OTHER = "celery.backend_cleanup"  # a task that is Celery's to read


def args(*values):
    return json.dumps([values, {}, {}])


# Headers, body, and what the worker says of it.
GARBAGE = [
    (HEADERS, "not JSON {", "Can't decode message body"),
    ({}, "not JSON {", "Can't decode message body"),
    (HEADERS, b"\xff\xfe", "Can't decode message body"),
    ({}, '{"not": "a task"}', "Received and deleted unknown message"),
    (HEADERS, "null", NOT_OURS),
    (HEADERS, "5", NOT_OURS),
    (HEADERS, "[1]", NOT_OURS),
    (HEADERS | {"task": OTHER}, "null", f"{DROPPED} (TypeError"),
    ({"task": OTHER}, args(1, 1), f"{DROPPED} (KeyError('id')"),
    (HEADERS | {"task": ["no name"]}, args(1, 1), "unhashable type: 'list'"),
    (HEADERS | {"task": "no.such.task"}, args(1, 1), "Received unregistered task of type 'no.such.task'"),
    (HEADERS | {"eta": "tomorrow"}, args(1, 1), f"{NOT_OURS}: ValueError"),
    (HEADERS | {HOPS: "many"}, args(1, 1), f"{NOT_OURS}: ValueError"),
    (HEADERS, args(), f"{NOT_OURS}: ValueError"),
    (HEADERS, args("seven", 1), "'seven' is neither the id of a job nor a version"),
    (HEADERS, args(None, None), "None is neither the id of a job nor a version"),
    (HEADERS, args({"id": 7}, 1), "{'id': 7} is neither the id of a job nor a version"),
    (HEADERS, args(2**63, 1), f"{2**63} is neither the id of a job nor a version"),
    (HEADERS, args(1, -1), "-1 is neither the id of a job nor a version"),
]
# What only a Redis client can put there: entries of the list that are no messages at all.
NO_MESSAGES = [b"not JSON {", b"{}"]
SOON = 0.8  # seconds: inside the listed window whenever it is asked for


def publish(broker, headers, body):
    broker.Producer().publish(
        body, routing_key="default", headers=headers, content_type="application/json", content_encoding="utf-8"
    )


def survives_garbage(cluster, broker_url):
    """Without a beat, which would send again what a worker has forgotten by mistake."""
    worker = cluster.worker("w1", slots=2)
    moved, deleted = create(60, "demo.noop"), create(60, "demo.noop")
    now = clock.now()
    assert transitions.reschedule(moved, run_at=now + timedelta(seconds=SOON), now=now).done
    Job.objects.filter(pk=deleted).delete()
    jobs = [moved, create(SOON)]
    with current_app.connection(broker_url) as broker:
        for headers, body, _ in GARBAGE:
            publish(broker, headers, body)
        publish(broker, HEADERS, args(moved, 1))
        publish(broker, HEADERS, args(deleted, 1))
        jobs.append(create(SOON))
        if broker_url.startswith("redis"):
            for entry in NO_MESSAGES:
                broker.default_channel.client.lpush("default", entry)
    jobs.append(create(SOON))
    wait_for(lambda: all_final(*jobs), "the jobs among the garbage to run")

    assert {job.state for job in Job.objects.filter(pk__in=jobs)} == {State.COMPLETED}
    assert Attempt.objects.count() == len(jobs), EXACTLY_ONCE
    for _, body, says in GARBAGE:
        assert says in cluster.log("w1"), body
    refused = WorkerLog.objects.filter(action="ACQUIRE_FAILURE").values_list("job_id", flat=True)
    assert {moved, deleted} <= set(refused), "the old version, the row that is gone"
    assert worker.poll() is None
    cluster.stop("w1")
    assert messages(broker_url) == 0, "nothing is kept for the next worker"


def test_garbage_in_redis(cluster, broker_url):
    survives_garbage(cluster, broker_url)
    assert "the event loop broke; connecting again" in cluster.log("w1")


@pytest.mark.rabbitmq
class TestRabbitMQ:
    @pytest.fixture
    def broker_url(self, rabbitmq_url):
        return rabbitmq_url

    def test_garbage_in_rabbitmq(self, cluster, broker_url):
        survives_garbage(cluster, broker_url)
