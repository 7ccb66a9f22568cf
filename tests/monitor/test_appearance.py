"""Whose clocks and which colours pages have: by the header's switches, for each person alone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jobs.models import Job, Preference
from jobs.monitor import cached_page
from jobs.states import State
from tests.admin.schedule_rows import schedule
from tests.monitor.rows import SECOND, ended, pending

pytestmark = pytest.mark.django_db
BERLIN, KOLKATA = "Europe/Berlin", "Asia/Kolkata"
NOON = datetime(2099, 1, 15, 12, 0, 5, 123_000, tzinfo=UTC)


def text(response) -> str:
    return response.content.decode()


def choose(client, **fields):
    return client.post("/appearance/", fields)


def by_clocks_of(client, zone: str) -> None:
    choose(client, times="mine", browser_zone=zone, next="/jobs/")


@pytest.fixture
def far(at) -> Job:
    """A job that is due at NOON."""
    job = pending(at)
    Job.objects.filter(pk=job.pk).update(run_at=NOON)
    return job


@pytest.fixture
def other(person) -> Client:
    client = Client()
    client.force_login(person("view_job", name="linus"))
    return client


def test_times_are_utc_at_first_and_say_so(viewer, far):
    page = text(viewer.get(f"/jobs/{far.pk}/"))
    assert 'title="2099-01-15 12:00:05.123 UTC">2099-01-15 12:00:05.123 <span class="zone">UTC</span>' in page
    assert "All times are UTC" in page
    assert not Preference.objects.exists()


def test_mine_are_the_browsers_until_another_zone_is_named(viewer, far):
    response = choose(viewer, times="mine", browser_zone=BERLIN, next=f"/jobs/{far.pk}/")
    assert (response.status_code, response["Location"]) == (303, f"/jobs/{far.pk}/")
    page = text(viewer.get(f"/jobs/{far.pk}/"))
    assert 'title="2099-01-15 12:00:05.123 UTC">2099-01-15 13:00:05.123 <span class="zone">CET</span>' in page
    assert 'value="mine" aria-pressed="true"' in page
    choose(viewer, time_zone=KOLKATA)
    by_clocks_of(viewer, BERLIN)  # the browser goes on saying its own
    assert '17:30:05.123 <span class="zone">IST</span>' in text(viewer.get(f"/jobs/{far.pk}/"))
    choose(viewer, time_zone="")
    assert '13:00:05.123 <span class="zone">CET</span>' in text(viewer.get(f"/jobs/{far.pk}/"))


@pytest.mark.parametrize("zone", ["", "Mars/Base", "localtime", "x" * 300])
def test_who_has_no_zone_is_asked_for_one(viewer, zone):
    response = viewer.post("/appearance/", {"times": "mine", "browser_zone": zone}, follow=True)
    assert response.redirect_chain == [("/account/", 302)]
    assert "Your browser has not said its time zone. Name yours here" in text(response)
    refused = viewer.post("/appearance/", {"time_zone": "Mars/Base"}, follow=True)
    assert "This time zone is not known; write UTC or a name like Europe/Berlin." in text(refused)
    assert "Times are shown by the clocks of Asia/Kolkata." in text(
        viewer.post("/appearance/", {"time_zone": f" {KOLKATA} "}, follow=True)
    )
    assert "All times are Asia/Kolkata" in text(viewer.get("/jobs/"))


def test_a_choice_is_there_after_the_next_login_and_in_another_browser(viewer, far):
    by_clocks_of(viewer, BERLIN)
    choose(viewer, theme="dark")
    viewer.post("/logout/")
    again = Client()
    again.force_login(User.objects.get(username="grace"))
    page = text(again.get(f"/jobs/{far.pk}/"))
    assert '13:00:05.123 <span class="zone">CET</span>' in page
    assert 'data-theme="dark"' in page


def test_a_choice_costs_no_page_a_statement(viewer, far):
    path = f"/jobs/{far.pk}/"
    viewer.get(path)
    before = asked(viewer, path)
    by_clocks_of(viewer, BERLIN)
    after = asked(viewer, path)
    assert len(after) == len(before)
    assert not [one for one in after if 'FROM "jobs_preference"' in one]


def asked(client, path: str) -> list[str]:
    with CaptureQueriesContext(connection) as statements:
        client.get(path)
    return [one["sql"] for one in statements]


def test_what_is_kept_for_all_who_see_the_same_is_shown_to_each_by_his_own_clocks(viewer, other, at, monkeypatch):
    monkeypatch.setattr(cached_page, "KEPT_FOR", 600)  # however slow the machine is
    due = at + timedelta(days=400)
    Job.objects.filter(pk=pending(at).pk).update(run_at=due)
    by_clocks_of(viewer, BERLIN)
    by_clocks_of(other, KOLKATA)
    for _ in range(2):  # the second time each finds what was kept
        for client, zone in ((viewer, BERLIN), (other, KOLKATA)):
            here, page = due.astimezone(ZoneInfo(zone)), text(client.get("/"))
            assert f'{here:%H:%M:%S}.{here.microsecond // 1000:03d} <span class="zone">{here:%Z}</span>' in page
            assert page.count('class="zone">') == page.count(f'class="zone">{here:%Z}<')
            live = client.get(re.search(r'hx-get="([^"]+)"', page)[1])
            assert f'<span class="zone">{here:%Z}</span>' in text(live)


def test_the_same_facts_by_other_clocks_are_another_answer(viewer, at):
    pending(at + 60 * SECOND)
    first = viewer.get(f"/monitor/live/?zone={BERLIN}")
    same = viewer.get(f"/monitor/live/?zone={BERLIN}", headers={"If-None-Match": first["ETag"]})
    other = viewer.get(f"/monitor/live/?zone={KOLKATA}", headers={"If-None-Match": first["ETag"]})
    assert (first.status_code, same.status_code, other.status_code) == (200, 304, 200)
    nonsense = viewer.get("/monitor/live/?zone=../etc/passwd")
    assert '<span class="zone">UTC</span>' in text(nonsense)


def test_a_part_that_follows_a_job_keeps_the_clocks_of_its_page(viewer, far):
    by_clocks_of(viewer, BERLIN)
    page = text(viewer.get(f"/jobs/{far.pk}/"))
    address = re.search(r'hx-get="([^"]+)"', page)[1]
    choose(viewer, times="utc")  # in another window
    assert '13:00:05.123 <span class="zone">CET</span>' in text(viewer.get(address))


def test_a_job_of_a_schedule_can_be_seen_by_the_clocks_of_that(viewer, far, at):
    plain = text(viewer.get(f"/jobs/{far.pk}/"))
    assert 'value="job"' not in plain
    its = schedule(now=at, time_zone=KOLKATA)
    Job.objects.filter(pk=far.pk).update(schedule=its, nominal_at=NOON)
    assert f"by the clocks of its schedule: {KOLKATA}" in text(viewer.get(f"/jobs/{far.pk}/"))
    choose(viewer, times="job")
    assert '17:30:05.123 <span class="zone">IST</span>' in text(viewer.get(f"/jobs/{far.pk}/"))
    assert "All times are UTC" in text(viewer.get("/jobs/"))  # which are of many jobs


def test_times_in_sentences_follow_too(viewer, far, at):
    by_clocks_of(viewer, BERLIN)
    Job.objects.filter(pk=far.pk).update(not_before=NOON + timedelta(hours=1))
    page = text(viewer.get(f"/jobs/{far.pk}/"))
    assert re.search(r'It waits for <time [^>]+>2099-01-15 14:00:05 <span class="zone">CET</span></time>\.', page)


def test_what_somebody_has_said_stays_as_it_was_said(viewer, at):
    by_clocks_of(viewer, BERLIN)
    job = ended(at, State.FAILED, reason="the books of 2026-11-30 12:00:00 UTC <b>are</b> missing")
    assert "the books of 2026-11-30 12:00:00 UTC &lt;b&gt;are" in text(viewer.get(f"/jobs/{job.pk}/"))


def test_the_admin_and_rest_stay_utc(client, far):
    ada = User.objects.create_superuser("ada", password="pw")
    client.force_login(ada)
    by_clocks_of(client, BERLIN)
    assert "2099-01-15 12:00:05" in text(client.get(f"/admin/jobs/job/{far.pk}/change/"))
    assert client.get(f"/api/v1/jobs/{far.pk}/").json()["run_at"].startswith("2099-01-15T12:00:05.123")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_are_there_before_anybody_has_logged_in_and_without_a_script(client, theme):
    assert "data-theme" not in text(client.get("/login/"))
    assert choose(client, theme=theme, next="/login/")["Location"] == "/login/"
    page = text(client.get("/login/"))
    assert f'<html lang="en" data-theme="{theme}">' in page
    assert f'<meta name="color-scheme" content="{theme}">' in page
    choose(client, theme="system")
    assert "data-theme" not in text(client.get("/login/"))


def test_the_admin_has_the_same_colours(client, db):
    client.force_login(User.objects.create_superuser("ada", password="pw"))
    assert re.search(r'<html [^>]*class="auto"', text(client.get("/admin/")))
    choose(client, theme="dark")
    assert re.search(r'<html [^>]*class="dark"', text(client.get("/admin/")))


def test_a_form_leads_nowhere_else_and_nonsense_is_refused(client, viewer):
    assert choose(viewer, theme="dark", next="https://elsewhere.example/")["Location"] == "/"
    assert choose(viewer, times="noon").status_code == 400
    assert viewer.get("/appearance/").status_code == 405
    stranger = Client()
    assert choose(stranger, times="mine")["Location"] == "/login/"
    assert Client(enforce_csrf_checks=True).post("/appearance/", {"theme": "dark"}).status_code == 403


def test_the_database_refuses_what_is_no_choice(viewer):
    user = User.objects.get(username="grace")
    for wrong in ({"times": "noon"}, {"theme": "pink"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Preference.objects.create(user=user, **wrong)


def test_a_zone_that_is_no_more_is_utc(viewer, far):
    Preference.objects.create(user=User.objects.get(username="grace"), times="mine", time_zone="Mars/Base")
    assert "All times are UTC" in text(viewer.get("/jobs/"))


def test_with_its_user_a_choice_goes(viewer):
    by_clocks_of(viewer, BERLIN)
    User.objects.get(username="grace").delete()
    assert not Preference.objects.exists()
    cache.clear()
