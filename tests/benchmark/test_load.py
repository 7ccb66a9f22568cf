from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection

from jobs.clock import clock
from jobs.models import Job
from jobs.models.querysets import LIST_AND_MARK
from tests.conftest import NOW
from tests.starts import list_and_mark
from verification.benchmark import statements
from verification.benchmark.load import Load
from verification.benchmark.workload import Series, planned
from verification.rows import jobs_of

W = timedelta(seconds=10)


@pytest.mark.django_db
def test_the_plan_becomes_rows_of_the_round():
    since, duration = clock.now() + 10 * W, timedelta(seconds=30)
    load = Load("cafe", 1, since=since, duration=duration, window=W)
    plan = planned(since, duration, 1)
    load.commit(plan)
    jobs = jobs_of("cafe", load.first_id).order_by("id")
    assert [job.run_at for job in jobs] == [job.run_at for job in plan]
    assert {job.name for job in jobs} == {"benchmark cafe steady", "benchmark cafe burst", "benchmark cafe random"}
    assert {(job.target, float(job.payload["seconds"])) for job in jobs} == {("demo.sleep", 0.083)}
    assert list(load.created.values()).count(Series.BURST) == 40


@pytest.mark.django_db
def test_rounds_do_not_see_each_others_rows():
    since = clock.now() + 10 * W
    for run in ("cafe", "cafe1"):
        Load(run, 1, since=since, duration=W, window=W).commit(planned(since, W, 1)[:2])
    assert jobs_of("cafe", 0).count() == 2
    assert jobs_of("cafe", 0).unfinished().count() == 2


@pytest.mark.django_db(transaction=True)
def test_no_live_jobs_when_the_end_is_near():
    since = clock.now()
    with Load("cafe", 1, since=since, duration=W, window=W) as load:
        pass
    load.check()
    assert load.created == {}


def test_the_list_query_is_known_by_its_text():
    assert statements.LIST_TEXT in LIST_AND_MARK
    assert "%(" not in statements.LIST_TEXT
    assert "'" not in statements.LIST_TEXT


@pytest.mark.django_db(transaction=True)
def test_list_queries_are_counted_by_the_database_and_by_the_log():
    with suppress(DatabaseError), connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    before = statements.snapshot(NOW - W)
    if before is None:
        pytest.skip("pg_stat_statements is not in use in this database")
    for _ in range(3):
        list_and_mark(now=NOW, horizon=NOW + W)
    found = statements.between(before, statements.snapshot(NOW - W))
    assert found is not None
    assert (found.list_queries, found.logged_list_queries) == (3, 3)
    assert found.statements >= 3


@pytest.mark.django_db
def test_without_the_extension_there_is_no_snapshot_and_no_harm():
    with connection.cursor() as cursor:
        cursor.execute("DROP EXTENSION IF EXISTS pg_stat_statements")
    assert statements.snapshot(NOW) is None
    assert Job.objects.count() == 0
