"""Dense windows: one message has many jobs, and whatever happens to it or to its worker each of them starts once."""

from __future__ import annotations

import signal
from datetime import timedelta

import pytest
from django.db import connection

from jobs.clock import clock
from jobs.models import Attempt, Job, Worker
from jobs.models.querysets import Listed
from jobs.publishing.bundles import bundled
from jobs.publishing.messages import send_bundle, send_each
from jobs.states import State
from launcher.process import send
from tests.integration.conftest import EXACTLY_ONCE, all_final, wait_for

JOBS = 600
INSERT = """
INSERT INTO jobs_job (target, payload, run_at)
SELECT 'demo.sleep', jsonb_build_object('seconds', %(seconds)s), now() + %(after)s * interval '1 second'
    + n * %(over)s * interval '1 second' / %(jobs)s
FROM generate_series(1, %(jobs)s) n
"""


def insert(jobs=JOBS, *, after=5.0, over=2.0, seconds=0.0):
    with connection.cursor() as cursor:
        cursor.execute(INSERT, {"jobs": jobs, "after": after, "over": over, "seconds": seconds})


def received(cluster, *names):
    return sum(cluster.log(name).count("] received") for name in names)


def each_once():
    assert Attempt.objects.count() == Job.objects.count(), EXACTLY_ONCE
    assert set(Job.objects.values_list("state", flat=True)) == {State.COMPLETED}


class DenseWindows:
    """The same on both brokers."""

    def test_both_workers_start_each_job_once_and_at_its_time(self, cluster):
        cluster.beat()
        cluster.workers("w1", "w2", slots=10)
        insert(over=0.5)
        wait_for(all_final, "all jobs")
        each_once()
        assert received(cluster, "w1", "w2") < JOBS / 2, "bundles, and what was passed on"
        shares = [Attempt.objects.filter(worker__startswith=name).count() for name in ("w1@", "w2@")]
        assert min(shares) > JOBS / 10, shares
        assert not [job for job in Job.objects.all() if job.execute_at < job.run_at]

    def test_a_worker_that_is_killed_with_bundles_leaves_their_jobs_to_others(self, cluster):
        cluster.beat()
        cluster.worker("w1", slots=5)
        insert(after=4, over=4)
        cluster.launch("w2", slots=10)
        wait_for(lambda: Attempt.objects.filter(outcome=State.COMPLETED).count() > 20, "the first of them")
        cluster.ready("w2")
        cluster.stop("w1", signal.SIGKILL)
        wait_for(all_final, "all jobs")
        assert Attempt.objects.count() == JOBS, EXACTLY_ONCE
        lost = Job.objects.filter(state=State.INTERRUPTED).count()
        assert lost < JOBS / 10, "what was in a slot, or had just ended"
        assert Job.objects.filter(state=State.COMPLETED).count() == JOBS - lost

    def test_a_worker_that_stops_hands_back_what_it_has_not_started(self, cluster):
        cluster.beat()
        cluster.worker("w1", slots=5)
        insert(over=10)
        cluster.launch("w2", slots=10)
        wait_for(lambda: Attempt.objects.filter(outcome=State.COMPLETED).count() > 20, "the first of them")
        cluster.ready("w2")
        send(cluster.processes["w1"], signal.SIGTERM)
        wait_for(
            lambda: Worker.objects.filter(name__startswith="w1@", stopped_at__isnull=False).exists(), "its good-bye"
        )
        assert Job.objects.filter(state=State.PENDING).count() > JOBS / 60, "the stop came in the middle"
        wait_for(all_final, "all jobs")
        each_once()
        assert set(Job.objects.values_list("deliveries", flat=True)) == {1}, "none had to be listed again"

    def test_a_worker_that_stops_hands_back_once_what_two_bundles_brought(self, cluster):
        cluster.worker("w1", slots=5)
        insert(after=3, over=10)
        jobs = [Listed.first(job) for job in Job.objects.order_by("run_at")]
        Job.objects.mark([job.id for job in jobs], now=clock.now())
        send_each([jobs[start : start + 100] for start in range(0, JOBS, 100)], send_bundle)
        send_each([jobs[start : start + 90] for start in range(0, JOBS, 90)], send_bundle)
        cluster.launch("w2", slots=10)
        wait_for(lambda: Attempt.objects.filter(outcome=State.COMPLETED).count() > 20, "the first of them")
        cluster.ready("w2")
        cluster.stop("w1")
        assert Job.objects.filter(state=State.PENDING).count() > JOBS / 60, "the stop came in the middle"
        wait_for(all_final, "all jobs")
        each_once()
        assert "event loop" not in cluster.log("w1").lower()
        assert "MessageStateError" not in cluster.log("w1")


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
class TestOnValkey(DenseWindows):
    """And what no broker decides."""

    def test_jobs_that_take_their_time_go_to_whoever_has_a_slot(self, cluster):
        cluster.beat()
        cluster.launch("w1", slots=5)
        cluster.launch("w2", slots=20)
        cluster.ready("w1", "w2")
        insert(after=4, over=0, seconds=0.2)
        wait_for(all_final, "all jobs")
        each_once()
        w1, w2 = (Attempt.objects.filter(worker__startswith=name) for name in ("w1@", "w2@"))
        ends = [attempts.latest("finished_at").finished_at for attempts in (w1, w2)]
        assert abs(ends[0] - ends[1]) < timedelta(seconds=2), "neither had nothing to do while the other had much"

    def test_a_bundle_that_comes_twice_starts_nothing_twice(self, cluster):
        cluster.workers("w1", "w2", slots=10)
        insert(after=2)
        for _ in range(2):
            send_each(bundled([Listed.first(job) for job in Job.objects.all()]), send_bundle)
        wait_for(all_final, "all jobs")
        each_once()


@pytest.mark.processes
@pytest.mark.rabbitmq
@pytest.mark.django_db(transaction=True)
class TestOnRabbitMQ(DenseWindows):
    @pytest.fixture
    def broker_url(self, rabbitmq_url):
        return rabbitmq_url


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_beside_a_worker_of_before_each_job_has_its_own_message(cluster):
    cluster.beat()
    cluster.worker("w1", slots=10)
    Worker.objects.update(bundles=False)  # as a release before has it: it does not know the column
    insert()
    wait_for(all_final, "all jobs")
    each_once()
    assert received(cluster, "w1") >= JOBS
