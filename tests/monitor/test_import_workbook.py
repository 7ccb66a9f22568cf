"""Workbooks on the page that imports jobs: looked at and created as CSV is."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from openpyxl import Workbook

from jobs import workbooks
from jobs.models import Job, Upload
from tests.monitor.test_import_page import creator, found, said, upload  # noqa: F401
from tests.workbooks.test_rows import book, saved

pytestmark = pytest.mark.django_db
NINE = datetime.fromisoformat("2099-03-01T09:00:00")
HEAD = ["target", "name", "run_at", "payload.seconds"]


def test_a_workbook_is_looked_at_and_then_created(creator: Client) -> None:  # noqa: F811
    made = Workbook()
    for row in (HEAD, ["demo.sleep", "=1+1 is a text", NINE, 0.5], [], ["demo.sleep", 7, NINE, 2.0]):
        made.active.append(row)
    made.active["B2"].data_type = "s"
    made.create_sheet("notes").append(["x"])
    address, text = found(creator, saved(made), "Europe/Berlin")
    assert "2 of 2 rows are good jobs" in text
    assert "<dt>Sheets passed by</dt><dd>notes</dd>" in text
    creator.post(address, {"which": "all"})
    jobs = list(Job.objects.order_by("-name"))
    assert [(job.name, str(job.payload["seconds"])) for job in jobs] == [("=1+1 is a text", "0.5"), ("7", "2")]
    assert {job.run_at for job in jobs} == {datetime(2099, 3, 1, 8, tzinfo=UTC)}


def test_what_is_wrong_has_its_row_and_column_and_comes_back_as_a_table(creator: Client) -> None:  # noqa: F811
    rows: list[Any] = [HEAD, ["demo.noop", "good"], [], ["demo.noop", "bad", "=NOW()"], ["demo.noop", "worse", 45000.5]]
    address, text = found(creator, book(*rows))
    assert '<td class="number">4</td><td><code>run_at</code></td><td>C4 is a formula (=NOW())' in text
    assert '<td class="number">5</td><td><code>run_at</code></td><td>This is not a date and time' in text
    wrong = list(csv.DictReader(io.StringIO(creator.get(f"{address}wrong/").content.decode("utf-8-sig"))))
    assert [(row["name"], row["run_at"], row["line"]) for row in wrong] == [
        ("bad", "'=NOW()", "4"),
        ("worse", "45000.5", "5"),
    ]
    creator.post(address, {"which": "good"})
    assert [job.name for job in Job.objects.all()] == ["good"]


def test_without_the_extra_the_page_says_what_to_install(creator: Client, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr(workbooks, "find_spec", lambda name: None)
    answer = upload(creator, book(HEAD, ["demo.noop"]))
    assert answer.status_code == 400
    assert "pip install 'runat[xlsx]'" in said(answer)
    assert not Upload.objects.exists()
