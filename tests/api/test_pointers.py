"""Each mistake has its place in the body, as a JSON pointer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from jobs.targets.sentences import about, argument_in, is_of
from tests.api.conftest import JOBS, new_job

JSON = "application/json"
BULK = f"{JOBS}bulk/"


def places(response: Any) -> list[tuple[str, str | None]]:
    assert response.status_code == 400, response.content
    return [(error["field"], error.get("pointer")) for error in response.json()["errors"]]


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        ({"payload": {"seconds": "x"}}, [("payload", "#/payload/seconds")]),
        ({"payload": {"second": 1}}, [("payload", "#/payload/second")]),
        ({"payload": 7}, [("payload", "#/payload")]),
        ({"queue": "no/such queue", "key_limit": 0}, [("queue", "#/queue"), ("key_limit", "#/key_limit")]),
        ({"labels": {"a/b~c": 1}}, [("labels", "#/labels")]),
        ({"a.b": 1}, [("a.b", "#/a.b")]),
        ({"a/b~ ä": 1}, [("a/b~ ä", "#/a~1b~0%20%C3%A4")]),
        ({"waits_for": [1, "x"]}, [("waits_for.1", "#/waits_for/1")]),
    ],
)
def test_a_mistake_of_a_job_has_its_place(
    api: Client, job: dict[str, Any], expected: list[tuple[str, str | None]]
) -> None:
    assert sorted(places(api.post(JOBS, new_job(**job), content_type=JSON))) == sorted(expected)


def test_a_missing_field_has_the_place_where_it_belongs(api: Client) -> None:
    assert places(api.post(JOBS, {"payload": {}}, content_type=JSON)) == [("target", "#/target")]


def test_a_body_that_is_no_object_is_wrong_as_a_whole(api: Client) -> None:
    assert places(api.post(JOBS, [1], content_type=JSON)) == [("body", "#")]


def test_jobs_of_a_bulk_request_are_counted_from_zero(api: Client) -> None:
    jobs = [new_job(), new_job(payload={"seconds": "x"}), 7]
    expected = [("jobs.1.payload", "#/jobs/1/payload/seconds"), ("jobs.2.body", "#/jobs/2")]
    assert places(api.post(BULK, {"jobs": jobs}, content_type=JSON)) == expected


def test_lines_are_counted_as_the_jobs_of_a_list(api: Client) -> None:
    lines = "\n".join([json.dumps(new_job()), "{", json.dumps(new_job(payload={"seconds": "x"}))])
    expected = [("jobs.1.body", "#/jobs/1"), ("jobs.2.payload", "#/jobs/2/payload/seconds")]
    assert places(api.post(BULK, lines, content_type="application/x-ndjson")) == expected


def test_what_is_wrong_in_a_partial_request_has_its_place(api: Client) -> None:
    jobs = [new_job(), new_job(target="demo.slep")]
    answer = api.post(f"{BULK}?partial=true", {"jobs": jobs}, content_type=JSON)
    assert answer.status_code == 201
    assert [error["pointer"] for error in answer.json()["errors"]] == ["#/jobs/1/target"]


def test_jobs_of_a_batch_and_what_starts_after_them(api: Client) -> None:
    batch = {"jobs": [new_job(payload={"seconds": "x"})], "callback": {"target": "demo.slep"}}
    expected = [("callback.target", "#/callback/target"), ("jobs.0.payload", "#/jobs/0/payload/seconds")]
    assert sorted(places(api.post("/api/v1/batches/", batch, content_type=JSON))) == expected


def test_a_filter_and_a_header_have_no_place_in_the_body(api: Client) -> None:
    assert places(api.get(f"{JOBS}?queu=x")) == [("queu", None)]
    too_long = {"Idempotency-Key": "k" * 256}
    assert places(api.post(JOBS, new_job(), content_type=JSON, headers=too_long)) == [("idempotency_key", None)]
    assert places(api.post(f"{BULK}?partial=x", {"jobs": []}, content_type=JSON)) == [("partial", None)]


def test_a_field_of_the_body_is_found_whatever_the_address_has(api: Client) -> None:
    answer = api.post(f"{BULK}?partial=true", {"jobs": [new_job()], "partial": 1}, content_type=JSON)
    assert places(answer) == [("partial", "#/partial")]


def test_a_sentence_says_of_which_argument_it_is() -> None:
    sentence = about("receiver.url", "missing", "http takes url: str.")
    assert argument_in(sentence) == "receiver.url"
    assert is_of(sentence, "receiver")
    assert not is_of(sentence, "rec")
    assert argument_in("The payload is nested too deeply; flatten it.") is None
