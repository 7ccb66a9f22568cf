"""POST /api/v1/jobs/ with what is right."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.test import Client

from jobs.models import Job
from jobs.states import State
from tests.api.conftest import JOBS, ahead, new_job


def test_json_creates_a_pending_job(api: Client, operator: User) -> None:
    sent = new_job(name="nightly ☂", queue="reports")
    response = api.post(JOBS, sent, content_type="application/json")
    assert response.status_code == 201
    body = response.json()
    job = Job.objects.get()
    assert response["Location"] == f"{JOBS}{job.pk}/"
    assert (job.name, job.target, job.payload, job.queue) == (
        "nightly ☂",
        "demo.sleep",
        {"seconds": Decimal("0.1")},
        "reports",
    )
    assert job.run_at == datetime.fromisoformat(sent["run_at"])
    assert job.created_by == operator
    assert (body["id"], body["state"], body["state_name"]) == (job.pk, State.PENDING, "pending")
    assert (body["created_by"], body["attempts"], body["delay_ms"]) == ("ada", [], None)


def test_only_target_and_time_are_needed(api: Client) -> None:
    assert (
        api.post(JOBS, {"target": "demo.noop", "run_at": ahead()}, content_type="application/json").status_code == 201
    )
    job = Job.objects.get()
    assert (job.name, job.payload, job.queue, job.idempotency_key) == ("", {}, "default", None)


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_form_carries_the_payload_as_text(api: Client, content_type: str) -> None:
    sent = {**new_job(), "payload": '{"seconds": 0.5}', "csrfmiddlewaretoken": "a browser sends it"}
    if content_type.startswith("multipart"):
        response = api.post(JOBS, sent)
    else:
        response = api.post(JOBS, urlencode(sent), content_type=content_type)
    assert response.status_code == 201, response.content
    assert Job.objects.get().payload == {"seconds": 0.5}


@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded"])
def test_a_rerunnable_job(api: Client, content_type: str) -> None:
    sent = {"target": "demo.noop", "run_at": ahead(), "rerunnable": "true", "max_attempts": "3"}
    body = json.dumps(sent) if content_type.endswith("json") else urlencode(sent)
    response = api.post(JOBS, body, content_type=content_type)
    assert response.status_code == 201, response.content
    assert (response.json()["rerunnable"], response.json()["max_attempts"]) == (True, 3)
    job = Job.objects.get()
    assert (job.rerunnable, job.max_attempts) == (True, 3)


def test_by_default_a_job_is_not_rerunnable(api: Client) -> None:
    body = api.post(JOBS, urlencode({**new_job(), "payload": "{}"}), content_type="application/x-www-form-urlencoded")
    assert (body.json()["rerunnable"], body.json()["max_attempts"]) == (False, 1)


def test_a_zone_other_than_utc_is_kept_as_the_same_moment(api: Client) -> None:
    sent = new_job(run_at="2099-07-01T12:00:00.25+02:00")
    assert api.post(JOBS, sent, content_type="application/json").json()["run_at"] == "2099-07-01T10:00:00.250000Z"


def test_bytes_that_start_with_a_mark_are_json_too(api: Client) -> None:
    body = b"\xef\xbb\xbf" + json.dumps(new_job()).encode()
    assert api.generic("POST", JOBS, body, content_type="application/json; charset=utf-16").status_code == 201


def test_a_browser_gets_a_page(api: Client) -> None:
    response = api.get(JOBS, headers={"Accept": "text/html"})
    assert (response.status_code, response["Content-Type"]) == (200, "text/html; charset=utf-8")
