"""The statement that locks jobs to be taken reads their rows by their ids, however many others are pending and whatever
the server believes about them."""

import json

import pytest
from django.db import connection, transaction

from jobs.transitions import rows
from tests.conftest import NOW, seconds

pytestmark = pytest.mark.django_db
PENDING = """
INSERT INTO jobs_job (target, payload, run_at)
SELECT 'demo.noop', '{}', %s::timestamptz + n * interval '1 millisecond' FROM generate_series(1, %s) AS n RETURNING id
"""
OVER = """
INSERT INTO jobs_job (target, payload, run_at, state, attempt, locked_at, execute_at, finished_at)
SELECT 'demo.noop', '{}', now(), 2, 1, now(), now(), now() FROM generate_series(1, 5000)
"""


def pending(number):
    with connection.cursor() as cursor:
        cursor.execute(PENDING, [NOW, number])
        return [pk for (pk,) in cursor.fetchall()]


def analyze():
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE jobs_job")


def plan_of_lock(ids):
    asked = []

    def note(execute, sql, params, many, context):
        asked.append((sql, params))
        return execute(sql, params, many, context)

    with transaction.atomic(), connection.execute_wrapper(note):
        assert len(rows.locked(ids, due_before=NOW + seconds(60), after=0)) == len(ids)
    ((sql, params),) = [one for one in asked if "FOR NO KEY UPDATE" in one[0]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
        return json.dumps(cursor.fetchone()[0])


@pytest.mark.parametrize("known", [False, True], ids=["stale statistics", "fresh statistics"])
def test_it_reads_no_other_job_that_is_pending(known):
    with connection.cursor() as cursor:
        cursor.execute(OVER)
    pending(10)
    analyze()
    ids = pending(3000)
    if known:
        analyze()
    plan = plan_of_lock(ids[1000:1050])
    assert '"jobs_job_pkey"' in plan
    assert '"jobs_due"' not in plan
