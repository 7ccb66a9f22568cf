"""The counts beside the list of jobs: each is what the list finds with that state."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.models import Job, Team
from jobs.states import Hold, State
from tests.monitor.rows import SECOND, ended, pending, running
from tests.monitor.test_job_list import said, text

pytestmark = pytest.mark.django_db
ONE = re.compile(r'<a href="([^"]+)"( aria-current="true")?>.*?<b>([^<]+)</b>', re.DOTALL)


def counted(client, query: str = "") -> dict[str, tuple[str, str]]:
    """Each state's count and where it leads."""
    response = client.get(f"/jobs/states/?{query}")
    assert response.status_code == 200, response.content
    return {re.search(r"state=(\w+)", href)[1]: (number, href) for href, _, number in ONE.findall(text(response))}


@pytest.fixture
def some(at):
    pending(at + 60 * SECOND, queue="pay")
    pending(at - SECOND, queue="pay", holds=Hold.APPROVAL)
    running(at, queue="pay", labels={"team": "books"})
    for state in (State.FAILED, State.FAILED, State.COMPLETED, State.INTERRUPTED, State.CANCELLED, State.SKIPPED):
        ended(at - SECOND, state, queue="pay", target="demo.fail")
    ended(at - SECOND, queue="mail")


@pytest.mark.parametrize(
    "query", ["", "queue=pay", "queue=mail", "queue=pay&state=failed", "target=demo.fail", "run_at_after=2020-01-01"]
)
def test_each_is_what_the_list_finds_with_that_state(admin_client, some, query):
    found = counted(admin_client, query)
    assert list(found) == [state.label for state in State]
    for number, href in found.values():
        page = text(admin_client.get(href.replace("&amp;", "&")))
        assert said(page).startswith(f"{number} job"), (href, number, said(page))


def test_the_chosen_state_is_marked_and_the_others_stay_counted(admin_client, some):
    page = text(admin_client.get("/jobs/states/?state=failed"))
    assert re.findall(r'state=(\w+)" aria-current="true"', page) == ["failed"]
    assert counted(admin_client, "state=failed")["completed"][0] == "2"


def test_those_of_few_are_found_however_old(admin_client, at, monkeypatch):
    monkeypatch.setattr("jobs.models.querysets.overviews.LOOK", 3)
    pending(at - SECOND)
    ended(at - SECOND, State.FAILED)
    for _ in range(4):
        ended(at - SECOND)
    found = counted(admin_client)
    assert (found["pending"][0], found["failed"][0], found["completed"][0]) == ("1", "0", "3")


def test_more_than_are_counted_are_over_so_many(admin_client, at, monkeypatch):
    monkeypatch.setattr("jobs.models.querysets.overviews.COUNT_LIMIT", 2)
    for _ in range(4):
        pending(at - SECOND)
        ended(at - SECOND)
    found = counted(admin_client)
    assert found["pending"][0] == found["completed"][0] == "over 2"


def test_what_others_have_is_not_counted(client, person, some):
    grace = person("view_job")
    Team.objects.create(name="books").members.add(grace)
    Team.objects.create(name="payroll")
    client.force_login(grace)
    assert {state: number for state, (number, _) in counted(client).items() if number != "0"} == {"running": "1"}


def test_a_filter_that_cannot_be_read_is_told_by_the_list(admin_client):
    assert admin_client.get("/jobs/states/?state=lost").status_code == 400


def test_the_list_has_the_links_at_once_and_loads_their_numbers_for_its_filter(admin_client, some):
    """So that nothing moves under a finger when they come, and that they lead somewhere without a script."""
    page = text(admin_client.get("/jobs/?queue=pay&state=failed"))
    assert re.search(
        r'hx-get="/jobs/states/\?(?:queue=pay&state=failed|state=failed&queue=pay)" hx-trigger="load"', page
    )
    first = re.findall(r'<a href="([^"]+)"(?: aria-current="true")?>(?:(?!</a>).)*<b>…</b>', page, re.DOTALL)
    later = [href for href, _, _ in ONE.findall(text(admin_client.get("/jobs/states/?queue=pay&state=failed")))]
    assert first == later
    assert len(first) == len(State)


def test_what_they_ask_does_not_grow(admin_client, at):
    """The session and who it is; the ends of the ids and a count among them; of pending, running and interrupted ones
    the ends, each part that an index leads to, and their ids."""
    counts = []
    for _ in range(2):
        for _ in range(5):
            pending(at)
            ended(at - SECOND)
        with CaptureQueriesContext(connection) as statements:
            counted(admin_client)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 2 + 2 + 10
    assert Job.objects.count() == 20
