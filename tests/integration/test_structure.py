"""What jobs cost, by facts that are the same on any machine: no test here fails for time."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from jobs import rules, transitions
from jobs.clock import clock
from jobs.models import Job, WorkerLog
from jobs.publishing.windows import window_at
from jobs.worker.arm.handoff import MOST_HOPS
from tests.integration.conftest import all_final, wait_for
from verification.benchmark import facts, statements
from verification.benchmark.throughput import backlog
from verification.rows import list_queries

pytestmark = [pytest.mark.processes]

BURST, BACKLOG = 60, 600
WORKERS, SLOTS = ("w1", "w2"), 20
# A lone job costs 2: one to take its row, one to record its end. Jobs that are due together share them.
WELL_BELOW = 1.0
# BEGIN, the locked rows, the update, the ledger, COMMIT; BEGIN, the end, COMMIT; and a beat's and two workers' own.
STATEMENTS_PER_JOB = 6.0


def received(cluster) -> int:
    """Messages that reached a worker, those that another has passed on counted again."""
    return sum(cluster.log(name).count("] received") for name in WORKERS)


def cost_of(ids: Sequence[int]) -> facts.Facts:
    wait_for(lambda: all_final(*ids), "all jobs to end")
    found = facts.read(ids)
    assert found.flaws(len(ids)) == []
    assert found.starts == len(ids)
    assert found.acquire_failures == 0
    assert Job.objects.filter(pk__in=ids, deliveries=1).count() == len(ids)
    return found


def create(jobs: int, after: float) -> list[int]:
    now = clock.now()
    new = rules.check_new_job(
        target="demo.sleep", payload={"seconds": 0.05}, run_at=now + timedelta(seconds=after), now=now
    )
    return transitions.create_many([new] * jobs, now=now)


@pytest.fixture
def counted(transactional_db):
    """Statements are counted, where the server can."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    except DatabaseError as error:
        print(f"statements are not counted: {error}")  # noqa: T201 - shown with a failure


def test_what_jobs_cost_that_are_due_together(counted, cluster):
    """Two processes take long to start: both loads in one test, the backlog first."""
    for name in WORKERS:
        cluster.launch(name, slots=SLOTS)
    cluster.ready(*WORKERS)
    of_a_backlog(cluster)
    cluster.beat()
    wait_for(lambda: WorkerLog.objects.filter(client__startswith="beat").exists(), "the beat to list")
    of_a_burst(cluster)


def of_a_backlog(cluster):
    before = statements.snapshot(clock.now())
    ids = backlog.insert(BACKLOG, "cafe", "default")
    backlog.list_and_publish(BACKLOG)
    found = cost_of(ids)
    assert found.transactions_per_job < WELL_BELOW
    assert received(cluster) < 2 * BACKLOG
    traffic = statements.between(before, statements.snapshot(clock.now()))
    assert traffic is not None or not os.environ.get("CI"), "CI must have pg_stat_statements"
    if traffic is not None:
        assert traffic.statements / BACKLOG < STATEMENTS_PER_JOB


def of_a_burst(cluster):
    """More jobs than slots: those without one may be passed on, each a few times."""
    begin, before = clock.now(), received(cluster)
    window, ahead = settings.JOBS_MIN_PREPARE_TIME, settings.JOBS_LOOK_AHEAD
    ids = create(BURST, after=window + ahead + 0.5)
    found = cost_of(ids)
    assert found.transactions_per_job < WELL_BELOW / 2
    assert BURST <= received(cluster) - before <= BURST + (BURST - len(WORKERS) * SLOTS) * MOST_HOPS
    first = window_at(begin, window, 0).end
    listed = list_queries(first, clock.now())
    per_window = Counter(window_at(at, window, 0).start for at in listed.values_list("at", flat=True))
    assert per_window
    assert set(per_window.values()) == {1}
