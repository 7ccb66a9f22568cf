"""The list of schedules: filters, pages, and what it costs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.clock import clock
from jobs.models import Schedule
from jobs.transitions.schedules import definitions
from tests.api.schedules import RIGHTS, URL, make, minutes, permit, stamp


@pytest.fixture
def api(api, operator):
    permit(operator, *RIGHTS)
    return api


def names(api, query=""):
    answer = api.get(f"{URL}?{query}")
    assert answer.status_code == 200, answer.content
    return [one["name"] for one in answer.json()["results"]]


@pytest.fixture
def some(db):
    """On, paused, off, ended and broken, in this order of their ids."""
    now = clock.current()
    on = make(name="Books on", expression="* * * * *", target="demo.fail", payload={"message": "x"})
    paused = make(name="paused", queue="slow")
    definitions.pause_schedule(paused.pk, until=None, reason="", by=None, now=now)
    make(name="off", enabled=False)
    ended = make(name="ended")
    Schedule.objects.filter(pk=ended.pk).update(next_at=None, next_job_id=None)
    broken = make(name="broken books")
    Schedule.objects.filter(pk=broken.pk).update(next_at=None, next_job_id=None, problem="It is broken.")
    over = make(name="paused once")
    Schedule.objects.filter(pk=over.pk).update(paused_at=now - minutes(9), paused_until=now - minutes(5))
    return on


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", ["paused once", "broken books", "ended", "off", "paused", "Books on"]),
        ("standing=on", ["paused once", "Books on"]),
        ("standing=paused", ["paused"]),
        ("standing=off", ["off"]),
        ("standing=ended", ["ended"]),
        ("standing=broken", ["broken books"]),
        ("enabled=false", ["off"]),
        ("enabled=true&queue=slow", ["paused"]),
        ("paused=true", ["paused"]),
        ("paused=false", ["paused once", "broken books", "ended", "off", "Books on"]),
        ("name=BOOKS", ["broken books", "Books on"]),
        ("name=%25", []),
        ("target=demo.fail", ["Books on"]),
        ("queue=slow", ["paused"]),
        (
            "name=&standing=&enabled=&paused=&target=",
            ["paused once", "broken books", "ended", "off", "paused", "Books on"],
        ),
    ],
)
def test_it_is_filtered(api, some, query, wanted):
    assert names(api, query) == wanted


def test_it_is_filtered_by_what_comes_next(api, some):
    soon = stamp(clock.current() + minutes(2)).replace("+", "%2B")
    assert names(api, f"next_at_before={soon}") == ["Books on"]
    assert "Books on" not in names(api, f"next_at_after={soon}")


@pytest.mark.parametrize(
    ("query", "field"),
    [("standing=asleep", "standing"), ("enabled=perhaps", "enabled"), ("next_at_after=soon", "next_at_after")],
)
def test_a_filter_that_is_wrong_is_refused(api, problem, query, field):
    problem(api.get(f"{URL}?{query}"), 400, field)


def test_a_filter_that_is_unknown_is_refused(api, problem):
    problem(api.get(f"{URL}?state=on"), 400, "state", "no filter of this name")


def test_each_is_shown_with_the_time_of_its_next_run(api, some):
    shown = {one["name"]: one for one in api.get(URL).json()["results"]}
    assert shown["Books on"]["next_run_at"] == stamp(some.next_at).replace("+00:00", "Z")
    assert shown["ended"]["next_run_at"] is None
    assert shown["broken books"]["problem"] == "It is broken."


def test_pages_follow_each_other_and_cost_the_same_however_many_there_are(api):
    def statements(path):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            answer = api.get(path)
        assert answer.status_code == 200
        return answer.json(), [query["sql"] for query in seen]

    made = [make(name=f"report {number}") for number in range(3)]
    statements(URL)
    _, few = statements(URL)
    Schedule.objects.bulk_create(
        Schedule(
            name=f"other {number}",
            target="demo.noop",
            dialect="cron",
            expression="30 2 * * *",
            anchored_at=clock.current(),
            accounted_until=clock.current(),
            created_at=clock.current(),
            next_at=clock.current() + timedelta(days=1, seconds=number),
            next_job_id=made[0].next_job_id,
        )
        for number in range(100)
    )
    page, many = statements(f"{URL}?page_size=100")
    assert len(many) == len(few)
    second, again = statements(page["next"])
    assert len(again) == len(few)
    assert [one["name"] for one in second["results"]] == ["report 2", "report 1", "report 0"]
    assert len({one["id"] for one in page["results"] + second["results"]}) == 103


def test_a_page_of_100_000_is_read_on_an_index(api):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO jobs_schedule (name, target, payload, queue, rerunnable, max_attempts, retry_on, if_late, key,"
            " key_limit, overlap, blackout, dialect, expression, time_zone, spread, catch_up, catch_up_limit, enabled,"
            " pause_reason, problem, anchored_at, accounted_until, made, created_at) "
            "SELECT 'report ' || n, 'demo.noop', '{}', 'default', false, 1, '[]', 'skip', '', 1, 'skip', 'skip', "
            "'cron', '30 2 * * *', 'UTC', 0, 'latest', 10, true, '', '', now(), now(), 0, now() "
            "FROM generate_series(1, 100000) AS n"
        )
        cursor.execute("ANALYZE jobs_schedule")
    with CaptureQueriesContext(connection) as seen:
        page = api.get(URL).json()
        page = api.get(page["next"]).json()
    assert page["results"][0]["name"] == "report 99950"
    asked = [query["sql"] for query in seen if 'FROM "jobs_schedule"' in query["sql"]]
    assert len(asked) == 2
    with connection.cursor() as cursor:
        for statement in asked:
            cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF) {statement}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
            assert "Seq Scan on jobs_schedule" not in plan, plan
            assert "jobs_schedule_pkey" in plan
