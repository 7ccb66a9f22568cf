"""Jobs taken out by the filters of their list, as CSV and as JSON a line: whole, bounded, and to be brought again."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.test import Client

from jobs import workbooks
from jobs.api import jobs_export
from jobs.models import Job
from jobs.models.querysets import overviews
from jobs.states import State
from jobs.workbooks import reading
from tests.api.conftest import JOBS, Problem, ahead, new_job

EXPORT = f"{JOBS}export/"
BULK = f"{JOBS}bulk/"
# Tables by form: of what kind they are, and how a text that looks like a formula stands in them.
FORMS = {"csv": ("text/csv", "'=1+1"), "xlsx": (workbooks.KIND, "=1+1")}


def table(client: Client, **query: str) -> list[dict[str, str]]:
    answer = client.get(EXPORT, query)
    assert answer.status_code == 200, answer.content
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode())))


def rows_of(body: bytes) -> list[tuple[str, str]]:
    """Return id and name of each row, as they stand in the table."""
    if body.startswith(b"PK"):
        head, *rows = [row.cells for row in reading.read(body).rows]
        found = [dict(zip(head, row, strict=False)) for row in rows]
    else:
        found = list(csv.DictReader(io.StringIO(body.decode())))
    return [(row["id"], row["name"]) for row in found]


def made(api: Client, **fields: Any) -> int:
    answer = api.post(JOBS, new_job(**fields), content_type="application/json")
    assert answer.status_code == 201, answer.content
    pk: int = answer.json()["id"]
    return pk


@pytest.mark.parametrize("form", FORMS)
def test_a_table_that_was_taken_out_is_brought_as_the_same_jobs(api: Client, form: str) -> None:
    first = made(api, name="=1+1", labels={"team": "payroll"}, key="-k", run_at=ahead(3600))
    wish = {"rerunnable": True, "max_attempts": 3, "retry_on": ["5xx"], "deadline": 30, "waits_for": [first]}
    second = made(api, target="demo.sleep", payload={"seconds": 0.5}, name="@'x", run_at=ahead(7200), **wish)
    answer = api.get(EXPORT, {"state": "pending", "format": form})
    assert answer["Content-Disposition"] == f'attachment; filename="jobs.{form}"'
    body = answer.getvalue()
    assert rows_of(body) == [(str(second), "'@'x" if form == "csv" else "@'x"), (str(first), FORMS[form][1])]
    again = api.post(BULK, body, content_type=FORMS[form][0])
    assert again.status_code == 201, again.content
    differs = ("id", "created_at", "dependents")
    for one, other in zip([second, first], again.json()["ids"], strict=True):
        was, is_ = (api.get(f"{JOBS}{pk}/").json() for pk in (one, other))
        assert {**was, **dict.fromkeys(differs)} == {**is_, **dict.fromkeys(differs)}


WORKBOOK = workbooks.KIND
TEXTS = [
    "=1",
    "'=1",
    "#N/A",
    "007",
    "1e5",
    "true",
    "漢字 \uff1d\U0001f600",
    "a;=b\t\r\n",
    "_x0041_",
    " x ",
    "-5",
    "12345678901234567890",
]


@pytest.mark.parametrize("form", FORMS)
def test_texts_come_back_as_they_were_whatever_they_look_like(api: Client, form: str) -> None:
    before = [made(api, target="demo.log", name=text, key=text, payload={"message": text}) for text in TEXTS]
    again = api.post(BULK, api.get(EXPORT, {"format": form}).getvalue(), content_type=FORMS[form][0])
    assert again.status_code == 201, again.content
    assert Job.objects.count() == 2 * len(TEXTS)
    for one, other in zip(reversed(before), again.json()["ids"], strict=True):
        was, is_ = Job.objects.get(pk=one), Job.objects.get(pk=other)
        assert (was.name, was.key, was.payload, was.run_at) == (is_.name, is_.key, is_.payload, is_.run_at)


def test_a_workbook_is_bounded_and_leads_to_the_rest(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_export, "MOST_IN_WORKBOOK", 2)
    ids = [made(api, name="n") for _ in range(3)]
    answer = api.get(EXPORT, {"name": "n", "format": "xlsx"})
    assert answer["Content-Type"] == WORKBOOK
    assert [pk for pk, _ in rows_of(answer.getvalue())] == [str(ids[2]), str(ids[1])]
    further = api.get(answer["Link"].removeprefix("<").removesuffix('>; rel="next"'))
    assert [pk for pk, _ in rows_of(further.getvalue())] == [str(ids[0])]


def test_a_workbook_that_cannot_be_written_is_refused_before_it_begins(
    api: Client, problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(api, target="demo.log", payload={"message": "x" * 32_768})
    problem(api.get(EXPORT, {"format": "xlsx"}), 400, "format", "take it out as CSV")
    monkeypatch.setattr(workbooks, "find_spec", lambda name: None)
    problem(api.get(EXPORT, {"format": "xlsx"}), 400, "format", "pip install 'runat[xlsx]'")


def test_json_a_line_is_each_job_as_its_list_has_it(api: Client) -> None:
    pk = made(api, name="x")
    answer = api.get(EXPORT, {"format": "ndjson"})
    assert answer["Content-Type"] == "application/x-ndjson; charset=utf-8"
    (line,) = [json.loads(text) for text in answer.getvalue().decode().splitlines()]
    assert line == {**api.get(JOBS).json()["results"][0], "waits_for": []}
    assert line["id"] == pk


def test_the_filter_is_asked_of_all_jobs_some_at_a_time(
    api: Client, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    monkeypatch.setattr(overviews, "LOOK", 3)
    ids = [made(api, name=str(n % 4)) for n in range(10)]
    assert [int(row["id"]) for row in table(api, name="1")] == [ids[9], ids[5], ids[1]]
    Job.objects.filter(pk=ids[5]).delete()
    assert [int(row["id"]) for row in table(api, name="1")] == [ids[9], ids[1]]
    # Session and user or token, the limits of lateness; of each part its end and its ids; the jobs; nobody waits.
    with django_assert_max_num_queries(3 + 2 * 4 + 1):
        assert len(table(api, name="2")) == 2


def test_it_is_bounded_and_leads_to_the_rest(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_export, "MOST", 2)
    monkeypatch.setattr(jobs_export, "AT_A_TIME", 1)
    ids = [made(api, name="n") for _ in range(3)]
    answer = api.get(EXPORT, {"name": "n"})
    assert [row["id"] for row in csv.DictReader(io.StringIO(answer.getvalue().decode()))] == [str(ids[2]), str(ids[1])]
    further = api.get(answer["Link"].removeprefix("<").removesuffix('>; rel="next"'))
    assert [row["id"] for row in csv.DictReader(io.StringIO(further.getvalue().decode()))] == [str(ids[0])]
    assert "Link" not in further


def test_secrets_stay_hidden_and_what_was_redacted_is_not_brought(api: Client, problem: Problem) -> None:
    made(api, target="http", payload={"url": "https://example.com/", "headers": {"Authorization": "Bearer s3cret"}})
    body = api.get(EXPORT).getvalue()
    assert b"s3cret" not in body
    problem(api.post(BULK, body, content_type="text/csv"), 400, "jobs.0.payload", "hidden")
    Job.objects.update(state=State.CANCELLED, finished_at=Job.objects.get().created_at)
    Job.objects.update(payload={}, name="", redacted_at=Job.objects.get().created_at)
    problem(api.post(BULK, api.get(EXPORT).getvalue(), content_type="text/csv"), 400, "jobs.0.redacted_at", "redacted")


def test_what_is_wrong_is_said(api: Client, problem: Problem) -> None:
    problem(api.get(EXPORT, {"format": "ods"}), 400, "format", "csv, ndjson, xlsx")
    problem(api.get(EXPORT, {"history": "true"}), 400, "history", "no filter of this name")
    problem(api.get(EXPORT, {"before": "x"}), 400, "before", "whole number")
