"""The statement that ends jobs reads their rows, however many others run and whatever the server believes about them."""

import json
import re

import pytest
from django.db import connection

from jobs.clock import clock
from jobs.states import State
from jobs.transitions import Ended, Started
from jobs.transitions.finishing import END, _values
from jobs.transitions.statements import rows_of
from tests.conftest import NOW

pytestmark = pytest.mark.django_db

RUNNING = """
WITH made AS (
    INSERT INTO jobs_job (target, payload, run_at, state, attempt, locked_at)
    SELECT 'demo.noop', '{}', now(), 1, 1, now() FROM generate_series(1, %s) RETURNING id
), noted AS (
    INSERT INTO jobs_attempt (job_id, number, worker, session, token, run_at, locked_at)
    SELECT id, 1, 'w', gen_random_uuid(), gen_random_uuid(), now(), now() FROM made
)
SELECT id FROM made
"""


def running(number):
    with connection.cursor() as cursor:
        cursor.execute(RUNNING, [number])
        return [pk for (pk,) in cursor.fetchall()]


def plan_of_end(ids):
    at = clock.now()
    endings = [Ended(Started(pk, 1, "demo.noop", {}, NOW, NOW, None), State.COMPLETED, at, at) for pk in ids]
    [(plan,)] = rows_of(f"EXPLAIN (ANALYZE, FORMAT JSON) {END}", _values(endings))
    return json.dumps(plan)


def analyze():
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE jobs_job, jobs_attempt")


@pytest.mark.parametrize("known", [False, True], ids=["stale statistics", "fresh statistics"])
def test_it_reads_no_other_job_that_runs(known):
    running(10)
    analyze()
    ids = running(3000)
    if known:
        analyze()
    plan = plan_of_end(ids[:50])
    assert '"jobs_running"' not in plan
    assert '"Seq Scan", "Parallel Aware": false, "Async Capable": false, "Relation Name": "jobs_job"' not in plan
    compared = sum(map(int, re.findall(r'"Rows Removed by Join Filter": (\d+)', plan)))
    assert compared < len(ids[:50]), "each end was compared with each row"
