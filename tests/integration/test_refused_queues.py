"""One queue that the broker refuses, and one channel that it closes, cost the other jobs of the worker nothing."""

from datetime import timedelta
from functools import partial

import pytest
from celery import current_app
from redis import Redis

from jobs import rules, transitions
from jobs.clock import clock
from jobs.models import Attempt, Job, Worker
from jobs.states import State
from tests.integration.conftest import EXACTLY_ONCE, all_final, wait_for

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]
BAD = "refused"


def create(after: float = 0.5, queue: str = "default", seconds: float = 0) -> int:
    now = clock.now()
    run_at = now + timedelta(seconds=after)
    new = rules.check_new_job(target="demo.sleep", payload={"seconds": seconds}, queue=queue, run_at=run_at, now=now)
    return transitions.create(new, now=now)[0].pk


def taken() -> list[str]:
    return Worker.objects.get(stopped_at=None).queues


def the_others_go_on_and_it_comes_back(cluster, restore) -> None:
    ids = [create() for _ in range(4)]
    wait_for(lambda: all_final(*ids), "the jobs of the other queue")
    assert all(job.delay_ms < 2000 for job in Job.objects.filter(pk__in=ids))
    wait_for(lambda: taken() == ["default"], "the row to say so")
    assert f"the broker refuses queue '{BAD}'" in cluster.log("w1")
    restore()
    wait_for(lambda: taken() == ["default", BAD], "the queue to be taken from again")
    wait_for(partial(all_final, create(queue=BAD)), "a job of it")
    assert cluster.processes["w1"].poll() is None


def test_another_programs_key_under_the_name_of_a_queue(cluster, broker_url):
    if not broker_url.startswith("redis"):
        pytest.skip("a key of Redis")
    redis = Redis.from_url(broker_url)
    redis.delete(BAD)
    redis.set(BAD, "of another program")
    try:
        cluster.worker("w1", queues=f"default,{BAD}")
        the_others_go_on_and_it_comes_back(cluster, lambda: redis.delete(BAD))
        redis.delete(BAD)
        redis.set(BAD, "while the worker runs")
        the_others_go_on_and_it_comes_back(cluster, lambda: redis.delete(BAD))
    finally:
        redis.delete(BAD)


class TestRabbitMQ:
    pytestmark = pytest.mark.rabbitmq

    @pytest.fixture
    def broker_url(self, rabbitmq_url):
        return rabbitmq_url

    def test_a_quorum_queue_that_was_declared_by_hand(self, cluster, broker_url):
        with current_app.connection(broker_url) as broker:
            channel = broker.default_channel
            channel.queue_delete(BAD)
            channel.queue_declare(BAD, durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
            try:
                cluster.worker("w1", queues=f"default,{BAD}")
                the_others_go_on_and_it_comes_back(cluster, lambda: broker.channel().queue_delete(BAD))
            finally:
                broker.channel().queue_delete(BAD)

    def test_a_channel_that_is_closed_ends_neither_the_worker_nor_a_body_and_starts_nothing_twice(
        self, cluster, tmp_path
    ):
        """As RabbitMQ does while one message waits for a slot longer than its consumer_timeout."""
        switch = tmp_path / "close"
        process = cluster.worker("w1", slots=1, targets="tests.integration.channel_closer", CLOSE_CHANNEL=str(switch))
        running = create(seconds=12)
        wait_for(lambda: Job.objects.get(pk=running).state == State.RUNNING, "the long body")
        waiting = [create() for _ in range(3)]
        switch.touch()
        wait_for(lambda: "PRECONDITION_FAILED" in cluster.log("w1"), "the channel to be closed")
        wait_for(lambda: all_final(running, *waiting), "all jobs")
        assert set(Job.objects.values_list("state", flat=True)) == {State.COMPLETED}
        assert Attempt.objects.count() == 4, EXACTLY_ONCE
        assert process.poll() is None
