"""The facts of one look: counted within bounds, by the plans that big tables need."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from jobs.models import Job
from jobs.models.limit import Kind
from jobs.monitor import broker, snapshot
from jobs.states import Hold, State
from jobs.transitions.limits import pausing
from jobs.transitions.limits.names import Name
from tests.monitor.rows import SECOND, ended, pending, running, worker

pytestmark = pytest.mark.django_db


def take(at):
    return snapshot.take(at, broker.client.depths)


def test_delays_and_outcomes_of_the_last_hour(at):
    for n in (1, 2, 3):
        ended(at - n * SECOND, delay=timedelta(milliseconds=n))
    ended(at - SECOND, State.FAILED, delay=timedelta(milliseconds=2))
    ended(at - timedelta(minutes=61), delay=timedelta(seconds=9))
    ended(at, State.CANCELLED)
    figures = take(at).figures
    assert (figures.ends, figures.started, figures.failed, figures.interrupted) == (5, 4, 1, 0)
    assert figures.mean == pytest.approx(2.0)
    assert figures.stdev == pytest.approx(0.8165, abs=1e-3)
    assert figures.p99 == figures.high == pytest.approx(3.0)


def test_figures_without_a_start_are_absent(at):
    figures = take(at).figures
    assert (figures.mean, figures.stdev, figures.p99, figures.high) == (None, None, None, None)


def test_lists_are_in_the_order_that_matters(at):
    for n in (3, 1, 2):
        pending(at + n * SECOND, name=f"next {n}")
        pending(at - (n + 1) * SECOND, name=f"late {n}")
    seen = take(at)
    assert [job.title for job in seen.due_next] == ["next 1", "next 2", "next 3"]
    assert [job.title for job in seen.overdue] == ["late 3", "late 2", "late 1"]
    assert (seen.pending_count, seen.overdue_count) == (6, 3)


def test_what_is_held_is_counted_by_cause_and_waits_for_no_slot(at):
    for holds in (Hold.APPROVAL, Hold.KEY, Hold.KEY | Hold.QUEUE):
        pending(at + SECOND, holds=holds)
    pending(at + SECOND)
    pending(at, state=State.CANCELLED, finished_at=at, holds=0, reason="Because.")
    seen = take(at)
    assert seen.held == {"approval": 1, "key": 2, "queue": 1}
    assert seen.pending_count == 1


def test_a_paused_queue_is_listed_though_nothing_waits_in_it(at):
    pausing.pause(Name(Kind.QUEUE, "payroll"), now=at, reason="why not", by=None)
    assert [(q.name, q.paused) for q in take(at).queues] == [("default", False), ("payroll", True)]


def test_queues_join_the_table_the_broker_and_the_slots(at):
    worker(at, queues=["default", "mail"])
    worker(at, "w2@host", queues=["mail"], stopped_at=at)
    pending(at + SECOND, queue="mail")
    pending(at - 5 * SECOND, queue="reports")
    queues = {q.name: q for q in take(at).queues}
    assert (queues["default"].waiting, queues["default"].slots) == (1, 5)
    assert (queues["mail"].pending, queues["mail"].slots) == (1, 5)
    assert (queues["reports"].overdue, queues["reports"].slots) == (1, 0)


def test_busy_slots_come_from_the_ledger_not_from_the_last_heartbeat(at):
    session = worker(at, running=0).session
    running(at, session=session)
    seen = take(at)
    assert (seen.workers[0].busy, seen.workers[0].slots) == (1, 5)
    assert seen.running[0].worker == "w1@host"


def test_a_worker_that_left_long_ago_is_not_shown(at):
    worker(at, silent=timedelta(hours=1), gone_at=at - timedelta(minutes=59))
    assert take(at).workers == ()


def test_all_workers_count_and_the_page_shows_what_is_wrong_first(at):
    for n in range(snapshot.WORKER_ROWS + 5):
        worker(at, f"w{n:02}@host")
    worker(at, "z@host", silent=timedelta(minutes=1))
    seen = take(at)
    assert seen.slots == 5 * (snapshot.WORKER_ROWS + 5)
    assert len(seen.shown_workers) == snapshot.WORKER_ROWS
    assert seen.shown_workers[0].name == "z@host"


def test_counts_stop_at_their_bound(at):
    for n in range(4):
        pending(at + n * SECOND)
    assert Job.objects.pending().bounded_count(limit=2) == 3
    assert [b.pending for b in Job.objects.backlog(at, limit=2)] == [2]


def test_the_passing_of_time_alone_changes_no_fact(at):
    worker(at)
    pending(at + timedelta(minutes=5))
    assert repr(take(at)) == repr(take(at + SECOND))


@pytest.mark.parametrize(
    ("jobs", "index"),
    [
        (lambda at: Job.objects.upcoming(at)[:10], "jobs_due"),
        (lambda at: Job.objects.overdue(at).order_by("due_at", "id")[:10], "jobs_due"),
        (lambda at: Job.objects.running().order_by("locked_at")[:10], "jobs_running"),
        (lambda at: Job.objects.recently_finished()[:10], "jobs_final_finished"),
        (lambda at: Job.objects.failed_since(at)[:5], "jobs_final_finished"),
        (lambda at: Job.objects.interrupted()[:10], "jobs_interrupted"),
        (lambda at: Job.objects.order_by("-run_at", "-pk")[:100], "jobs_run_at"),
        (lambda at: Job.objects.due_between(at, at + SECOND).order_by("-run_at", "-pk")[:100], "jobs_run_at"),
    ],
)
def test_each_list_reads_its_index(at, jobs, index):
    """On a table that is big enough for the planner to care."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO jobs_job (target, payload, run_at, state, locked_at, execute_at, finished_at, attempt)"
            " SELECT 'demo.noop', '{}', now() - i * interval '1 s', 2, now(), now(), now() - i * interval '1 s', 1"
            " FROM generate_series(1, 5000) i"
        )
        cursor.execute("ANALYZE jobs_job")
    assert index in jobs(at).explain()
