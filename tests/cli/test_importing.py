"""Imports by the command line: looked at, then created in one operation, or none; brought twice, created once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile

from jobs import workbooks
from jobs.cells import digest_of, file_key
from jobs.client.cli.importing import kind_of
from jobs.clock import clock
from jobs.models import Job
from jobs.monitor.tables.importing import UploadForm
from tests.cli.conftest import Shell
from tests.cli.test_commands import told
from tests.workbooks.test_rows import book

GOOD = "target,name,run_at\ndemo.noop,a,2099-01-01 09:00\ndemo.noop,b,2099-01-01 09:00\n"
BAD = "target,name,max_attempts\ndemo.noop,a,\ndemo.slep,b,\ndemo.noop,c,three\n"
BERLIN = ("--time-zone", "Europe/Berlin")


@pytest.fixture
def file(tmp_path: Path) -> Any:
    def make(content: str | bytes) -> str:
        path = tmp_path / "jobs"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return make


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"target\n", "text/csv"),
        (b"\xef\xbb\xbf\n {}", "application/x-ndjson"),
        (b"PK\x03\x04", workbooks.KIND),
        (b"", "text/csv"),
    ],
)
def test_a_file_is_known_by_how_it_begins(content: bytes, kind: str):
    assert kind_of(content) == kind


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        '{"target": "demo.noop", "name": "a"}\n{"target": "demo.noop", "name": "b"}\n',
        book(["target", "name"], ["demo.noop", "a"], ["demo.noop", "b"]),
    ],
)
def test_all_are_created_in_one_operation_and_once(shell: Shell, file: Any, content: str | bytes):
    said = shell("import", file(content), *BERLIN)

    first, last = Job.objects.order_by("id").values_list("pk", flat=True)
    assert (said.code, said.out) == (0, f"2 jobs were created: {first} to {last}.\n")
    assert list(Job.objects.order_by("id").values_list("name", flat=True)) == ["a", "b"]
    again = shell("import", file(content), *BERLIN)
    assert again.code == 0
    assert again.out.startswith("2 jobs were created of this file before, and none now")
    assert Job.objects.count() == 2
    assert shell("import", file(content), *BERLIN, "--again").code == 0
    assert Job.objects.count() == 4


@pytest.mark.parametrize("zone", [None, "UTC", " Europe/Berlin "])
def test_a_file_is_the_same_on_the_page(shell: Shell, file: Any, zone: str | None):
    content = "target,name\ndemo.noop,a\n"
    assert shell("import", file(content), *(() if zone is None else ("--time-zone", zone))).code == 0
    form = UploadForm(
        {"time_zone": zone or "UTC"},
        {"file": SimpleUploadedFile("jobs.csv", content.encode())},
        by=User(),
        now=clock.current(),
    )
    assert form.is_valid(), form.errors
    kept = digest_of(form.content, form.cleaned_data["time_zone"].key)
    assert Job.objects.get().idempotency_key == f"{file_key(kept)}/0"


def test_a_dry_run_says_what_is_wrong_and_creates_nothing(shell: Shell, file: Any):
    said = shell("import", file(GOOD), *BERLIN, "--dry-run")
    assert (said.code, said.out) == (0, "2 of 2 rows are good jobs; nothing was created.\n")

    said = shell("import", file(BAD), "--dry-run")
    assert said.code == 1
    assert said.out.splitlines() == [
        "1 of 3 rows are good jobs; nothing was created.",
        "  Line 3, target: There is no target 'demo.slep'. Did you mean 'demo.sleep'?",
        "  Line 4, max_attempts: This is not a whole number; give 1, or 2 to 100 for a rerunnable job.",
    ]
    assert not Job.objects.exists()


def test_a_dry_run_judges_rights_too(shell: Shell, file: Any):
    said = shell("import", file('target,waits_for\ndemo.noop,"[9223372036854775000]"\n'), "--dry-run")
    assert said.code == 1
    assert "  Line 2, waits_for: " in said.out


def test_wrong_rows_are_said_one_by_one_and_none_is_created_unless_the_good_ones_are_asked_for(shell: Shell, file: Any):
    said = shell("import", file(BAD))
    assert (said.code, said.out) == (1, "")
    assert said.err.splitlines()[:2] == [
        "Nothing was created.",
        "  Line 3, target: There is no target 'demo.slep'. Did you mean 'demo.sleep'?",
    ]
    assert not Job.objects.exists()

    said = shell("import", file(BAD), "--only-good")
    assert said.code == 1
    job = Job.objects.get()
    assert said.out.splitlines()[0] == f"1 job was created: {job.pk}. 2 rows are wrong."
    assert job.name == "a"


def test_json_is_rest_s_answer(shell: Shell, file: Any):
    said = shell("import", file(BAD), "--dry-run", "--json")
    assert said.code == 1
    assert said.json["ids"] == [None, None, None]
    assert [one["field"] for one in said.json["errors"]] == ["jobs.1.target", "jobs.2.max_attempts"]
    assert said.json["wrong"] == 2
    said = shell("import", file(BAD), "--json")
    assert (said.code, said.out) == (1, "")
    assert '"jobs.1.target"' in said.err


def test_a_cell_of_a_workbook_is_named(shell: Shell, file: Any):
    said = shell("import", file(book(["target", "name"], ["demo.noop", "=A1"])), "--dry-run")
    assert "  Line 2, name: B2 is a formula (=A1), and nobody reckons here" in said.out


def test_what_cannot_be_read_is_said(shell: Shell, file: Any):
    assert shell("import", "/nowhere/jobs.csv").code == 2
    assert "no 'nmae'" in shell("import", file("nmae\nx\n")).err
    assert shell("import", file("target\n"), "--time-zone", "Mars/Phobos").code == 1


def test_a_program_imports_where_nobody_is_named(db: None, file: Any):
    code, out, _ = told("jobs", "import", file(GOOD), *BERLIN)
    assert (code, out[:19]) == (0, "2 jobs were created")
    assert {job.created_by for job in Job.objects.all()} == {None}
    assert told("jobs", "import", file(GOOD), *BERLIN)[1].startswith("2 jobs were created of this file before")
