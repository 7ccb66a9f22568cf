"""GET /api/v1/jobs/: filters, pages, and what they cost."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from jobs import transitions
from tests.api.conftest import JOBS, Problem
from tests.conftest import NOW


def names(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [job["name"] for job in response.json()["results"]]


def test_newest_first_in_pages_that_stay_the_same(api: Client, make_job: Any) -> None:
    for n in range(5):
        make_job(name=f"job {n}")
    first = api.get(JOBS, {"page_size": 2})
    assert names(first) == ["job 4", "job 3"]
    make_job(name="new meanwhile")
    second = api.get(first.json()["next"])
    assert names(second) == ["job 2", "job 1"]
    assert names(api.get(second.json()["previous"])) == ["job 4", "job 3"]
    last = api.get(second.json()["next"])
    assert (names(last), last.json()["next"]) == (["job 0"], None)


@pytest.fixture
def three(make_job: Any, db: None) -> None:
    make_job(60, name="a", queue="reports")
    make_job(120, name="b", target="demo.noop", payload={})
    c = make_job(180, name="c")
    transitions.cancel(c.pk, now=NOW, reason="test")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, "cba"),
        ({"state": "pending"}, "ba"),
        ({"state": "4"}, "c"),
        ({"state": "CANCELLED, 0"}, "cba"),
        ({"state": "running"}, ""),
        ({"state": ""}, "cba"),
        ({"queue": "reports"}, "a"),
        ({"target": "demo.noop"}, "b"),
        ({"name": "c"}, "c"),
        ({"name": "c", "state": "pending"}, ""),
        ({"run_at_after": "2030-01-01T12:02:03Z"}, "cb"),
        ({"run_at_before": "2030-01-01T12:02:03Z"}, "a"),
        ({"run_at_after": "2030-01-01T13:02:03+01:00", "run_at_before": "2030-01-01T12:03:03Z"}, "b"),
        ({"run_at_after": "9999-12-31T23:59:59-14:00"}, ""),
        ({"created_at_after": "0001-01-01T00:00:00+14:00"}, "cba"),
        ({"created_at_before": "2020-01-01T00:00:00Z"}, ""),
        ({"created_at_after": datetime.now(tz=UTC).replace(year=2020).isoformat()}, "cba"),
    ],
)
def test_filters(api: Client, three: None, query: dict[str, str], found: str) -> None:
    assert "".join(names(api.get(JOBS, query))) == found


def cursor(text: str) -> str:
    return b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("query", "field", "says"),
    [
        ({"page_size": "201"}, "page_size", "at most 200"),
        ({"page_size": "0"}, "page_size", "at least 1"),
        ({"page_size": "-5"}, "page_size", "at least 1"),
        ({"page_size": "many"}, "page_size", "choose 1 to 200"),
        ({"page_size": "9" * 5000}, "page_size", "1 to 200"),
        ({"cursor": "%%%"}, "cursor", "no cursor of ours"),
        ({"cursor": cursor("o=3")}, "cursor", "no cursor of ours"),
        ({"cursor": "☂"}, "cursor", "no cursor of ours"),
        ({"cursor": cursor("p=abc")}, "cursor", "no cursor of ours"),
        ({"cursor": cursor("p=" + "9" * 30)}, "cursor", "no cursor of ours"),
        ({"cursor": cursor("p=9223372036854775808")}, "cursor", "no cursor of ours"),
        ({"cursor": cursor("p=1&o=-1")}, "cursor", "no cursor of ours"),
        ({"cursor": cursor("p=\x00")}, "cursor", "no cursor of ours"),
        ({"state": "done"}, "state", "known are: pending (0)"),
        ({"state": "7"}, "state", "known are: pending (0)"),
        ({"state": "pending,\x00"}, "state", "is no state"),
        ({"queue": "a\x00"}, "queue", "NUL"),
        ({"name": "x" * 256}, "name", "shorten"),
        ({"run_at_after": "someday"}, "run_at_after", "write it like"),
        ({"run_at_after": "2030-01-01T00:00:00"}, "run_at_after", "no zone"),
        ({"run_at_before": "10000-01-01T00:00:00Z"}, "run_at_before", "year 9999"),
        ({"created_at_after": "2030-01-01T00:00:00 01:00"}, "created_at_after", "%2B"),
        ({"stat": "pending"}, "stat", "no filter of this name; known are: state"),
        ({"state": ["pending", "running"]}, "state", "given twice"),
    ],
)
def test_a_wrong_query(api: Client, problem: Problem, query: dict[str, str], field: str, says: str) -> None:
    problem(api.get(f"{JOBS}?{urlencode(query, doseq=True)}"), 400, field, says)


def test_the_biggest_cursor_is_a_cursor(api: Client, make_job: Any) -> None:
    make_job(name="only")
    assert names(api.get(JOBS, {"cursor": cursor("p=9223372036854775807")})) == ["only"]


@pytest.mark.parametrize("rows", [1, 20])
def test_queries_do_not_grow_with_rows(
    api: Client, make_job: Any, operator: Any, django_assert_num_queries: Any, rows: int
) -> None:
    for _ in range(rows):
        make_job(by=operator)
    # 1 the token with its user and the user's permissions, 2 the page of jobs with who created them
    with django_assert_num_queries(2):
        assert len(api.get(JOBS).json()["results"]) == rows
