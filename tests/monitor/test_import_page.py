"""Jobs of a table: looked at first, then created in one operation, or none; brought twice, created once."""

from __future__ import annotations

import csv
import html
import io
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from jobs.api.bulk import judging
from jobs.clock import clock
from jobs.models import Job, Upload
from jobs.models.old_rows import delete_before
from jobs.monitor.tables import importing
from jobs.transitions import uploads

pytestmark = pytest.mark.django_db
LATER = "2099-03-01 09:00"


@pytest.fixture
def creator(client: Client, person: Any) -> Client:
    client.force_login(person("add_job", name="ada"))
    return client


def table(*rows: dict[str, Any]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(name for row in rows for name in row)))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def upload(client: Client, content: bytes, zone: str = "UTC") -> Any:
    return client.post("/jobs/import/", {"file": SimpleUploadedFile("jobs.csv", content), "time_zone": zone})


def said(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def found(client: Client, content: bytes, zone: str = "UTC") -> tuple[str, str]:
    """Upload it; return the address of what was found, and its text."""
    answer = upload(client, content, zone)
    assert answer.status_code == 302, said(answer)
    return answer["Location"], said(client.get(answer["Location"]))


def test_a_good_table_is_looked_at_and_then_created(creator: Client) -> None:
    rows = [{"target": "demo.sleep", "payload.seconds": "0.5", "run_at": LATER, "name": f"n{n}"} for n in range(3)]
    address, text = found(creator, table(*rows), "Europe/Berlin")
    assert "3 of 3 rows are good jobs" in text
    assert not Job.objects.exists()
    answer = creator.post(address, {"which": "all"}, follow=True)
    assert "3 jobs of jobs.csv created." in said(answer)
    assert all(f"n{n}</a>" in said(answer) for n in range(3))  # the list that it leads to has these
    jobs = list(Job.objects.order_by("name"))
    assert [job.name for job in jobs] == ["n0", "n1", "n2"]
    assert {job.run_at for job in jobs} == {datetime(2099, 3, 1, 8, tzinfo=UTC)}
    assert {str(job.payload) for job in jobs} == {"{'seconds': Decimal('0.5')}"}
    assert not Upload.objects.exists()
    assert creator.get(address).status_code == 404


def test_a_wrong_row_is_said_with_its_line_and_nothing_is_created_of_the_others_unless_asked_for(
    creator: Client, person: Any
) -> None:
    rows = [
        {"target": "demo.noop", "run_at": LATER, "max_attempts": "", "name": "good"},
        {"target": "demo.slep", "run_at": LATER, "max_attempts": "three", "name": "bad"},
    ]
    address, text = found(creator, table(*rows))
    assert "1 of 2 rows is a good job" in text
    assert '<td class="number">3</td><td><code>max_attempts</code></td><td>This is not a whole number' in text
    answer = creator.post(address, {"which": "all"})
    assert answer.status_code == 400
    assert "Nothing was created. 1 rows are wrong" in said(answer)
    assert not Job.objects.exists()

    wrong = list(csv.DictReader(io.StringIO(creator.get(f"{address}wrong/").content.decode("utf-8-sig"))))
    assert [(row["name"], row["line"]) for row in wrong] == [("bad", "3")]
    assert wrong[0]["problem"].startswith("max_attempts: This is not a whole number")

    assert creator.post(address, {"which": "good"}).status_code == 302
    assert [job.name for job in Job.objects.all()] == ["good"]

    mended = [{**row, "target": "demo.noop", "max_attempts": ""} for row in wrong]  # with line and problem in it
    address, text = found(creator, table(*mended))
    assert "Columns passed by</dt><dd>line, problem" in text
    creator.post(address, {"which": "all"})
    assert sorted(job.name for job in Job.objects.all()) == ["bad", "good"]


def test_the_same_file_twice_is_noticed_and_creates_nothing_unless_that_is_asked_for(creator: Client) -> None:
    content = table({"target": "demo.noop", "run_at": LATER}, {"target": "demo.noop", "run_at": LATER})
    address, text = found(creator, content)
    assert "before" not in text
    creator.post(address, {"which": "all"})
    address, text = found(creator, content)
    assert f'You have brought this file before: <a href="/jobs/{Job.objects.earliest("id").pk}/"' in text
    answer = creator.post(address, {"which": "all"}, follow=True)
    assert "jobs.csv was brought before: its 2 jobs are there already" in said(answer)
    assert Job.objects.count() == 2
    address, _ = found(creator, content)
    creator.post(address, {"which": "all", "again": "on"})
    assert Job.objects.count() == 4


def test_a_file_is_of_its_owner_and_of_its_hour(creator: Client, person: Any, monkeypatch: Any) -> None:
    content = table({"target": "demo.noop", "run_at": LATER})
    address, _ = found(creator, content)
    other = Client()
    other.force_login(person("add_job", name="eve"))
    assert [other.get(address).status_code, other.post(address, {"which": "all"}).status_code] == [404, 404]
    viewer = Client()
    viewer.force_login(person("view_job", name="vic"))
    assert viewer.get("/jobs/import/").status_code == 403
    over = clock.current() + timedelta(seconds=3601)
    monkeypatch.setattr(type(clock), "current", lambda self: over)
    assert creator.get(address).status_code == 404
    assert delete_before("uploads", over, limit=10) == 1
    assert not Job.objects.exists()


def test_a_file_can_be_forgotten_and_five_are_kept(creator: Client) -> None:
    addresses = [found(creator, table({"target": "demo.noop", "name": f"n{n}"}))[0] for n in range(6)]
    assert [creator.get(address).status_code for address in addresses] == [404] + [200] * 5
    answer = creator.post(addresses[-1], {"forget": "yes"}, follow=True)
    assert "jobs.csv is forgotten" in said(answer)
    assert Upload.objects.count() == 4
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("content", "zone", "says"),
    [
        (b"", "UTC", "This file is empty"),
        (b"nmae\nx\n", "UTC", "There is no 'nmae'"),
        (b"target,payload,payload.seconds\n", "UTC", "give one of them, not both"),
        (b"target\n", "UTC", "There is no job in it"),
        (b"target\n\xff\n", "UTC", "Line 2 is not UTF-8"),
        (b"PK\x03\x04\x00\n", "UTC", "This is no workbook that can be read; save it anew as XLSX, or as CSV"),
        (b"target\ndemo.noop\n", "Mars/Phobos", "Mars/Phobos"),
    ],
)
def test_what_is_no_table_is_refused_with_what_to_do(creator: Client, content: bytes, zone: str, says: str) -> None:
    answer = upload(creator, content, zone)
    assert answer.status_code == 400
    assert says in said(answer)
    assert not Upload.objects.exists()


def test_a_file_is_bounded(creator: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(importing, "MOST_BYTES", 10)
    assert "are read at most. Bring it in parts." in said(upload(creator, table({"target": "demo.noop"})))
    monkeypatch.undo()
    monkeypatch.setattr(judging, "MOST_IN_BULK", 1)
    assert "These are too many" in said(upload(creator, table({"target": "demo.noop"}, {"target": "demo.noop"})))
    assert not Upload.objects.exists()


def test_after_so_many_wrong_rows_nobody_looks_further(creator: Client, monkeypatch: Any) -> None:
    address, text = found(creator, table(*[{"target": "x", "name": str(n)} for n in range(1005)]))
    assert "More than 1,000 rows are wrong" in text
    assert "And 901 more" in text
    assert creator.post(address, {"which": "good"}).status_code == 400


@pytest.mark.parametrize("beyond", [b"demo.noop,\xff\n", b'demo.noop,"not\x20closed\n'])
def test_the_table_of_wrong_rows_ends_where_nobody_has_looked_further(creator: Client, beyond: bytes) -> None:
    rows = [{"target": "x", "name": str(n)} for n in range(1001)]
    address, _ = found(creator, table(*rows) + beyond)
    answer = creator.get(f"{address}wrong/")
    assert answer.status_code == 200
    assert len(list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))) == len(rows)


def test_a_file_that_cannot_be_read_any_more_says_so(creator: Client) -> None:
    """Such as a workbook, by a process of another installation, which reads none."""
    address, _ = found(creator, table({"target": "x"}))
    Upload.objects.update(content=zlib.compress(b"target\n\xff\n"))
    for answer in (creator.get(f"{address}wrong/"), creator.post(address, {"which": "good"})):
        assert answer.status_code == 400
        assert "Line 2 is not UTF-8" in said(answer)


def test_what_is_beyond_ones_rights_is_a_wrong_row(creator: Client) -> None:
    rows = [{"target": "demo.noop", "waits_for": ""}, {"target": "demo.noop", "waits_for": "[9223372036854775000]"}]
    _, text = found(creator, table(*rows))
    assert "<td><code>waits_for</code></td>" in text
    assert "1 of 2 rows is a good job" in text


def test_semicolons_and_the_mark_of_spreadsheets_are_read(creator: Client) -> None:
    address, _ = found(creator, b'\xef\xbb\xbftarget;payload.seconds;name;\r\ndemo.sleep;0.5;"a;b";\r\n;;;\r\n')
    creator.post(address, {"which": "all"})
    assert Job.objects.get().name == "a;b"


def test_the_template_has_a_column_for_each_argument(creator: Client) -> None:
    first, second = creator.get("/jobs/import/template/?target=demo.sleep").content.decode("utf-8-sig").splitlines()
    assert "payload.seconds" in first.split(",")
    assert second == "demo.sleep"
    assert "payload" in creator.get("/jobs/import/template/").content.decode("utf-8-sig").split(",")


def test_mistakes_with_what_no_row_of_the_database_holds_are_kept(creator: Client) -> None:
    _, text = found(creator, b'target,payload\na\x00b,"{""x"": ""\\ud800""}"\n')
    assert "0 of 1 row are good jobs" in text


@pytest.mark.parametrize("end", ["", "wrong/"])
def test_a_file_that_goes_while_somebody_looks_has_ended_and_is_no_fault(
    creator: Client, monkeypatch: Any, end: str
) -> None:
    """His other window has created its jobs, or its hour has ended, between the look at its row and at its content."""
    address, _ = found(creator, table({"target": "demo.noop", "run_at": LATER}))
    read = uploads.content_of

    def too_late(upload: Upload) -> bytes:
        Upload.objects.all().delete()
        return read(upload)

    monkeypatch.setattr(uploads, "content_of", too_late)
    answer = creator.get(f"{address}wrong/") if end else creator.post(address, {"which": "all"})
    assert answer.status_code == 404
    assert "There is no such file of yours: its jobs are created, or its hour is over." in said(answer)
    assert not Job.objects.exists()
