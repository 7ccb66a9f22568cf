"""Exports: whole, and no formula for a spreadsheet."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from jobs import workbooks
from jobs.cells import meant
from jobs.client.cli.exporting import safe
from jobs.workbooks import reading
from tests.cli.conftest import Shell
from tests.cli.test_verbs import created


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1", "'=1"])
def test_text_that_begins_like_a_formula_stays_text(text):
    assert safe(text).startswith("'")
    assert meant(safe(text)) == text


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (-1.5, "-1.5"),
        (Decimal("-0.10"), "-0.10"),
        (None, ""),
        (True, "true"),
        ({"a": "=1"}, '{"a": "=1"}'),
        ("a=1", "a=1"),
    ],
)
def test_other_values_are_as_they_are(value, cell):
    assert safe(value) == cell


def test_all_that_is_found_is_in_the_file(shell: Shell, tmp_path: Path):
    jobs = [created(shell, "--name", name, "--queue", "mail") for name in ("=cmd", 'a "b", c\nd')]
    file = tmp_path / "jobs.csv"

    said = shell("export", "queue:mail", "--format", "csv", "--to", str(file))

    assert (said.code, said.out) == (0, f"2 jobs are in {file}.\n")
    with file.open(newline="", encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    assert [(row["id"], row["name"]) for row in rows] == [
        (str(jobs[1]["id"]), 'a "b", c\nd'),
        (str(jobs[0]["id"]), "'=cmd"),
    ]
    assert shell("export", "--to", str(file)).code == 2


def test_without_a_file_it_is_lines_of_json(shell: Shell):
    job = created(shell)

    assert [line["id"] for line in shell("export").lines] == [job["id"]]


def test_a_refused_export_leaves_no_file(shell: Shell, tmp_path: Path):
    file = tmp_path / "jobs.ndjson"

    assert shell("export", "stat:failed", "--to", str(file)).code == 1
    assert not file.exists()


def test_a_workbook_has_all_that_is_found_and_texts_stay_texts(shell: Shell, tmp_path: Path):
    jobs = [created(shell, "--name", name, "--queue", "mail") for name in ("=cmd", "007")]
    file = tmp_path / "jobs.xlsx"

    said = shell("export", "queue:mail", "--format", "xlsx", "--to", str(file))

    assert (said.code, said.out) == (0, f"2 jobs are in {file}.\n")
    head, *rows = [row.cells for row in reading.read(file.read_bytes()).rows]
    found = [dict(zip(head, row, strict=False)) for row in rows]
    assert [(row["id"], row["name"]) for row in found] == [(str(jobs[1]["id"]), "007"), (str(jobs[0]["id"]), "=cmd")]
    assert list(tmp_path.iterdir()) == [file]


def test_a_workbook_needs_a_file_and_the_extra(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert "name a file by --to" in shell("export", "--format", "xlsx").err
    monkeypatch.setattr(workbooks, "find_spec", lambda name: None)
    said = shell("export", "--format", "xlsx", "--to", str(tmp_path / "jobs.xlsx"))
    assert said.code == 2
    assert "pip install 'runat[xlsx]'" in said.err
    assert list(tmp_path.iterdir()) == []
