"""GET /api/v1/forecast/."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from jobs.clock import clock
from jobs.models import Job
from tests.monitor.rows import worker

FORECAST = "/api/v1/forecast/"


@pytest.fixture
def planned(db: None) -> None:
    now = clock.current()
    worker(now, slots=2, queues=["mail"])
    at = now + timedelta(hours=1)
    Job.objects.bulk_create(Job(target="demo.noop", payload={}, queue="mail", run_at=at) for _ in range(9))
    Job.objects.create(target="demo.noop", payload={}, queue="default", run_at=now + timedelta(days=2))


def test_a_day(api: Client, planned: None) -> None:
    body = api.get(FORECAST).json()
    (mail,) = body["queues"]
    assert (body["step"], body["counted"]["jobs"], mail["starts"], mail["slots"]) == (60, 9, 9, 2)
    assert mail["delay_s"] == 4.0
    (late,) = mail["overloads"]
    assert late["text"].endswith("needs 9 slots, has 2: delays up to 4 s.")
    assert late["repairs"]["command"].endswith("-c 7 -n more@%h -Q mail")
    assert body["durations"] == [{"target": "demo.noop", "seconds": 1.0, "known": False}]


def test_a_week_of_one_queue_with_more_slots(api: Client, planned: None) -> None:
    body = api.get(FORECAST, {"hours": "168", "slots": "7"}).json()
    assert body["step"] == 600
    assert {one["queue"]: (one["slots"], one["delay_s"]) for one in body["queues"]} == {
        "mail": (9, 0.0),
        "default": (7, 0.0),
    }
    body = api.get(FORECAST, {"hours": "168", "queue": "default"}).json()
    (found,) = body["queues"]
    assert (found["queue"], found["slots"], found["delay_s"]) == ("default", 0, None)
    assert "1 start waits: no worker takes from this queue." in found["overloads"][0]["text"]


@pytest.mark.parametrize(
    ("query", "field", "says"),
    [
        ({"hours": "25"}, "hours", "Give 24 for a day, or 168 for a week."),
        ({"hours": "a day"}, "hours", "Give 24"),
        ({"slots": "-1"}, "slots", "whole number of slots, 0 to 1,000"),
        ({"slots": "1001"}, "slots", "0 to 1,000"),
        ({"slots": "many"}, "slots", "0 to 1,000"),
        ({"slots": "9" * 5000}, "slots", "0 to 1,000"),
        ({"queue": "a\x00b"}, "queue", ""),
        ({"until": "tomorrow"}, "until", ""),
    ],
)
def test_what_is_wrong_is_said(api: Client, problem: Any, query: dict[str, str], field: str, says: str) -> None:
    problem(api.get(FORECAST, query), 400, field, says)
