"""The monitor and the list of jobs of somebody who is in a team."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client

from jobs.clock import clock
from jobs.models import Job, Ownership, Team
from tests.monitor.overview.rows import counted, floor, sampled
from tests.rights.conftest import MakeUser, page_of
from tests.rights.world import make


def test_the_monitor_shows_each_what_is_his(ada: User, make_user: MakeUser) -> None:
    ours, theirs = make("job", "ours", ada), make("job", "theirs", ada)
    bob = make_user("bob", "viewer")
    Team.objects.get(name="theirs").members.add(bob)
    for user, seen, hidden in ((ada, ours, theirs), (bob, theirs, ours)):
        client = page_of(user)
        for address in ("/", "/monitor/live/"):  # within the second for which a picture is kept
            page = client.get(address).content.decode()
            assert seen.name in page
            assert hidden.name not in page
            assert '?held=no">1</a>' in page
    client = page_of(User.objects.create_superuser("root"))
    assert all(job.name in client.get("/").content.decode() for job in (ours, theirs))


def test_one_picture_is_not_shown_to_another(ada: User, make_user: MakeUser) -> None:
    theirs = make("job", "theirs", ada)
    root, client = page_of(User.objects.create_superuser("root")), Client()
    client.force_login(ada)
    assert theirs.name in root.get("/").content.decode()
    assert theirs.name not in client.get("/").content.decode()


def test_each_has_the_past_of_what_is_his(ada: User, make_user: MakeUser) -> None:
    then = floor(clock.current()) - timedelta(hours=1)
    Ownership.objects.create(team=Team.objects.get(name="theirs"), kind="queue", name="payroll")
    for queue in ("", "payroll"):
        sampled(then, queue=queue, pending=3)
    counted(then, queue="payroll", starts=3)
    bob = make_user("bob", "viewer")
    Team.objects.get(name="theirs").members.add(bob)
    address = f"/?at={then:%Y-%m-%dT%H:%MZ}"
    for user, started in ((bob, "3"), (ada, "0")):
        page = page_of(user).get(address).content.decode()
        assert ('id="queue-payroll"' in page) == (user == bob)
        assert f'aria-label="Started a minute: {started}"' in page
        assert "Figures are of what your teams own" in page
    page = page_of(User.objects.create_superuser("root")).get(address).content.decode()
    assert 'id="queue-payroll"' in page
    assert "Figures are of what your teams own" not in page


def test_a_creator_lands_on_what_is_his(make_user: MakeUser) -> None:
    creator = make_user("cleo", "creator")
    client = page_of(creator)
    assert client.get("/")["Location"] == "/jobs/"
    empty = client.get("/jobs/").content.decode()
    assert "You have created no job yet." in empty
    assert 'href="/jobs/new/"' in empty
    assert ">Monitor</a>" not in empty
    form = {"target": "demo.noop", "payload": "{}", "queue": "default", "time_zone": "UTC"}
    made = client.post("/jobs/new/", form, follow=True)
    assert made.status_code == 200
    make("job", "theirs", creator)
    mine = Job.objects.get(created_by=creator)
    page = client.get("/jobs/").content.decode()
    assert f'href="/jobs/{mine.pk}/"' in page
    assert "mark-theirs" not in page
    assert client.get("/monitor/live/").status_code == 401


def test_a_rare_one_is_found_page_by_page(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing leads to what a team owns: a page looks at so many ids, and says that there are older ones."""
    monkeypatch.setattr("jobs.models.querysets.overviews.LOOK", 3)
    ours = make("job", "ours", ada)
    for _ in range(7):
        make("job", "theirs", ada)
    client, address, found = page_of(ada), "/jobs/", []
    for _ in range(5):
        page = client.get(address)
        found += [row.job.pk for row in page.context["rows"]]
        if not page.context["further"]:
            break
        address = f"/jobs/{page.context['further']}"
    assert found == [ours.pk]
