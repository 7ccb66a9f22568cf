"""What is looked for among the newest jobs reads no older ones, whatever is looked for."""

import pytest
from django.db import connection

from jobs.api import paging
from jobs.models import Job
from jobs.models.querysets import overviews

pytestmark = pytest.mark.django_db
LOOK = 500
FILLED = """
INSERT INTO jobs_job (name, target, payload, queue, run_at, state, attempt, locked_at, execute_at, finished_at)
SELECT 'job ' || n, 'demo.noop', '{}', CASE WHEN n % 1000 = 1 THEN 'rare' ELSE 'default' END,
    now() - interval '1 day' + n * interval '1 second', 2, 1, now(), now(), now()
FROM generate_series(1, 20000) AS n
"""


@pytest.fixture(autouse=True)
def _many(monkeypatch):
    for place in (overviews, paging):
        monkeypatch.setattr(place, "LOOK", LOOK)
    with connection.cursor() as cursor:
        cursor.execute(FILLED)
        cursor.execute("ANALYZE jobs_job")


def nodes_of(sql, *tables):
    """Return the nodes of the plan by which a statement reads these tables, after it has run."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
        (plan,) = cursor.fetchone()[0]
    nodes, found = [plan["Plan"]], []
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", [])
        if node.get("Relation Name") in tables:
            found.append(node)
    assert found
    return found


def read_of(sql, *tables):
    """Return how many rows it reads of these tables, those of jobs if none is named, those that it then leaves out
    included."""
    left_out = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    return sum(
        (node["Actual Rows"] + sum(node.get(why, 0) for why in left_out)) * node["Actual Loops"]
        for node in nodes_of(sql, *(tables or ("jobs_job",)))
    )


@pytest.mark.parametrize(
    "wanted", [{"queue": "rare"}, {"queue": "none"}, {"name__icontains": "none"}, {"state": 3}], ids=str
)
def test_the_newest_in_the_admin(wanted, django_assert_num_queries):
    with django_assert_num_queries(2) as asked:  # the ends of the table; the ids
        Job.objects.filter(**wanted).among_newest()
    for query in asked.captured_queries:
        assert read_of(query["sql"]) <= LOOK


@pytest.mark.parametrize(
    "query", ["queue=rare", "queue=none", "name=none", "state=failed", "created_at_before=2020-01-01T00:00:00Z"]
)
def test_a_page_by_rest(query, admin_client, django_assert_num_queries):
    with django_assert_num_queries(4) as asked:
        assert admin_client.get(f"/api/v1/jobs/?{query}").status_code == 200
    pages = [one["sql"] for one in asked.captured_queries if 'ORDER BY "jobs_job"' in one["sql"]]
    assert [read_of(sql) <= LOOK for sql in pages] == [True]


@pytest.mark.parametrize("state", ["pending", "running", "interrupted", "pending,running"])
def test_of_the_states_of_few_none_of_the_others_is_read(state, admin_client, django_assert_num_queries):
    with django_assert_num_queries(3) as asked:
        assert admin_client.get(f"/api/v1/jobs/?state={state}").status_code == 200
    assert read_of(asked.captured_queries[-1]["sql"]) == 0


def test_the_counts_of_the_stats_read_no_other(admin_client, django_assert_max_num_queries):
    with django_assert_max_num_queries(20) as asked:
        assert admin_client.get("/api/v1/stats/").status_code == 200
    counts = [one["sql"] for one in asked.captured_queries if 'COUNT(*) FROM (SELECT "jobs_job"' in one["sql"]]
    assert len(counts) == 6, "what is pending in two parts"
    for sql in counts:
        assert read_of(sql) <= 1
