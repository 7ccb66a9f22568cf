"""Starts and ends as the tests of the figures make them, and what the ledger says of them."""

from __future__ import annotations

import uuid

from django.db import connections

from jobs.models import Attempt, Job
from jobs.models.rollups.adding import add as add_rows
from tests.conftest import NOW, seconds


def add(now=NOW, **more):
    return add_rows(now=now, overdue_before=now - seconds(2), alive_since=now - seconds(10), **more)


def start(at=NOW, *, queue="default", target="demo.noop", late=0.001, labels=None):
    """A job that has started, and not ended, with its row of the ledger."""
    job = Job.objects.create(
        target=target, payload={}, queue=queue, run_at=at, state=1, attempt=1, locked_at=at, labels=labels or {}
    )
    return attempt_of(job, at=at, late=late)


def attempt_of(job, *, at=NOW, number=1, late=0.001):
    return Attempt.objects.create(
        job=job, number=number, worker="w1@host", session=uuid.uuid4(), token=uuid.uuid4(), run_at=at, locked_at=at,
        started_at=at + seconds(late),
    )  # fmt: skip


def end(attempt, outcome=2, *, took=0.25):
    at = attempt.started_at + seconds(took)
    Attempt.objects.filter(pk=attempt.pk).update(outcome=outcome, finished_at=at)
    Job.objects.filter(pk=attempt.job_id).update(state=outcome, execute_at=attempt.started_at, finished_at=at)
    return attempt


def ended(at=NOW, outcome=2, *, took=0.25, **more):
    return end(start(at, **more), outcome, took=took)


def pending(due, queue="default"):
    return Job.objects.create(target="demo.noop", payload={}, queue=queue, run_at=due)


def ask(sql, *values, using="default"):
    with connections[using].cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


LEDGER = """
SELECT count(*), count(*) FILTER (WHERE outcome = 2), count(*) FILTER (WHERE outcome = 3),
    count(*) FILTER (WHERE outcome = 5), count(*) FILTER (WHERE outcome IS NOT NULL AND started_at IS NOT NULL)
FROM jobs_attempt
"""
FIGURES = """
SELECT step, sum(starts), sum(completed), sum(failed), sum(interrupted), sum(delays), sum(durations) FROM jobs_rollup
GROUP BY step ORDER BY step
"""


def ledger():
    (row,) = ask(LEDGER)
    return (*row, row[-1])


def figures():
    """What the stretches of each step say in sum: the same for each."""
    found = ask(FIGURES)
    assert [row[0] for row in found] in ([], [10, 60, 3600])
    sums = {tuple(row[1:]) for row in found}
    assert len(sums) <= 1, found
    return sums.pop() if sums else (0,) * 6
