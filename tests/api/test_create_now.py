"""POST /api/v1/jobs/ of a job that shall start at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from jobs.clock import clock
from jobs.models import Job
from tests.api.conftest import JOBS, Problem, ahead, new_job

KEY = {"Idempotency-Key": "order-17"}


def timeless(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in new_job(**fields).items() if name != "run_at"}


SENT = {"left out": timeless(), "now": new_job(run_at="now")}


@pytest.mark.parametrize("sent", [*SENT, "of a slower clock"])
@pytest.mark.parametrize("way", ["job", "bulk", "batch"])
def test_now_can_be_said(api: Client, way: str, sent: str) -> None:
    job = SENT.get(sent) or new_job(run_at=ahead(-0.5))
    url, body = {
        "job": (JOBS, job),
        "bulk": (f"{JOBS}bulk/", {"jobs": [job]}),
        "batch": ("/api/v1/batches/", {"name": "night", "jobs": [job]}),
    }[way]
    before = clock.current()
    response = api.post(url, body, content_type="application/json")
    assert response.status_code == 201, response.content
    created = Job.objects.get()
    assert before <= created.run_at <= datetime.now(UTC)
    assert created.enqueued_at is not None, "published at commit"


def test_a_form_that_leaves_the_time_empty_means_now(api: Client) -> None:
    assert api.post(JOBS, {"target": "demo.noop", "run_at": ""}).status_code == 201
    assert api.post(JOBS, {"target": "demo.noop", "run_at": "now"}).status_code == 201


@pytest.mark.parametrize("sent", ["left out", "now"])
def test_a_repeat_without_a_time_is_the_same_a_day_later(
    api: Client, monkeypatch: pytest.MonkeyPatch, sent: str
) -> None:
    first = api.post(JOBS, SENT[sent], content_type="application/json", headers=KEY)
    tomorrow = clock.current() + timedelta(days=1)
    monkeypatch.setattr(type(clock), "current", lambda self: tomorrow)
    again = api.post(JOBS, SENT["left out"], content_type="application/json", headers=KEY)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]


def test_a_repeat_of_a_time_that_had_just_passed_is_the_same(api: Client, problem: Problem) -> None:
    sent = new_job(run_at=ahead(-1))
    first = api.post(JOBS, sent, content_type="application/json", headers=KEY)
    again = api.post(JOBS, sent, content_type="application/json", headers=KEY)
    assert (first.status_code, again.status_code) == (201, 200)
    problem(api.post(JOBS, timeless(), content_type="application/json", headers=KEY), 422, says="new key")


@pytest.mark.parametrize("written", ["2031-05-01t12:00:00z", "2031-05-01T12:00:00Z", "2031-05-01t14:00:00+02:00"])
def test_the_letters_of_rfc_3339_may_be_small(api: Client, written: str) -> None:
    assert api.post(JOBS, new_job(run_at=written), content_type="application/json").status_code == 201
    assert Job.objects.get().run_at == datetime(2031, 5, 1, 12, tzinfo=UTC)


def test_the_schema_says_that_now_can_be_said(api: Client) -> None:
    field = api.get("/api/schema/?format=json").json()["components"]["schemas"]["NewJob"]
    assert "run_at" not in field["required"]
    assert {"type": "string", "enum": ["now"]} in field["properties"]["run_at"]["anyOf"]
