"""Limits on real processes: what one of them costs nobody else pays."""

from __future__ import annotations

import signal
import time
from datetime import timedelta

import pytest
from django.db import connection, connections

from jobs import rules, transitions
from jobs.clock import clock
from jobs.models import Attempt, Job, Kind, Limit, WorkerLog
from jobs.models.querysets import Listed
from jobs.publishing.messages import send, send_each
from jobs.states import Hold, State
from jobs.transitions.limits import pausing
from jobs.transitions.limits.names import LOCKS, Name
from tests.integration.conftest import EXACTLY_ONCE, all_final, wait_for
from verification.rows import list_queries

pytestmark = [pytest.mark.processes]

LOCKED_FOR = 8.0  # seconds
LATE = 1.0  # seconds, on a machine that others share: before, jobs were late by as long as the lock was held


def create(after, seconds=0.0, **more):
    now = clock.now()
    new = rules.check_new_job(
        target="demo.sleep", payload={"seconds": seconds}, run_at=now + timedelta(seconds=after), now=now, **more
    )
    job, _ = transitions.create(new, now=now)
    if job.enqueued_at is None:  # beyond the window: there is no beat here
        send_each([Listed.first(job)], send)
    return job.pk


def lateness(ids):
    return max((job.execute_at - job.run_at).total_seconds() for job in Job.objects.filter(pk__in=ids))


def test_a_limit_that_somebody_has_locked_delays_nobody_else(cluster):
    cluster.worker("w1", queues="default,mail,post")
    for name in ("mail", "post"):
        Limit.objects.create(kind=Kind.QUEUE, name=name, concurrency=100)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO jobs_job (target, payload, queue, run_at, holds)"
            " VALUES ('demo.noop', '{}', 'mail', now() - interval '1 minute', 16)"
        )
    other = connections.create_connection("default")
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCKS, "queue:mail"])
    began = time.monotonic()
    cluster.beat()
    mail = create(0.8, queue="mail")
    free = [create(1.0 + 0.5 * n, queue=queue) for n in range(12) for queue in ("default", "post")]
    wait_for(lambda: all_final(*free), "the others")
    assert Job.objects.get(pk=mail).state == State.PENDING
    wait_for(lambda: WorkerLog.objects.filter(action="QUERYLIST").count() >= 2, "the leader's windows")
    time.sleep(max(LOCKED_FOR - (time.monotonic() - began), 0.0))
    other.rollback()
    other.close()
    wait_for(lambda: all_final(mail), "what was locked")
    assert lateness(free) < LATE


def test_a_job_each_second_whose_runs_nearly_touch_is_never_skipped(cluster):
    cluster.worker("w1")
    ids = [create(2.0 + n, 0.7, key="tick", overlap="skip") for n in range(8)]
    wait_for(lambda: all_final(*ids), "all")
    assert [Job.objects.get(pk=pk).reason for pk in ids] == [""] * len(ids)
    assert lateness(ids) < LATE


def test_a_line_goes_on_by_itself_and_one_at_a_time(cluster):
    cluster.workers("w1", "w2")
    pausing.limit(Name(Kind.QUEUE, "default"), now=clock.now(), concurrency=2, rate=None, burst=1)
    ids = [create(1.0, 0.05, key=f"k{n % 3}") for n in range(30)]
    wait_for(lambda: all_final(*ids), "all")
    jobs = sorted(Job.objects.filter(pk__in=ids), key=lambda job: job.locked_at)
    assert {job.state for job in jobs} == {State.COMPLETED}
    for job in jobs:
        beside = [one for one in jobs if one.execute_at <= job.execute_at < one.finished_at]
        assert len(beside) <= 2
        assert sum(one.key == job.key for one in beside) == 1
    took = (jobs[-1].finished_at - jobs[0].execute_at).total_seconds()
    assert took < 20, "each turn came by itself, and not with the leader's window"


def test_a_pause_that_was_answered_holds_what_was_armed(cluster):
    cluster.worker("w1", queues="default,other")
    ids = [create(1.5 + 0.02 * n) for n in range(40)]
    last = create(1.5 + 0.02 * 40, queue="other")  # whose turn comes when all of them have had theirs
    due = Job.objects.get(pk=ids[10]).run_at
    while clock.seconds_until(due) > 0.1:
        time.sleep(0.005)
    pausing.pause(Name(Kind.QUEUE, "default"), now=clock.now(), reason="stop everything")
    answered = clock.now()
    wait_for(lambda: all_final(last), "the one that is due after them")
    wait_for(lambda: not Job.objects.running().exists(), "what was armed to be given back")
    started = Job.objects.filter(pk__in=ids, execute_at__isnull=False)
    assert 0 < started.count() < len(ids)
    assert not started.filter(execute_at__gt=answered).exists()


def test_a_pause_that_was_answered_holds_what_was_just_being_taken(cluster, tmp_path):
    """The worker is in the transaction that takes the row while the pause is asked for and answered."""
    (tmp_path / "in-acquire").write_text("sleep 1.5")
    cluster.worker("w1", JOBS_FAILPOINTS=str(tmp_path))
    pk = create(1.5)
    wait_for((tmp_path / "hits").exists, "the row to be taken")
    pausing.pause(Name(Kind.QUEUE, "default"), now=clock.now(), reason="stop everything")
    assert Job.objects.get(pk=pk).state == State.PENDING, "its start is not committed yet"
    wait_for(lambda: Job.objects.filter(pk=pk, holds=Hold.QUEUE).exists(), "it to be held")
    resumed = clock.now()
    pausing.resume(Name(Kind.QUEUE, "default"), now=resumed)
    wait_for(lambda: all_final(pk), "its end")
    entered = Attempt.objects.filter(job_id=pk, started_at__isnull=False).get()
    assert entered.started_at >= resumed, EXACTLY_ONCE
    assert Attempt.objects.get(job_id=pk, number=1).error == "It was paused before its body was entered."


def test_a_worker_that_is_killed_before_the_next_has_its_turn_delays_it_by_some_windows(cluster, tmp_path):
    """Its last job's end is committed, and the one that waits for the place is another worker's."""
    cluster.beat()
    victim = cluster.launch("victim", JOBS_FAILPOINTS=str(tmp_path))
    cluster.launch("heir", queues="other")
    cluster.ready("victim", "heir")
    first, second = create(1.0, 4.0, key="pay"), create(1.5, key="pay", queue="other")
    wait_for(lambda: Job.objects.filter(pk=second, holds=Hold.KEY).exists(), "the second to wait")
    (tmp_path / "before-turn").write_text("kill")
    assert victim.wait(60) == -signal.SIGKILL
    assert (Job.objects.get(pk=first).state, Job.objects.get(pk=second).holds) == (State.COMPLETED, Hold.KEY)
    wait_for(lambda: all_final(second), "the second")
    ended, begun = Job.objects.get(pk=first).finished_at, Job.objects.get(pk=second).execute_at
    assert Attempt.objects.filter(job_id__in=(first, second)).count() == 2, EXACTLY_ONCE
    windows = list_queries(ended, begun).count()
    assert windows <= 3, "the leader looks at the lines once a window"
