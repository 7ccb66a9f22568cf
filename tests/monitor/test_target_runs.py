"""The last runs of a target on the page of one of its jobs: with a bound, of what one sees."""

from __future__ import annotations

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.models import Job
from jobs.models.querysets import alike
from jobs.models.querysets.alike import last_of_target
from jobs.states import State
from tests.monitor.rows import MS, SECOND, ended, pending

pytestmark = pytest.mark.django_db

MANY = """
INSERT INTO jobs_job (target, payload, run_at, created_at, state, locked_at, execute_at, finished_at, attempt, enqueued_at)
SELECT 'demo.other', '{}', t, t - interval '1 minute', 2, t, t, t + interval '1 second', 1, t
FROM (SELECT %s - n * interval '1 second' AS t FROM generate_series(10, 40000) AS n) AS moments
"""


def text(response) -> str:
    return response.content.decode()


def test_the_job_is_marked_among_the_last_runs_of_its_target(viewer, at):
    jobs = [ended(at - n * SECOND, delay=n * MS, took=10 * n * MS) for n in range(1, 6)]
    failed = ended(at - 6 * SECOND, State.FAILED)
    ended(at - SECOND, target="demo.other")
    page = text(viewer.get(f"/jobs/{jobs[0].pk}/"))
    part = page[page.index('id="last-runs"') :]
    assert part.count('class="this" x=') == 2
    assert part.count('class="bad" x=') == 2
    assert part.count('class="good" x=') == 8
    assert "Delay: 0.50 ms to 5.00 ms, half up to 2.50 ms; this job: 1.00 ms" in part
    assert "Duration: 10.00 ms to 100 ms" in part or "Duration: 10.00 ms to 100.00 ms" in part
    assert f"Job {failed.pk}, failed: 0.50 ms" in part
    assert 'href="/jobs/?target=demo.noop"' in part


def test_those_that_ended_after_it_are_not_among_them(viewer, at):
    old = ended(at - 60 * SECOND)
    ended(at)
    part = text(viewer.get(f"/jobs/{old.pk}/"))
    assert '<span class="muted">1, the newest' in part


def test_a_job_that_has_not_ended_is_seen_beside_those_that_have(viewer, at):
    ended(at - SECOND)
    part = text(viewer.get(f"/jobs/{pending(at + 60 * SECOND).pk}/"))
    assert '<span class="muted">1, the newest' in part
    assert "this job" not in part[part.index("<figure") : part.index("</figure")]
    alone = text(viewer.get(f"/jobs/{pending(at + 60 * SECOND, target='demo.log').pk}/"))
    assert "None among the last 10,000 jobs that had ended." in alone


def test_what_was_not_measured_is_in_no_chart(at):
    ended(at, State.COMPLETED, reason="Confirmed.")
    ended(at, State.CANCELLED)
    assert last_of_target("demo.noop", until=at + SECOND) == []


def test_it_reads_one_stretch_of_an_index_however_many_jobs_there_are(at):
    with connection.cursor() as cursor:
        cursor.execute(MANY, [at])
        cursor.execute("ANALYZE jobs_job")
    rare = ended(at - 100 * SECOND)
    ended(at - 30_000 * SECOND)  # beyond what is looked at
    with CaptureQueriesContext(connection) as asked:
        found = last_of_target("demo.noop", until=at)
    assert [run.id for run in found] == [rare.pk]
    assert len(asked) == 1
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {asked[0]['sql']}")
        (plan,) = cursor.fetchone()
    plan = json.dumps(plan if not isinstance(plan, str) else json.loads(plan))
    assert '"jobs_final_finished"' in plan
    assert "Seq Scan" not in plan
    read = [int(float(rows)) for rows in re.findall(r'"Actual Rows": ([\d.]+)', plan)]
    assert max(read) <= alike.AMONG


def test_nobody_sees_the_runs_of_others(client, person, at):
    mine = person("add_job")
    client.force_login(mine)
    job = ended(at - SECOND, created_by=mine)
    ended(at - 2 * SECOND)
    assert Job.objects.count() == 2
    assert '<span class="muted">1, the newest' in text(client.get(f"/jobs/{job.pk}/"))
