"""POST /api/v1/jobs/ with what is wrong: a problem that names the remedy, and no job."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.test import Client

from jobs.models import Job
from tests.api.conftest import JOBS, Problem, ahead, new_job


@pytest.fixture(autouse=True)
def _nothing_is_created(db: None) -> Iterator[None]:
    yield
    assert not Job.objects.exists()


FIELDS: list[tuple[dict[str, Any], str, str]] = [
    ({"target": "demo.slep"}, "target", "Did you mean 'demo.sleep'?"),
    ({"target": "os.system"}, "target", "Known are: command, demo.fail"),
    ({"target": ""}, "target", "There is no target"),
    ({"target": None}, "target", "null"),
    ({"target": 5}, "target", "text in quotes"),
    ({"target": "\ud800"}, "target", "There is no target"),
    ({"target": "x" * 100_000}, "target", "There is no target"),
    ({"max_attempts": 2}, "max_attempts", "declare it rerunnable"),
    ({"start_within": 0}, "start_within", "Give 1 to"),
    ({"start_within": "soon"}, "start_within", "not a whole number of seconds"),
    ({"start_within": "9" * 2000}, "start_within", "too long"),
    ({"deadline": 0}, "deadline", "Give 1 to"),
    ({"deadline": "soon"}, "deadline", "not a whole number of seconds"),
    ({"retry_on": ["failure"]}, "retry_on", "declare it rerunnable"),
    ({"retry_on": "failure"}, "retry_on", "list"),
    ({"retry_on": [5]}, "retry_on.0", "text in quotes"),
    ({"rerunnable": True}, "max_attempts", "2 to 100 starts"),
    ({"rerunnable": True, "max_attempts": 10**30}, "max_attempts", "2 to 100 starts"),
    ({"max_attempts": "many"}, "max_attempts", "not a whole number"),
    ({"max_attempts": True}, "max_attempts", "not a whole number"),
    ({"max_attempts": "9" * 2000}, "max_attempts", "too long"),
    ({"max_attempts": None}, "max_attempts", "null"),
    ({"rerunnable": "perhaps"}, "rerunnable", "neither true nor false"),
    ({"rerunnable": []}, "rerunnable", "neither true nor false"),
    ({"payload": {"secnds": 1}}, "payload", "'secnds' is not known"),
    ({"payload": {"seconds": "long"}}, "payload", "'seconds' is wrong"),
    ({"payload": {"seconds": 10**400}}, "payload", "'seconds' is wrong"),
    ({"target": "demo.log", "payload": {}}, "payload", "'message' is missing"),
    ({"payload": [1]}, "payload", "must be a JSON object"),
    ({"payload": None}, "payload", "must be a JSON object"),
    ({"payload": '{"seconds": 1}'}, "payload", "must be a JSON object"),
    ({"payload": {"seconds": float("nan")}}, "payload", "no NaN"),
    ({"payload": {"seconds": float("inf")}}, "payload", "no NaN or Infinity"),
    ({"target": "demo.log", "payload": {"message": "x" * 70_000}}, "payload", "the limit is 65536"),
    ({"target": "demo.log", "payload": {"message": "\x00"}}, "payload", "NUL"),
    ({"target": "demo.log", "payload": {"message": "\udfff"}}, "payload", "half surrogate"),
    ({"payload": {"\x00": 1}}, "payload", "NUL"),
    ({"name": "a\x00b"}, "name", "NUL"),
    ({"name": "\ud83d"}, "name", "half a surrogate"),
    ({"name": "x" * 201}, "name", "shorten it to 200"),
    ({"name": {}}, "name", "text in quotes"),
    ({"queue": "a b"}, "queue", "letters, digits"),
    ({"queue": "a\x00"}, "queue", "letters, digits"),
    ({"queue": ""}, "queue", "letters, digits"),
    ({"run_at": "2020-01-01T00:00:00Z"}, "run_at", "in the past"),
    ({"run_at": "0001-01-01T00:00:00+14:00"}, "run_at", "in the past"),
    ({"run_at": "2099-01-01T00:00:00"}, "run_at", "no zone"),
    ({"run_at": "9999-12-31T23:59:59Z"}, "run_at", "beyond the year 9999"),
    ({"run_at": "9999-12-31T23:59:59-14:00"}, "run_at", "beyond the year 9999"),
    ({"run_at": "10000-01-01T00:00:00Z"}, "run_at", "up to the year 9999"),
    ({"run_at": "2099-02-30T00:00:00Z"}, "run_at", "write it like"),
    ({"run_at": "soon"}, "run_at", "write it like"),
    ({"run_at": "\ud800"}, "run_at", "write it like"),
    ({"run_at": 1893456000}, "run_at", "as text"),
    ({"run_at": None}, "run_at", "null"),
    ({"priority": 1}, "priority", "known are: target, run_at, payload, name, queue"),
    ({"state": 2, "id": 1}, "state", "no field of this name"),
    ({"\ud800": 1}, "\ufffd", "no field of this name"),
]


@pytest.mark.parametrize(("wrong", "field", "says"), FIELDS)
def test_a_wrong_field_is_named_with_its_remedy(
    api: Client, problem: Problem, wrong: dict[str, Any], field: str, says: str
) -> None:
    problem(api.post(JOBS, json.dumps(new_job(**wrong)), content_type="application/json"), 400, field, says)


def test_a_missing_field_is_named(api: Client, problem: Problem) -> None:
    sent = {name: value for name, value in new_job().items() if name != "target"}
    problem(api.post(JOBS, sent, content_type="application/json"), 400, "target", "required")


def test_no_time_at_all_is_not_taken_for_now(api: Client, problem: Problem) -> None:
    """A null is a variable that somebody forgot."""
    problem(api.post(JOBS, new_job(run_at=None), content_type="application/json"), 400, "run_at", "null")


BODIES = [
    ('{"target": "demo.noop" "run_at": 1}', "line 1, column 24"),
    ('{\n"target": }', "line 2, column 11"),
    ("[" * 100_000, "nested too deeply"),
    ('{"payload": ' + '{"a":' * 100_000, "nested too deeply"),
    ("9" * 5000, "too many digits"),
    (b'{"name": "\xff"}', "byte 10 is wrong"),
    (" ", "line 1, column 2"),
]


@pytest.mark.parametrize(("body", "says"), BODIES)
def test_malformed_json_says_where(api: Client, problem: Problem, body: str | bytes, says: str) -> None:
    problem(api.post(JOBS, body, content_type="application/json"), 400, says=says)


@pytest.mark.parametrize(
    ("body", "says"), [("[]", "a list"), ('"demo.noop"', "the str"), ("7", "the int"), ("null", "")]
)
def test_a_body_that_is_no_object(api: Client, problem: Problem, body: str, says: str) -> None:
    problem(api.post(JOBS, body, content_type="application/json"), 400, says=says)


@pytest.mark.parametrize("depth", [200, 400, 700, 900])
def test_a_deep_payload_is_refused_or_too_deep(api: Client, problem: Problem, depth: int) -> None:
    deep = '{"a":' * depth + "1" + "}" * depth
    body = f'{{"target": "demo.noop", "run_at": "{ahead()}", "payload": {deep}}}'
    problem(api.post(JOBS, body, content_type="application/json"), 400)


FORMS = [
    ({"payload": "{seconds: 1}"}, "payload", "line 1, column 2"),
    ({"payload": "[" * 100_000}, "payload", "nested too deeply"),
    ({"payload": "[1]"}, "payload", "must be a JSON object"),
    ({"payload": "null"}, "payload", "must be a JSON object"),
    ({"payload": '{"seconds": NaN}'}, "payload", "no NaN"),
    ({"name": "a\x00b"}, "name", "NUL"),
    ({"target": ""}, "target", "There is no target"),
    ({"colour": "red"}, "colour", "known are"),
    ({"run_at": "2099-01-01T00:00"}, "run_at", "no zone"),
]


@pytest.mark.parametrize(("wrong", "field", "says"), FORMS)
@pytest.mark.parametrize("multipart", [True, False])
def test_a_wrong_form(  # noqa: PLR0917 - pytest passes them by name
    api: Client, problem: Problem, wrong: dict[str, str], field: str, says: str, multipart: bool
) -> None:
    sent = {**new_job(), "payload": "{}", **wrong}
    if multipart:
        response = api.post(JOBS, sent)
    else:
        text = "&".join(f"{name}={quote(value)}" for name, value in sent.items())
        response = api.post(JOBS, text, content_type="application/x-www-form-urlencoded")
    problem(response, 400, field, says)


@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded; charset=base64", "multipart/form-data; charset=base64; boundary=x"],
)
def test_a_charset_cannot_choose_our_codec(api: Client, problem: Problem, content_type: str) -> None:
    problem(api.generic("POST", JOBS, b"name=a", content_type=content_type), 400)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", b"name=%ED%A0%80"),
        ("application/x-www-form-urlencoded", b"name=\xff"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\n\xff\r\n--x--\r\n',
        ),
    ],
)
def test_a_form_that_is_not_utf8(api: Client, problem: Problem, content_type: str, body: bytes) -> None:
    problem(api.generic("POST", JOBS, body, content_type=content_type), 400, says="not UTF-8")


def test_a_form_without_its_boundary(api: Client, problem: Problem) -> None:
    problem(api.post(JOBS, b"x", content_type="multipart/form-data"), 400, says="boundary")


def test_a_form_with_too_many_fields(api: Client, problem: Problem) -> None:
    sent = {f"field{n}": "1" for n in range(settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)}
    problem(api.post(JOBS, sent), 400, says="cannot be read")


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml"])
def test_another_content_type(api: Client, problem: Problem, content_type: str) -> None:
    problem(api.post(JOBS, "x", content_type=content_type), 415, says="Send application/json")


def test_a_body_of_unknown_length(api: Client, problem: Problem) -> None:
    problem(api.generic("POST", JOBS, headers={"Transfer-Encoding": "chunked"}), 411, says="Content-Length")


@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded", "text/plain"])
def test_a_body_far_too_large(api: Client, problem: Problem, content_type: str) -> None:
    body = b" " * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    problem(api.post(JOBS, body, content_type=content_type), 413, says=f"the limit is {len(body) - 1}")
