"""However much is wrong with a request, its answer names the first of it, and costs no more than reading it."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from jobs.models import Job
from tests.api.conftest import JOBS, new_job

BULK, BATCHES, CALENDAR = f"{JOBS}bulk/", "/api/v1/batches/", "/api/v1/calendars/office/"
MEGABYTE = 1024 * 1024
ANSWER = 80_000  # bytes: fifty long mistakes, or a hundred of a bulk request, each with its field
MEMORY = 120 * MEGABYTE  # the two megabytes of the request as Python objects; it was 500
NAMES = {f"f{n}": 1 for n in range(150_000)}
SHORT = {f"f{n}": 1 for n in range(200)}
ARGUMENTS = {f"a{n}": 1 for n in range(1500)}
LONG = "n" * 2 * MEGABYTE


def many(**fields: Any) -> dict[str, Any]:
    return {"jobs": [new_job(**fields)] * 1000}


@pytest.fixture
def editor(api: Client, operator: Any) -> Client:
    operator.user_permissions.add(Permission.objects.get(codename="change_calendar"))
    return api


@pytest.mark.parametrize(
    ("url", "body", "says"),
    [
        (JOBS, NAMES, "nor of 149995 others"),
        (JOBS, new_job(**{LONG: 1}), "There is no field of this name; known are"),
        (JOBS, new_job(target=LONG), "There is no target"),
        (JOBS, new_job(payload=ARGUMENTS), "more arguments are wrong"),
        (JOBS, new_job(retry_on=[1] * 500_000), "20 at most"),
        (JOBS, new_job(waits_for=["x"] * 300_000), "1000 at most"),
        (JOBS, new_job(waits_for=["x"] * 1000), "first 50 mistakes; there are more"),
        (JOBS, [[]] * 500_000, "must be a JSON object"),
        (BULK, many(**SHORT), "1,000 of 1,000 jobs are wrong"),
        (BULK, {"jobs": [{}] * 500_000}, "1 to 100,000"),
        (BULK, {"jobs": [{}] * 50_000}, "More than 1,000 jobs are wrong"),
        (BULK, many(target="demo.slep"), "1,000 of 1,000 jobs are wrong"),
        (BULK, many(payload=dict.fromkeys(list(ARGUMENTS)[:150], 1)), "1,000 of 1,000 jobs are wrong"),
        (BULK, many(waits_for=list(range(1, 12))), "10000 times at most"),
        (BATCHES, {"jobs": [{}] * 500_000}, "1 to 1000"),
        (BATCHES, many(target="demo.slep"), "first 50 mistakes; there are more"),
        (BATCHES, many(waits_for=list(range(1, 12))), "10000 times at most"),
        (CALENDAR, {"days": ["x"] * 400_000}, "at most"),
        (CALENDAR, {"ranges": [{}] * 500_000}, "1000 at most"),
        (CALENDAR, {"ranges": [{}] * 1000}, "first 50 mistakes; there are more"),
    ],
)
def test_an_answer_is_small_whatever_was_sent(editor: Client, url: str, body: Any, says: str) -> None:
    sent = json.dumps(body).encode()
    ask = editor.put if url == CALENDAR else editor.post
    tracemalloc.start()
    response = ask(url, sent, content_type="application/json")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert response.status_code == 400
    answer = response.json()
    assert any(says in text for text in [answer["detail"], *(e["message"] for e in answer["errors"])]), answer
    assert len(response.content) < ANSWER
    assert len(answer["errors"]) <= (100 if url == BULK else 50)
    assert peak < MEMORY, f"{peak / MEGABYTE:.0f} MB"
    assert not Job.objects.exists()


def test_the_first_mistakes_of_a_bulk_are_those_of_its_first_jobs(api: Client) -> None:
    jobs = [new_job(), *[new_job(target="demo.slep")] * 120]
    errors = api.post(BULK, {"jobs": jobs}, content_type="application/json").json()["errors"]
    assert [error["field"] for error in errors] == [f"jobs.{n}.target" for n in range(1, 101)]
