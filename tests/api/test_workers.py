"""GET /api/v1/workers/ and /api/v1/stats/."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from jobs.api import workers
from jobs.clock import clock
from jobs.models import Leadership
from jobs.states import State
from tests import starts
from tests.api.steps import start, worker


@pytest.fixture
def real_now(db: None) -> datetime:
    return datetime.now(tz=UTC)


def test_workers(api: Client, real_now: datetime) -> None:
    worker("a", real_now, queues=["default"])
    worker("b", real_now - timedelta(hours=1))
    worker("c", real_now, stopped_at=real_now)
    worker("d", real_now, gone_at=real_now)
    found = api.get("/api/v1/workers/").json()
    assert [(w["name"], w["alive"]) for w in found] == [("a", True), ("b", False), ("c", False)]
    assert (found[0]["slots"], found[0]["queues"]) == (5, ["default"])


def test_stats(api: Client, real_now: datetime, make_job: Any) -> None:
    Leadership.objects.update_or_create(id=1, defaults={"holder": "beat@here", "epoch": 3})
    worker("a", real_now)
    for after in (30, 59, 300):
        make_job(after, now=real_now)
    make_job(1, now=real_now - timedelta(seconds=60))
    for delay_ms in (1, 2, 6):
        done = make_job(1, now=real_now - timedelta(seconds=30))
        at = done.run_at + timedelta(milliseconds=delay_ms)
        starts.finish(start(done), outcome=State.COMPLETED, execute_at=at, finished_at=at)
    long_ago = make_job(1, now=real_now - timedelta(hours=2))
    at = long_ago.run_at + timedelta(seconds=9)
    starts.finish(start(long_ago), outcome=State.COMPLETED, execute_at=at, finished_at=at)

    body = api.get("/api/v1/stats/").json()
    assert body["jobs"] == {
        "pending": 4, "running": 0, "completed": 3, "failed": 0, "cancelled": 0, "interrupted": 0, "skipped": 0,
    }  # fmt: skip
    assert (body["due_next_minute"], body["overdue"], body["workers_alive"]) == (2, 1, 1)
    delay = body["delay_last_hour"]
    assert (delay["jobs"], delay["mean_ms"], delay["min_ms"], delay["max_ms"]) == (3, 3.0, 1.0, 6.0)
    assert delay["stdev_ms"] == pytest.approx(7**0.5)
    assert (body["leader"]["holder"], body["leader"]["epoch"]) == ("beat@here", 3)


def test_what_waits_for_a_person_counts_however_old(api: Client, real_now: datetime, make_job: Any) -> None:
    old = make_job(1, now=real_now - timedelta(days=9))
    at = old.run_at + timedelta(seconds=1)
    starts.finish(start(old), outcome=State.INTERRUPTED, execute_at=None, finished_at=at)
    assert api.get("/api/v1/stats/").json()["jobs"]["interrupted"] == 1


def test_no_count_reads_the_table_to_its_end(
    api: Client, real_now: datetime, make_job: Any, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    for after in (30, 31, 32):
        make_job(after, now=real_now)
    monkeypatch.setattr(workers, "COUNT_LIMIT", 2)
    clock.measure()
    with django_assert_num_queries(10) as queries:
        body = api.get("/api/v1/stats/").json()
    assert (body["jobs"]["pending"], body["due_next_minute"]) == (2, 2)
    about_jobs = [query["sql"] for query in queries if "jobs_job" in query["sql"]]
    assert len(about_jobs) == 6
    assert all("LIMIT" in sql for sql in about_jobs)


def test_stats_of_an_empty_installation(api: Client, django_assert_num_queries: Any) -> None:
    Leadership.objects.all().delete()
    clock.measure()
    api.get("/api/v1/workers/")  # the names of permissions are read once a process
    # 1 token, user and permissions, 2 ends and delays of the last hour, 3 pending, 4 pending and held, 5 running,
    # 6 interrupted, 7 leader, 8 due next minute, 9 overdue, 10 workers, 11 whose database it is
    with django_assert_num_queries(11):
        body = api.get("/api/v1/stats/").json()
    assert body["leader"] is None
    assert body["delay_last_hour"] == {"jobs": 0, "mean_ms": None, "stdev_ms": None, "min_ms": None, "max_ms": None}
