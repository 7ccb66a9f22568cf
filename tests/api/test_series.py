"""GET /api/v1/series/."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from jobs.clock import clock
from tests.rollups.steps import add, ended

SERIES = "/api/v1/series/"


@pytest.fixture
def counted(db: None) -> None:
    now = clock.current()
    add(now - timedelta(minutes=10))
    for queue, late in (("default", 0.002), ("mail", 0.3)):
        ended(now - timedelta(minutes=5), queue=queue, late=late)
    add(now)


def test_the_last_hour(api: Client, counted: None, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(9):  # who asks; the objectives; the points; the queues
        body = api.get(SERIES).json()
    assert body["step"] == 10
    assert sum(point["completed"] for point in body["points"]) == 2
    assert max(point["delay"]["max_ms"] or 0 for point in body["points"]) == pytest.approx(300)
    assert [queue["pending"] for queue in body["queues"]] == [0.0]


def test_of_a_queue_in_steps(api: Client, counted: None) -> None:
    body = api.get(SERIES, {"queue": "mail", "step": "3600"}).json()
    assert [point["completed"] for point in body["points"]] == [1]
    assert api.get(SERIES, {"target": "none"}).json()["points"] == []


@pytest.mark.parametrize(
    ("query", "field", "says"),
    [
        ({"step": "7"}, "step", "steps of 10 "),
        ({"step": "soon"}, "step", "not a whole number"),
        ({"since": "2020-01-01T00:00:00Z", "step": "60"}, "step", "steps of 3600 "),
        ({"since": "soon"}, "since", "not a date"),
        ({"of": "mail"}, "of", ""),
        ({"queue": "a\x00b"}, "queue", ""),
    ],
)
def test_what_is_wrong_is_said(api: Client, problem: Any, query: dict[str, str], field: str, says: str) -> None:
    problem(api.get(SERIES, query), 400, field, says)
