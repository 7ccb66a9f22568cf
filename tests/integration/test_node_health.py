"""Workers that take no jobs, because their machine is full or a person said so: others run them, or they wait."""

from __future__ import annotations

from datetime import timedelta

import pytest
from celery import current_app
from django.contrib.auth.models import User

from jobs.clock import clock
from jobs.models import Attempt, Job, Worker
from jobs.models.querysets import Listed
from jobs.nodes import drains
from jobs.nodes.cache import cache
from jobs.publishing.messages import send as send_message
from jobs.states import State
from tests.integration.conftest import EXACTLY_ONCE, all_final, messages, wait_for
from tests.integration.steps import create

pytestmark = [pytest.mark.processes]

FULL = {"JOBS_NODE_MAX_MEMORY": "1"}  # any machine is over it
IN_TIME = timedelta(seconds=2)


def row(name):
    return Worker.objects.get(name__startswith=f"{name}@")


def refusing(name, why):
    wait_for(lambda: why in row(name).refusing, f"{name} to say that it refuses")


def received(cluster, name):
    return cluster.log(name).count("] received")


def ran_on(ids):
    return {name.partition("@")[0] for name in Attempt.objects.filter(job__in=ids).values_list("worker", flat=True)}


def in_time(ids):
    wait_for(lambda: all_final(*ids), "all jobs to end")
    jobs = Job.objects.filter(pk__in=ids)
    assert {job.state for job in jobs} == {State.COMPLETED}
    assert all(job.run_at <= job.execute_at < job.run_at + IN_TIME for job in jobs), [job.delay_ms for job in jobs]


def drain(name, by):
    answer = drains.drain(row(name).session, now=clock.now(), reason="a new kernel", by=by)
    assert answer.done, answer.why
    refusing(name, "drained by ada: a new kernel")


def story(cluster, broker_url):
    """One installation for all of it: processes take long to start."""
    ada = User.objects.create_user("ada")
    cluster.launch("sick", **FULL)
    cluster.launch("children", pool="prefork", slots=2)
    cluster.launch("threads")
    cluster.ready("sick", "children", "threads")
    the_full_one_takes_none(cluster)
    what_waits_on_the_drained_one_starts_elsewhere(cluster, ada)
    with_none_left_jobs_wait_and_start_when_one_is_back(cluster, broker_url, ada)
    assert Attempt.objects.count() == Job.objects.count(), EXACTLY_ONCE


def the_full_one_takes_none(cluster):
    refusing("sick", "is over JOBS_NODE_MAX_MEMORY=1")
    ids = [create(1, "demo.noop") for _ in range(12)]
    in_time(ids)
    assert "sick" not in ran_on(ids)
    assert received(cluster, "sick") == 0, "it does not even hold a message"


def what_waits_on_the_drained_one_starts_elsewhere(cluster, ada):
    running = [create(0, payload={"seconds": 4}) for _ in range(7)]  # all slots: what runs goes on
    wait_for(lambda: Job.objects.running().filter(pk__in=running).count() == 7, "all slots to be taken")
    before = {name: received(cluster, name) for name in ("children", "threads")}
    waiting = [create(7, "demo.noop") for _ in range(12)]
    publish(waiting)
    wait_for(lambda: sum(received(cluster, n) - before[n] for n in before) >= 12, "the two to hold all of them")
    assert received(cluster, "children") > before["children"], "it holds some of them"
    drain("children", ada)
    in_time(waiting)
    assert ran_on(waiting) == {"threads"}
    wait_for(lambda: all_final(*running), "what ran to end")
    assert {job.state for job in Job.objects.filter(pk__in=running)} == {State.COMPLETED}
    assert ran_on(running) == {"children", "threads"}


def with_none_left_jobs_wait_and_start_when_one_is_back(cluster, broker_url, ada):
    drain("threads", ada)
    if broker_url.startswith("redis"):  # the broker of this process, too
        name = row("threads").name
        assert current_app.control.add_consumer("added", destination=[name], reply=True, limit=1, timeout=10)
    seen = {name: received(cluster, name) for name in cluster.processes}
    ids = [create(0.2, "demo.noop") for _ in range(5)]
    publish(ids)
    they_look_for_work_after(Job.objects.get(pk=ids[-1]).run_at, broker_url)
    assert {job.state for job in Job.objects.filter(pk__in=ids)} == {State.PENDING}
    assert messages(broker_url) == 5, "they wait where any worker finds them"
    assert {name: received(cluster, name) for name in cluster.processes} == seen, "and go around among none"
    answer = drains.resume(row("children").session, now=clock.now(), reason="", by=ada)
    assert answer.done, answer.why
    wait_for(lambda: all_final(*ids), "them to start")
    assert ran_on(ids) == {"children"}
    wait_for(lambda: row("children").refusing == "", "its row to say so")


def they_look_for_work_after(due, broker_url):
    """Wait until each worker has been alive for three heartbeats after that moment, and its event loop has answered."""
    wait_for(lambda: clock.now() > due, "them to be due")
    for _ in range(3):
        since = clock.now()
        wait_for(lambda since=since: Worker.objects.filter(heartbeat_at__gt=since).count() == 3, "a heartbeat of each")
    if broker_url.startswith("redis"):  # the broker of this process, too
        assert len(current_app.control.ping(timeout=10, limit=3)) == 3


def publish(ids):
    """Those that nobody has published at their commit: there is no beat."""
    with current_app.producer_or_acquire() as producer:
        for job in Job.objects.filter(pk__in=ids, enqueued_at=None):
            send_message(Listed.first(job), producer)


def test_on_redis(cluster, broker_url):
    story(cluster, broker_url)
    said = cache.read([row("sick").session])[row("sick").session]
    assert said.at > clock.timestamp() - 3, "each second"
    assert said.reading.memory > 1
    assert "JOBS_NODE_MAX_MEMORY=1" in said.refusing
    cache.close()


@pytest.mark.rabbitmq
class TestRabbitMQ:
    @pytest.fixture
    def broker_url(self, rabbitmq_url):
        return rabbitmq_url

    def test_on_rabbitmq(self, cluster, broker_url):
        story(cluster, broker_url)
