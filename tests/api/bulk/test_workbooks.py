"""Jobs of a workbook (XLSX) in a bulk request: as those of CSV, with the row and column of each mistake."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from jobs import workbooks
from jobs.models import Job
from tests.api.conftest import JOBS, Problem
from tests.workbooks.test_rows import book

BULK = f"{JOBS}bulk/"
HEAD = ["target", "payload.seconds", "run_at", "max_attempts", "rerunnable", "name"]
NINE = datetime.fromisoformat("2099-01-31T09:00:00")  # as a spreadsheet has it: of no zone


def send(api: Client, *rows: list[Any], query: str = "", kind: str = workbooks.KIND) -> Any:
    return api.post(f"{BULK}{query}", book(*rows), content_type=kind)


def test_cells_are_what_their_columns_want(api: Client) -> None:
    row = ["demo.sleep", 0.5, NINE, 3.0, True, 7]
    answer = send(api, HEAD, row, query="?time_zone=Europe/Berlin")
    assert answer.status_code == 201, answer.content
    job = Job.objects.get(pk=answer.json()["ids"][0])
    assert (job.max_attempts, job.rerunnable, job.name) == (3, True, "7")
    assert str(job.payload) == "{'seconds': Decimal('0.5')}"
    assert job.run_at == datetime(2099, 1, 31, 8, tzinfo=UTC)


@pytest.mark.parametrize("when", ["2099-03-29T02:30:00", "2099-10-25T02:30:00"])
def test_local_times_that_clocks_skip_or_repeat_are_refused_as_in_csv(api: Client, problem: Problem, when: str) -> None:
    zone = "?time_zone=Europe/Berlin"
    said = problem(send(api, HEAD, ["demo.noop", None, datetime.fromisoformat(when)], query=zone), 400)["errors"]
    text = f"target,run_at\ndemo.noop,{when.replace('T', ' ')}\n"
    assert said == problem(api.post(f"{BULK}{zone}", text, content_type="text/csv"), 400)["errors"]
    assert "Clocks in Europe/Berlin change at this time" in said[0]["message"]


def test_a_time_needs_a_zone(api: Client, problem: Problem) -> None:
    problem(send(api, HEAD, ["demo.noop", None, NINE]), 400, "jobs.0.run_at", "zone")


def test_a_fraction_is_no_whole_number(api: Client, problem: Problem) -> None:
    problem(send(api, HEAD, ["demo.noop", None, None, 2.5]), 400, "jobs.0.max_attempts", "Line 2: This is not a whole")


def test_a_formula_is_refused_by_its_row_and_column_and_the_others_are_judged(api: Client) -> None:
    rows = [
        ["demo.noop"],
        ["demo.noop", None, None, "=1+2"],
        ["demo.slep"],
        ["demo.noop", None, None, None, None, "=A1"],
    ]
    answer = send(api, HEAD, *rows, query="?preview=true").json()
    assert [(one["field"], one["message"].partition(" (")[0]) for one in answer["errors"]] == [
        ("jobs.1.max_attempts", "Line 3: D3 is a formula"),
        ("jobs.2.target", "Line 4: There is no target 'demo.slep'. Did you mean 'demo.sleep'?"),
        ("jobs.3.name", "Line 5: F5 is a formula"),
    ]
    assert answer["wrong"] == 3
    assert not Job.objects.exists()


def test_a_formula_in_the_first_line_or_in_a_column_that_is_passed_by(api: Client, problem: Problem) -> None:
    problem(send(api, ["target", "=A1"], ["demo.noop", 1]), 400, says="B1 is a formula")
    assert send(api, ["target", "line"], ["demo.noop", "=A1"]).status_code == 201


def test_what_is_no_workbook_is_said(api: Client, problem: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = api.post(BULK, b"target\ndemo.noop\n", content_type=workbooks.KIND)
    problem(answer, 400, says="This is no workbook that can be read; save it anew as XLSX, or as CSV in UTF-8")
    monkeypatch.setattr(workbooks, "find_spec", lambda name: None)
    problem(send(api, HEAD), 400, says="pip install 'runat[xlsx]'")
