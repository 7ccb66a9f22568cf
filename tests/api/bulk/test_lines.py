"""Jobs as lines of JSON and as CSV: read as a JSON list is, with the number of the line in each mistake."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from jobs.clock import clock
from jobs.models import Job
from tests.api.conftest import JOBS, Problem, ahead, new_job

BULK = f"{JOBS}bulk/"
NDJSON, CSV = "application/x-ndjson", "text/csv"
FULL = {
    "target": "demo.sleep",
    "payload": {"seconds": 0.1},
    "run_at": "2099-01-01T00:00:00Z",
    "name": 'with "quotes", a comma\nand a line break',
    "queue": "fast",
    "labels": {"team": "payroll"},
    "rerunnable": True,
    "max_attempts": 3,
    "retry_on": ["5xx"],
    "start_within": 60,
    "deadline": 30,
    "if_late": "hold",
    "key": "k",
    "key_limit": 2,
    "overlap": "skip",
}


def lines(*jobs: Any) -> bytes:
    return b"".join(json.dumps(job).encode() + b"\n" for job in jobs)


def table(*jobs: dict[str, Any]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, sorted({name for job in jobs for name in job}))
    writer.writeheader()
    for job in jobs:
        writer.writerow({name: value if isinstance(value, str) else json.dumps(value) for name, value in job.items()})
    return text.getvalue().encode()


def send(api: Client, body: bytes, kind: str, query: str = "") -> Any:
    return api.post(f"{BULK}{query}", body, content_type=kind)


@pytest.mark.parametrize(("kind", "written"), [(NDJSON, lines), (CSV, table)])
def test_each_line_is_the_job_that_a_single_request_makes(api: Client, kind: str, written: Any) -> None:
    some = {"target": "demo.noop", "run_at": ahead()}
    answer = send(api, b"\xef\xbb\xbf" + written(FULL, some, FULL), kind)
    assert answer.status_code == 201, answer.content
    alone = [api.post(JOBS, job, content_type="application/json").json() for job in (FULL, some, FULL)]
    told = [api.get(f"{JOBS}{pk}/").json() for pk in answer.json()["ids"]]
    differs = {"id", "created_at"}
    assert [{k: v for k, v in job.items() if k not in differs} for job in told] == [
        {k: v for k, v in job.items() if k not in differs} for job in alone
    ]


@pytest.mark.parametrize(
    ("body", "kind", "field", "says"),
    [
        (lines(new_job()) + b"\n{]\n", NDJSON, "jobs.1.body", "Line 3: This is not JSON"),
        (lines(new_job(), [1]), NDJSON, "jobs.1.body", "Line 2: The body must be a JSON object"),
        (lines(new_job(), new_job(nmae="x")), NDJSON, "jobs.1.nmae", "Line 2: There is no field"),
        (table(new_job(), new_job(target="demo.slep")), CSV, "jobs.1.target", "Line 3: There is no target 'demo.slep'"),
        (b"target,payload\ndemo.noop,{]\n", CSV, "jobs.0.payload", "Line 2: This is not JSON"),
        (b"target,name\ndemo.noop,a,b\n", CSV, "jobs.0.body", "Line 2: It has 3 cells"),
        (b"target,max_attempts\ndemo.noop,three\n", CSV, "jobs.0.max_attempts", "Line 2: This is not a whole number"),
    ],
)
def test_what_is_wrong_with_a_line(  # noqa: PLR0917 - of its parameters
    api: Client, problem: Problem, body: bytes, kind: str, field: str, says: str
) -> None:
    found = problem(send(api, body, kind), 400, field, says)
    assert found["wrong"] == 1
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("body", "kind", "says"),
    [
        (lines(new_job()) + b"\xff\n", NDJSON, "Line 2 is not UTF-8"),
        (b"\n\n", NDJSON, "There is no job in it"),
        (b"target\n", CSV, "There is no job in it"),
        (b"target,nmae\n", CSV, "There is no 'nmae'"),
        (b"target,target\n", CSV, "names 'target' twice"),
        (b'target\n"demo.noop', CSV, "is not CSV"),
        (b"\n", CSV, "names the fields of a job"),
    ],
)
def test_what_cannot_be_read_at_all(api: Client, problem: Problem, body: bytes, kind: str, says: str) -> None:
    problem(send(api, body, kind), 400, says=says)


def test_the_good_ones_are_created_if_that_is_asked_for(api: Client, problem: Problem) -> None:
    jobs = [new_job(name="a"), new_job(target="demo.slep"), new_job(name="b")]
    answer = send(api, lines(*jobs), NDJSON, "?partial=true")
    assert answer.status_code == 201
    first, none, last = answer.json()["ids"]
    assert none is None
    assert [Job.objects.get(pk=pk).name for pk in (first, last)] == ["a", "b"]
    assert answer.json()["wrong"] == 1
    assert [error["field"] for error in answer.json()["errors"]] == ["jobs.1.target"]
    problem(send(api, lines(jobs[1]), NDJSON, "?partial=true"), 400, "jobs.0.target")
    problem(send(api, lines(jobs[0]), NDJSON, "?partial=perhaps"), 400, "partial", "true or false")
    assert Job.objects.count() == 2


def test_a_preview_creates_nothing_and_says_what_is_wrong(api: Client, problem: Problem) -> None:
    answer = send(api, lines(new_job(), new_job(target="demo.slep")), NDJSON, "?preview=true")
    assert answer.status_code == 200
    told = answer.json()
    assert (told["ids"], told["wrong"], told["errors"][0]["field"]) == ([None, None], 1, "jobs.1.target")
    assert not Job.objects.exists()
    problem(send(api, lines(new_job()), NDJSON, "?preview=perhaps"), 400, "preview", "true or false")


def test_a_time_without_a_zone_is_of_the_zone_that_is_named(api: Client, problem: Problem) -> None:
    body = b"target,run_at\ndemo.noop,2099-07-01 09:00\n"
    problem(send(api, body, CSV), 400, "jobs.0.run_at", "Line 2: This time has no zone")
    assert send(api, body, CSV, "?time_zone=Europe/Berlin").status_code == 201
    assert Job.objects.get().run_at.isoformat() == "2099-07-01T07:00:00+00:00"
    twice = b"target,run_at\ndemo.noop,2026-10-25 02:30\n"
    problem(send(api, twice, CSV, "?time_zone=Europe/Berlin"), 400, "jobs.0.run_at", "exists twice or not at all")
    problem(send(api, body, CSV, "?time_zone=Mars"), 400, "time_zone", "This time zone is not known")


def test_a_column_for_each_argument_is_read_as_its_target_wants_it(api: Client, problem: Problem) -> None:
    body = b"target;payload.seconds;name;id;state_name\ndemo.sleep;0.5;'=1;7;completed\ndemo.noop;;;;\n"
    assert send(api, body, CSV).status_code == 201
    first, second = Job.objects.order_by("id")
    assert (str(first.payload["seconds"]), first.name, second.payload) == ("0.5", "=1", {})
    wrong = b"target,payload.seconds\ndemo.sleep,soon\n"
    problem(send(api, wrong, CSV), 400, "jobs.0.payload.seconds", "Line 2: This is not a number")
    problem(send(api, b"target,payload,payload.seconds\n", CSV), 400, says="give one of them, not both")


def test_a_hundred_mistakes_are_told_and_all_are_counted(api: Client, problem: Problem) -> None:
    answer = problem(send(api, lines(*[{}] * 300, new_job()), NDJSON), 400, says="300 of 301 jobs are wrong")
    assert (answer["wrong"], len(answer["errors"])) == (300, 100)
    answer = problem(send(api, lines(*[{}] * 1200), NDJSON), 400, says="More than 1,000 jobs are wrong")
    assert answer["wrong"] == 1001


def test_a_repeat_after_the_times_have_passed_costs_one_question_for_all(
    api: Client, monkeypatch: Any, django_assert_max_num_queries: Any
) -> None:
    body, key = lines(*[new_job(name=str(n)) for n in range(20)]), {"Idempotency-Key": "late"}
    first = api.post(BULK, body, content_type=NDJSON, headers=key)
    assert first.status_code == 201

    later = clock.current() + timedelta(days=2)
    monkeypatch.setattr(type(clock), "current", lambda self: later)
    with django_assert_max_num_queries(10):
        again = api.post(BULK, body, content_type=NDJSON, headers=key)
    assert (again.status_code, again.json()) == (200, first.json())
