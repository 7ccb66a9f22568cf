"""Lists taken out: their filter, their order, what no spreadsheet reckons with, and what is too much for one answer."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jobs.admin.taking_out import text_of
from jobs.clock import clock
from jobs.models import Schedule
from jobs.states import State
from jobs.web import lists
from jobs.web.exporting import plain
from tests.admin.schedule_rows import schedule
from tests.exporting.conftest import lines, table
from tests.monitor.rows import SECOND, ended, pending, worker

pytestmark = pytest.mark.django_db
SCHEDULES = "/admin/jobs/schedule/"


def many(number: int, **fields: Any) -> list[Schedule]:
    now = clock.now()
    return [schedule(f"s{n:03}", now=now, **fields) for n in range(number)]


def test_it_is_what_the_filter_and_the_search_of_its_page_find(client: Client, ada: User) -> None:
    many(3)
    Schedule.objects.filter(name="s001").update(enabled=False)
    assert [row["name"] for row in lines(client, SCHEDULES)] == ["s000", "s001", "s002"]
    assert [row["name"] for row in lines(client, SCHEDULES, state="off")] == ["s001"]
    assert [row["name"] for row in lines(client, SCHEDULES, q="s002")] == ["s002"]
    page = client.get(SCHEDULES, {"q": "s002", "p": "1"}).content.decode()
    assert 'href="?q=s002&amp;format=csv"' in page


def test_all_rows_are_taken_out_not_those_of_a_page(client: Client, ada: User, monkeypatch: Any) -> None:
    many(7)
    monkeypatch.setattr(lists, "AT_A_TIME", 3)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        told = lines(client, SCHEDULES)
    assert [row["name"] for row in told] == [f"s{n:03}" for n in range(7)]
    read = [one["sql"] for one in asked if re.search(r'WHERE .*"jobs_schedule"."id" IN \(', one["sql"])]
    assert len(read) == 3  # 3, 3 and 1: a question for each part


def test_what_is_too_much_for_one_answer_is_led_to(client: Client, ada: User, monkeypatch: Any) -> None:
    many(5)
    monkeypatch.setattr(lists, "MOST", 2)
    address, found = f"{SCHEDULES}?format=ndjson&q=s0", []
    for _ in range(3):
        answer = client.get(address)
        found += [json.loads(line)["name"] for line in answer.getvalue().decode().splitlines()]
        led = re.fullmatch('<([^>]+)>; rel="next"', answer.get("Link", ""))
        address = led[1] if led else ""
    assert found == [f"s{n:03}" for n in range(5)]
    assert address == ""


def test_no_cell_is_a_formula(client: Client, ada: User, at: datetime) -> None:
    schedule("=HYPERLINK(1)", now=at)
    ended(at - SECOND, State.FAILED, reason="@SUM(x)")
    assert any("'=HYPERLINK(1)" in row for row in table(client, SCHEDULES))
    assert [row["name"] for row in lines(client, SCHEDULES)] == ["=HYPERLINK(1)"]
    cells = [cell for row in table(client, "/failures/") for cell in row]
    assert "'@SUM(x)" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize("address", [SCHEDULES, "/operations/", "/failures/", "/late/", "/alerts/"])
def test_an_empty_list_has_a_head_and_no_row(client: Client, ada: User, address: str) -> None:
    assert len(table(client, address)) == 1
    assert lines(client, address) == []


def test_queues_and_workers_keep_their_filter(client: Client, ada: User, at: datetime) -> None:
    worker(at, "w1@host", queues=["default"])
    worker(at, "w2@host", queues=["mail"], drained_at=at, refusing="Drained.")
    pending(at - 5 * SECOND, queue="nobody")
    assert [row["queue"] for row in lines(client, "/queues/", only="unserved")] == ["nobody"]
    assert [row["worker"] for row in lines(client, "/workers/", look="drained")] == ["w2@host"]
    assert [row["worker"] for row in lines(client, "/workers/", queue="default")] == ["w1@host"]
    assert 'href="?look=drained&amp;format=csv"' in client.get("/workers/", {"look": "drained"}).content.decode()


def test_a_column_that_the_page_does_not_show_is_not_there(client: Client, ada: User, in_a_team: Any) -> None:
    assert "limits" in table(client, "/queues/")[0]
    assert "limits" not in table(in_a_team("view_job"), "/queues/")[0]


def test_what_was_late_and_what_was_missed(client: Client, ada: User, at: datetime) -> None:
    job = ended(at - 60 * SECOND, delay=5 * SECOND)
    ended(at - 60 * SECOND, queue="mail", delay=5 * SECOND)
    (row,) = lines(client, "/late/", queue=job.queue)
    assert (row["is"], row["job"], row["queue"]) == ("late", job.pk, job.queue)
    assert row["late_ms"] > 4_000


@pytest.mark.parametrize("address", [SCHEDULES, "/queues/", "/operations/"])
def test_another_form_is_refused_with_those_that_there_are(client: Client, ada: User, address: str) -> None:
    answer = client.get(address, {"format": "xml"})
    assert (answer.status_code, answer.content.decode()) == (
        400,
        "format: this is not known; give one of csv, ndjson.",
    )
    for start in ("-1", "x", "9" * 19):
        assert client.get(address, {"format": "csv", "start": start}).status_code == 400


def test_a_wrong_filter_is_refused_as_by_the_page(client: Client, ada: User) -> None:
    answer = client.get("/queues/", {"only": "x", "format": "csv"})
    assert answer.status_code == 400
    assert "Give one of" in answer.content.decode()


@pytest.mark.parametrize("address", ["/queues/", "/workers/"])
def test_the_past_is_not_taken_out(client: Client, ada: User, address: str) -> None:
    past = {"at": f"{datetime.now(tz=UTC) - timedelta(hours=1):%Y-%m-%dT%H:%MZ}"}
    answer = client.get(address, {**past, "format": "csv"})
    assert (answer.status_code, answer.content.decode()) == (400, "at: only what is now is taken out.")


def test_a_form_that_is_sent_takes_nothing_out(client: Client, ada: User) -> None:
    answer = client.post("/tokens/?format=csv", {})
    assert answer.status_code == 400
    assert b"<form" in answer.content


def test_values_are_as_json_has_them() -> None:
    east = timezone(timedelta(hours=2))
    assert plain(datetime(2026, 1, 1, 2, tzinfo=east)) == "2026-01-01T00:00:00Z"
    assert plain({1: (float("nan"), None, True)}) == {"1": ["nan", None, True]}


def test_what_html_says_is_text() -> None:
    badge = '<span class="badge good"><span aria-hidden="true">✓</span>works</span> <small>a &lt; b</small>'
    assert text_of(badge) == "works a < b"
    assert text_of('<time datetime="2026-01-01T00:00:00+00:00">Thu<small>UTC</small></time> by ada') == (
        "2026-01-01T00:00:00+00:00 by ada"
    )
    drawn = '<svg role="img" aria-label="Last runs: 1 late"><rect><title>12:00</title></rect></svg>'
    assert text_of(drawn) == "Last runs: 1 late"
    assert text_of('<svg aria-hidden="true"><br><rect></rect></svg>x') == "x"
