"""`/workers/<name>/stacks/`: whom it shows where jobs are, and how often a worker is asked for it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from jobs.models import Ownership, Team
from jobs.monitor.worker_pages import stacks as page_of_stacks
from jobs.nodes import stacks
from jobs.nodes.stacks import Answer, Frame, Stack
from tests.monitor.reading import text
from tests.monitor.rows import running, worker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped_clock")]
ADDRESS = "/workers/w1@host/stacks/"


@pytest.fixture
def asked(monkeypatch):
    """Which jobs a worker was asked about; it says where all of them are."""
    found = []

    def ask(name, ids):
        found.append((name, ids))
        return Answer({one: Stack((Frame("shop.books", "close", 7, "wait('<b>')"),), 2) for one in ids})

    monkeypatch.setattr(stacks, "ask", ask)
    return found


@pytest.fixture
def there(at):
    return worker(at)


def test_it_shows_the_way_of_each_job_through_its_code(operator, at, there, asked):
    job = running(at, session=there.session, name="the books", target="demo.sleep")
    page = operator.get(ADDRESS)
    said = text(page)
    assert f"{job.pk} (the books) demo.sleep, for" in said
    assert "... 2 before ... shop.books:7 in close wait('<b>')" in said
    assert "<b>" not in page.content.decode()
    assert asked == [("w1@host", [job.pk])]


def test_to_htmx_it_is_a_part(operator, at, there, asked):
    running(at, session=there.session)
    part = operator.get(ADDRESS, HTTP_HX_REQUEST="true").content.decode()
    assert part.startswith("<h2>")
    assert f'hx-get="{ADDRESS}"' in operator.get("/workers/w1@host/").content.decode()


def test_only_those_who_may_control_jobs_see_code(viewer, at, there, asked):
    running(at, session=there.session)
    assert viewer.get(ADDRESS).status_code == 403
    assert "look-at-stacks" not in viewer.get("/workers/w1@host/").content.decode()
    assert asked == []


def test_of_other_teams_jobs_nothing_is_asked(client, at, there, asked):
    ada = User.objects.create_user("ada")
    ada.user_permissions.set(Permission.objects.filter(codename__in=["view_job", "control_job"]))
    for name, queue in (("payroll", "pay"), ("shop", "till")):
        Ownership.objects.create(team=Team.objects.create(name=name), kind="queue", name=queue)
    Team.objects.get(name="payroll").members.add(ada)
    ours = running(at, session=there.session, queue="pay")
    running(at, session=there.session, queue="till", name="the till")
    browser = Client()
    browser.force_login(ada)
    said = text(browser.get(ADDRESS))
    assert asked == [("w1@host", [ours.pk])]
    assert "1 more slot is taken by jobs that are not shown here." in said
    assert "the till" not in said


def test_what_the_worker_cannot_say_is_said(operator, at, there, monkeypatch):
    job = running(at, session=there.session)
    monkeypatch.setattr(stacks, "ask", lambda name, ids: Answer({}, stacks.PROCESSES))
    said = text(operator.get(ADDRESS))
    assert "only a worker on threads" in said
    assert str(job.pk) in said


def test_a_job_that_has_just_ended_or_not_begun_is_said_to(operator, at, there, monkeypatch):
    job = running(at, session=there.session)
    running(at, session=there.session)
    monkeypatch.setattr(stacks, "ask", lambda name, ids: Answer({job.pk: Stack((), 0)}))
    said = text(operator.get(ADDRESS))
    assert "Its body has not been entered yet, or has just ended." in said
    assert "The worker does not have it any more." in said


def test_a_worker_that_has_left_or_runs_nothing_is_not_asked(operator, at, asked):
    worker(at, gone_at=at)
    assert "Nothing runs there." in text(operator.get(ADDRESS))
    assert operator.get("/workers/nobody@host/stacks/").status_code == 404
    assert asked == []


def test_twenty_who_look_ask_once(operator, at, there, asked, monkeypatch):
    monkeypatch.setattr(page_of_stacks, "KEPT_FOR", 600)  # however slow the machine is
    running(at, session=there.session)
    for _ in range(20):
        operator.get(ADDRESS)
    assert len(asked) == 1
