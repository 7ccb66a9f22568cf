"""GET /api/v1/audit/export/: the audit taken out, by the filters of its list, as a table or a JSON object a line."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from jobs.api import audit_export
from jobs.cells import meant
from jobs.clock import clock
from jobs.models import Audit
from jobs.models.querysets import overviews
from jobs.workbooks import reading
from tests.api.conftest import Problem, bearer

EXPORT = "/api/v1/audit/export/"


@pytest.fixture
def api(operator: User) -> Client:
    operator.user_permissions.add(Permission.objects.get(codename="view_audit"))
    return bearer(operator)


@pytest.fixture(autouse=True)
def _few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_export, "AT_A_TIME", 2)


def note(name: str, reason: str = "", **facts: Any) -> None:
    given = {"before": {"burst": 1}, "after": None, "verb": "lift", **facts}
    Audit.objects.note("queue", name, by=None, now=clock.now(), reason=reason, **given)


def table(client: Client, **query: Any) -> list[dict[str, str]]:
    answer = client.get(EXPORT, query)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8"), answer.content
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode())))


def test_all_rows_come_newest_first(api: Client) -> None:
    for number in range(5):
        note(f"q{number}")
    rows = [row for row in table(api) if row["subject"] == "queue"]
    assert [row["name"] for row in rows] == ["q4", "q3", "q2", "q1", "q0"]
    assert (rows[0]["before"], rows[0]["after"], rows[0]["verb"]) == ('{"burst":1}', "", "lift")


def test_json_a_line(api: Client) -> None:
    note("mail", after={"burst": 2})
    answer = api.get(EXPORT, {"format": "ndjson", "subject": "queue"})
    (line,) = answer.getvalue().decode().splitlines()
    assert json.loads(line).items() >= {"name": "mail", "before": {"burst": 1}, "after": {"burst": 2}}.items()
    assert answer["Content-Disposition"] == 'attachment; filename="audit.ndjson"'


def test_a_workbook_has_the_same_cells_and_texts_stay_texts(api: Client) -> None:
    note("mail", reason="=1+1")
    answer = api.get(EXPORT, {"format": "xlsx", "subject": "queue"})
    head, row = [row.cells for row in reading.read(answer.getvalue()).rows]
    found = dict(zip(head, row, strict=False))
    assert (found["name"], found["reason"], found["before"]) == ("mail", "=1+1", '{"burst":1}')
    assert answer["Content-Disposition"] == 'attachment; filename="audit.xlsx"'


@pytest.mark.parametrize("begins", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(api: Client, begins: str) -> None:
    note("mail", reason=begins)
    (row,) = table(api, subject="queue")
    reason = row["reason"].replace("\r\n", "\r")
    assert reason.startswith("'")
    assert meant(reason) == begins


def test_its_filters_are_those_of_the_list(api: Client) -> None:
    note("mail", reason="too slow")
    note("books", reason="too fast")
    assert [row["name"] for row in table(api, subject="queue", q="slow")] == ["mail"]


def test_it_is_bounded_and_leads_to_the_rest(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overviews, "LOOK", 2)
    for number in range(4):
        note(f"q{number}")
    answer = api.get(EXPORT, {"verb": "lift"})
    assert [row["name"] for row in csv.DictReader(io.StringIO(answer.getvalue().decode()))] == ["q3", "q2"]
    further = answer["Link"].removeprefix("<").removesuffix('>; rel="next"')
    rows = list(csv.DictReader(io.StringIO(api.get(further).getvalue().decode())))
    assert [row["name"] for row in rows] == ["q1", "q0"]


def test_what_is_wrong_is_said(api: Client, problem: Problem) -> None:
    problem(api.get(EXPORT, {"format": "ods"}), 400, "format", "csv, ndjson, xlsx")
    problem(api.get(EXPORT, {"page_size": "7"}), 400, "page_size", "no filter of this name")
    problem(api.get(EXPORT, {"before": "x"}), 400, "before", "whole number")


def test_it_needs_the_right_of_the_audit(operator: User, problem: Problem) -> None:
    problem(bearer(operator).get(EXPORT), 403, says="jobs.view_audit")
