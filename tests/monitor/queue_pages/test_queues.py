"""`/queues/` and `/queues/<name>/`: what they say, to whom, and what it costs."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.test import Client

from jobs.models import Alert, Limit
from jobs.models.holding import Hold
from jobs.monitor import live_pages, live_parts
from jobs.monitor.overview import trends
from jobs.monitor.queue_pages import facts, one
from tests.monitor.overview.rows import HOUR, MINUTE, counted, floor, sampled
from tests.monitor.reading import text
from tests.monitor.rows import pending, running, worker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped_clock")]


@pytest.fixture
def viewer(client, person):
    """A client whose user may look at jobs and at limits."""
    client.force_login(person("view_job", "view_limit"))
    return client


def rows(response) -> list[str]:
    page = response.content.decode()
    return re.findall(r'id="queue-([^"]+)"', page)


@pytest.fixture
def some(at):
    """Mail is late and has no worker, books wait for their time, pay is paused, default does nothing."""
    worker(at, queues=["books", "default", "pay"])
    for ago in (90, 5):
        pending(at - timedelta(seconds=ago), queue="mail")
    pending(at + 10 * MINUTE, queue="mail")
    pending(at + 2 * HOUR, queue="mail")
    pending(at + MINUTE, queue="books")
    running(at, queue="books", target="demo.sleep")
    pending(at - MINUTE, queue="pay", holds=Hold.QUEUE)
    Limit.objects.create(kind="queue", name="pay", concurrency=3, rate=0.5, paused_at=at, pause_reason="the bank moves")
    return at


def test_what_is_wrong_comes_first(viewer, some):
    page = viewer.get("/queues/")
    assert rows(page) == ["mail", "pay", "books", "default"]
    said = text(page)
    assert re.search(r"mail Pause no worker takes its jobs 2 2 1 min 3\d s 1 0 0 0 — — —", said), said
    assert re.search(r"pay paused Resume 0 0 — 0 1 0 5 3 at a time, 0.5 starts a second", said), said
    assert re.search(r"books Pause 0 0 — 1 0 1 5 — — —", said), said
    assert "Overdue 1 Paused 1 No worker 1" in said


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=AI", ["mail"]),
        ("only=paused", ["pay"]),
        ("only=unserved", ["mail"]),
        ("only=overdue&q=pa", []),
        ("sort=name", ["books", "default", "mail", "pay"]),
        ("sort=due", ["mail", "books", "default", "pay"]),
        ("sort=oldest", ["mail", "books", "default", "pay"]),
    ],
)
def test_its_address_says_what_is_shown(viewer, some, query, names):
    assert rows(viewer.get(f"/queues/?{query}")) == names
    assert rows(viewer.get(f"/monitor/queues/?{query}")) == names


def test_what_it_does_not_know_is_refused_with_a_sentence(viewer):
    answer = viewer.get("/queues/?sort=colour")
    assert answer.status_code == 400
    assert "sort: Give one of wrong, name, due, oldest." in text(answer)
    assert viewer.get("/queues/?colour=red").status_code == 400


def test_many_queues_come_in_pages(viewer, at, monkeypatch):
    monkeypatch.setattr(live_pages, "A_PAGE", 2)
    worker(at, queues=["a", "b", "c"])
    page = viewer.get("/queues/?sort=name&page=2")
    assert rows(page) == ["c", "default"]
    assert 'href="/queues/?sort=name&amp;page=1"' in page.content.decode()
    assert rows(viewer.get("/queues/?sort=name&page=9")) == ["c", "default"]


def test_one_queue_says_what_waits_runs_and_holds(viewer, some):
    said = text(viewer.get("/queues/mail/"))
    assert "No worker takes its jobs: 2 are due." in said
    assert "-Q mail" in said
    assert "In the next hour 1 " in said
    said = text(viewer.get("/queues/pay/"))
    assert "It is paused: none of its jobs starts." in said
    assert ": the bank moves" in said
    assert "Held 1 queue" in said
    said = text(viewer.get("/queues/books/"))
    assert "What is due starts." in said
    assert "Running 1 of 5 slots" in said
    assert "w1@host ✓ alive 0 of 5" in said


def test_one_queue_has_the_last_hour_and_its_targets(viewer, at):
    when = floor(at) - 3 * MINUTE
    sampled(when, queue="mail", pending=7, overdue=3, busy=2, slots=4)
    counted(when, queue="mail", starts=30, failed=2, delays=[1, 1500])
    sampled(when, queue="other", pending=70)
    counted(when, queue="other", starts=300)
    pending(at - MINUTE, queue="mail", target="mail.send")
    for queue in ("mail", "other"):
        words = {"kind": "queue", "subject": queue, "level": "bad", "sentence": "Late."}
        Alert.objects.create(rule="late", opened_at=at, last_seen_at=at, **words)
    page = viewer.get("/queues/mail/")
    said = text(page)
    assert "demo.noop 0 0 30 2 1.50 s" in said
    assert "mail.send 1 0 0 0 —" in said
    assert "Failed starts 2 in 1 h" in said
    assert "Open alerts 1 " in said
    assert 'id="trend-failed" href="/jobs/?queue=mail&amp;state=failed,interrupted' in page.content.decode()


def test_links_of_a_queue_lead_to_its_jobs(viewer, some):
    page = viewer.get("/queues/mail/").content.decode()
    for name, count in (("tile-due", 2), ("tile-overdue", 2), ("tile-coming", 1), ("tile-running", 0)):
        link = html.unescape(re.search(f'id="{name}" href="([^"]+)"', page)[1])
        assert len(viewer.get(link).context["rows"]) == count, link


def test_the_changing_part_is_sent_when_something_has_changed(viewer, some, monkeypatch):
    monkeypatch.setattr(live_parts, "KEPT_FOR", 0)
    monkeypatch.setattr(facts, "KEPT_FOR", 0)
    for address in ("/monitor/queues/", "/monitor/queues/books/"):
        first = viewer.get(address)
        again = {"HTTP_IF_NONE_MATCH": first["ETag"]}
        assert viewer.get(address, **again).status_code == 304
        pending(some - MINUTE, queue="books")
        assert viewer.get(address, **again).status_code == 200


def test_the_past_of_all_and_of_one(viewer, at):
    when = floor(at) - 2 * HOUR
    sampled(when - HOUR)
    sampled(when, queue="mail", pending=7, overdue=3, oldest=90.0, busy=5, slots=10)
    counted(when, queue="mail", starts=30, failed=2, delays=[1, 2000])
    counted(when, queue="other", starts=300)
    moment = f"?at={when:%Y-%m-%dT%H:%MZ}"
    page = viewer.get(f"/queues/{moment}")
    said = text(page)
    assert f"You are looking at {when:%Y-%m-%d %H:%M} UTC. Go back to now" in said
    assert "mail 7 3 1 min 30 s 5 10" in said
    assert "Started a minute" not in said
    assert 'id="back-to-now" href="/queues/"' in page.content.decode()
    page = viewer.get(f"/queues/mail/{moment}")
    said = text(page)
    assert "Queue mail" in said
    assert "Started a minute 30 30 in 1 h" in said
    assert 'href="/queues/mail/?at=' in page.content.decode()
    assert "/pause/" not in page.content.decode()
    assert viewer.get("/queues/mail/?at=nonsense").status_code == 400


def test_limits_are_for_those_who_may_see_them_in_rest(viewer, some, person):
    """That it is paused, and why, is said of each of its jobs."""
    only_jobs, limits = Client(), ["3 at a time", "starts a second", "Limits"]
    only_jobs.force_login(person("view_job", name="ada"))
    assert only_jobs.get("/api/v1/limits/queue/pay/").status_code == 403
    for address in ("/queues/", "/queues/pay/", "/monitor/queues/", "/monitor/queues/pay/"):
        assert [words in text(viewer.get(address)) for words in limits] == [True] * 3
        assert [words in text(only_jobs.get(address)) for words in limits] == [False] * 3, address
    assert ": the bank moves" in text(only_jobs.get("/queues/pay/"))


@pytest.mark.parametrize("name", ["amq.x", "a b"])
def test_a_name_that_no_queue_can_have_is_not_found(viewer, name):
    assert viewer.get(f"/queues/{name}/").status_code == 404


def test_of_a_queue_that_nobody_knows_nothing_is_said_to_be_there(viewer, at):
    page = viewer.get("/queues/nobodys/")
    assert 'class="verdict warn"' in page.content.decode(), "all is well where somebody takes what comes"
    said = text(page)
    assert "Nothing is due; no worker would take it." in said
    assert "Nothing is due in the next hour" in said


@pytest.fixture
def teams(at, in_a_team):
    """Ada's team owns pay; shop owns till. Both have jobs; nobody owns mail."""
    client = in_a_team("view_job", "view_limit", "pause_limit")
    worker(at, queues=["mail", "pay", "till"])
    for queue in ("pay", "till", "mail"):
        pending(at - MINUTE, queue=queue)
        pending(at, queue=queue, holds=Hold.APPROVAL)
        running(at, queue=queue)
        Limit.objects.create(kind="queue", name=queue, concurrency=7)
        sampled(floor(at) - 2 * MINUTE, queue=queue, pending=1)
        counted(floor(at) - 2 * MINUTE, queue=queue, starts=5)
    return client


def test_a_team_sees_its_own_and_what_is_nobodys_without_others_counts(teams):
    page = teams.get("/queues/")
    assert sorted(rows(page)) == ["default", "mail", "pay"]
    said = text(page)
    assert re.search(r"pay Pause 1 1 1 min \d s 0 1 1 5 7 at a time", said), said
    assert re.search(r"mail Pause 0 0 — 0 0 0 5 —", said), "jobs of nobody are not the team's"
    assert teams.get("/queues/till/").status_code == 404
    assert teams.get("/monitor/queues/till/").status_code == 404
    assert teams.get("/queues/till/?at=2026-11-30T09:00Z").status_code == 404


def test_the_button_to_pause_is_for_those_who_may(teams, viewer):
    assert "may-pause" in teams.get("/queues/pay/").content.decode()
    assert 'class="may-pause"' not in teams.get("/queues/mail/").content.decode()
    assert "may-pause" not in viewer.get("/queues/pay/").content.decode()


def test_who_has_pressed_comes_back_to_where_he_was(teams, monkeypatch):
    monkeypatch.setattr("jobs.transitions.limits.pausing.time.sleep", lambda seconds: None)
    assert 'href="/queues/pay/"' in teams.get("/queues/pay/pause/?next=queue").content.decode()
    assert teams.post("/queues/pay/pause/?next=queue", {"reason": "x"})["Location"] == "/queues/pay/"
    assert teams.post("/queues/pay/resume/?next=queues", {"reason": "x"})["Location"] == "/queues/"
    assert teams.post("/queues/pay/pause/?next=https://example.com/", {"reason": "x"})["Location"] == "/"


def test_who_has_paused_a_queue_sees_it_at_once(teams, monkeypatch):
    monkeypatch.setattr("jobs.transitions.limits.pausing.time.sleep", lambda seconds: None)
    for module in (live_parts, facts):
        monkeypatch.setattr(module, "KEPT_FOR", 600)
    assert "Paused since" not in text(teams.get("/queues/pay/"))
    teams.post("/queues/pay/pause/?next=queue", {"reason": "the bank moves"})
    assert ": the bank moves" in text(teams.get("/queues/pay/"))


def test_twenty_viewers_cost_as_one(viewer, some, django_assert_num_queries, monkeypatch):
    for module in (live_parts, facts, trends):
        monkeypatch.setattr(module, "KEPT_FOR", 600)  # however slow the machine is
    monkeypatch.setattr(one, "FIGURES_KEPT_FOR", 600)
    # Session, user, two for the permissions, the teams; what is due and runs, busy slots, workers, limits, names of queues
    # with samples, what is held, the hour of each queue.
    with django_assert_num_queries(12):
        viewer.get("/queues/")
    # The five of who asks; what holds its jobs, alerts, its targets; of its hour the limits of objectives, the points,
    # missed, skipped, samples, the samples once more by name, jobs and schedules of the plan, how long bodies take, and
    # since when there are figures.
    with django_assert_num_queries(5 + 3 + 10):
        viewer.get("/queues/pay/")
    with django_assert_num_queries(20 * 2 * 5):  # who asks is looked up for each
        for _ in range(20):
            viewer.get("/queues/")
            viewer.get("/queues/pay/")
    with django_assert_num_queries(5):  # once, then not for half a minute
        for _ in range(20):
            viewer.get("/monitor/queues/")
            viewer.get("/monitor/queues/pay/")
