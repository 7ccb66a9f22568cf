"""What people look for reads no more rows than its bound, of the table of jobs and of the ledger, whatever it is."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.clock import clock
from jobs.models import Ownership, Team
from jobs.models.querysets import overviews
from jobs.models.querysets.sampling import some_of_many
from tests.models.test_looking_plan import FILLED, read_of
from tests.monitor.rows import worker

pytestmark = pytest.mark.django_db
LOOK = 500
BOUND = LOOK + 1  # an edge is one further
STARTS = """
INSERT INTO jobs_attempt (job_id, number, worker, session, token, run_at, locked_at, finished_at, outcome)
SELECT id, 1, 'w1@host', gen_random_uuid(), gen_random_uuid(), run_at, now(), now(), 2 FROM jobs_job
"""
LABELLED = (
    """UPDATE jobs_job SET labels = jsonb_build_object('env', CASE WHEN id % 1000 = 1 THEN 'rare' ELSE 'all' END)"""
)
# More than are counted, and a sixth of the table: so many that all that lies before them would be read by the way.
WAITING = """
INSERT INTO jobs_job (name, target, payload, queue, run_at, holds)
SELECT 'waits ' || n, 'demo.noop', '{}', 'default', now() - interval '1 day', n % 2 FROM generate_series(1, 4000) AS n
"""


@pytest.fixture(autouse=True)
def _many(monkeypatch, db):
    monkeypatch.setattr(overviews, "LOOK", LOOK)
    monkeypatch.setattr(overviews, "COUNT_LIMIT", LOOK - 100)
    worker(clock.current(), queues=["default"])
    team = Team.objects.create(name="payroll")
    Ownership.objects.create(team=team, kind="queue", name="rare")
    with connection.cursor() as cursor:
        for one in (FILLED, STARTS, LABELLED, WAITING, "ANALYZE jobs_job", "ANALYZE jobs_attempt"):
            cursor.execute(one)


QUERIES = [
    *(
        f"state={state}"
        for state in ("pending", "running", "completed", "failed", "cancelled", "interrupted", "skipped")
    ),
    "state=pending,running",
    "state=completed,failed",
    "queue=rare",
    "queue=none",
    "target=none",
    "name=none",
    "key=none",
    "label=env:rare",
    "label=env:all",
    "label=env:none",
    "label=env:all&queue=none",
    "team=payroll",
    "team=none",
    "worker=w1@host",
    "worker=none",
    "failure=none",
    "later_than=1",
    "later_than=1&state=pending",
    "later_than=1&state=pending&queue=none",
    "no_live_worker=true",
    "held=any",
    "held=no",
    "held=key&queue=none",
    "q=none",
    "q=%22env:all%22",
    "id=7",
    "batch=7",
    *(
        f"{column}_{end}=2020-01-01"
        for column in ("run_at", "created_at", "finished_at")
        for end in ("before", "after")
    ),
    "run_at_after=2020-01-01&queue=none",
    "run_at_after=2020-01-01&queue=none&finished_at_after=2020-01-01",
    "finished_at_before=2099-01-01&queue=none",
    "",
    "before=9000&queue=none",
    "start=450",
]


def jobs_asked(asked):
    """Return the statements about jobs, those of a sample apart: these go by the index of labels alone."""
    found, sampled, settings = [], [], 0
    for sql in (one["sql"] for one in asked.captured_queries):
        settings += "gin_fuzzy_search_limit" in sql
        if 'FROM "jobs_job"' in sql:
            (sampled if settings % 2 else found).append(sql)
    return found, sampled


def plan_of(sql):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        return str(cursor.fetchall())


def test_the_index_of_labels_alone_says_that_many_have_one_and_no_page_goes_by_it(admin_client):
    with CaptureQueriesContext(connection) as asked:
        assert b"among the newest" in admin_client.get("/jobs/?label=env:all").content
    pages, sampled = jobs_asked(asked)
    assert pages
    assert not [sql for sql in pages if "jobs_labels" in plan_of(sql)]
    with some_of_many():
        plans = [plan_of(sql) for sql in sampled]
    assert len(plans) == 1
    assert not [plan for plan in plans if "jobs_labels" not in plan]


@pytest.mark.parametrize("sort", ["", "sort=delay&"])
def test_no_statement_of_the_page_reads_more_than_its_bound(sort, admin_client, django_assert_max_num_queries):
    wrong = []
    for query in QUERIES:
        with django_assert_max_num_queries(24) as asked:
            assert admin_client.get(f"/jobs/?{sort}{query}").status_code == 200, query
        statements = jobs_asked(asked)[0]
        assert statements
        wrong += [
            (query, read, sql) for sql in statements if (read := read_of(sql, "jobs_job", "jobs_attempt")) > 2 * BOUND
        ]
    assert wrong == []
