"""`/workers/` and `/workers/<name>/`: what they say, to whom, and what it costs."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from jobs.models import Job
from jobs.monitor import live_pages, live_parts
from jobs.monitor.overview import trends
from jobs.monitor.worker_pages import facts, past
from tests.monitor.overview.rows import floor, sampled
from tests.monitor.reading import text
from tests.monitor.rows import SECOND, ended, running, worker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped_clock")]
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def names(response) -> list[str]:
    return re.findall(r'id="worker-[0-9a-f-]{36}" href="/workers/([^/]+)/"', response.content.decode())


@pytest.fixture
def some(at):
    """One lives and runs a job, one is drained, one is silent, one vanished, one ended; one did so long ago."""
    lives = worker(at, "lives@host", cpu=12.4, memory=40.0, load=0.53, gpu=70.0, gpu_memory=30.0, offset_ms=0.25)
    worker(at, "drained@host", refusing="drained by ada: disk", drained_at=at, queues=["mail"])
    worker(at, "silent@host", silent=14 * SECOND)
    worker(at, "gone@host", silent=10 * MINUTE, gone_at=at - 9 * MINUTE)
    worker(at, "ended@host", silent=30 * MINUTE, stopped_at=at - 30 * MINUTE, gone_at=at - 30 * MINUTE)
    worker(at, "long-ago@host", silent=3 * HOUR, stopped_at=at - 3 * HOUR, gone_at=at - 3 * HOUR)
    running(at, session=lives.session, name="the books", key="books-7", target="demo.sleep")
    return lives


def test_what_is_wrong_comes_first_and_who_has_left_is_shown_for_an_hour(viewer, some):
    page = viewer.get("/workers/")
    assert names(page) == [f"{name}@host" for name in ("silent", "drained", "gone", "lives", "ended")]
    said = text(page)
    assert "5 workers, what is wrong first; 1 of 10 slots are taken in all." in said
    assert re.search(
        r"lives@host Drain ✓ alive 1 of 5 \d s 12 %, 40 %, 0.5, GPU 70 % 0.25 — — threads default", said
    ), said
    assert re.search(r"gone@host left 9 min \d s ago ✕ gone", said), said
    assert "drained@host drained by ada: disk Resume ‖ drained" in said


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("q=LIV", ["lives"]),
        ("look=gone", ["gone"]),
        ("queue=mail", ["drained"]),
        ("look=full", []),
    ],
)
def test_its_address_says_who_is_shown(viewer, some, query, shown):
    for address in ("/workers/", "/monitor/workers/"):
        assert names(viewer.get(f"{address}?{query}")) == [f"{name}@host" for name in shown]


def test_what_it_does_not_know_is_refused_with_a_sentence(viewer):
    answer = viewer.get("/workers/?look=ill")
    assert answer.status_code == 400
    assert "look: Give one of alive, silent" in text(answer)


def test_many_workers_come_in_pages(viewer, at, monkeypatch):
    monkeypatch.setattr(live_pages, "A_PAGE", 2)
    for n in range(3):
        worker(at, f"w{n}@host")
    page = viewer.get("/workers/?page=2")
    assert names(page) == ["w2@host"]
    assert 'href="/workers/?page=1"' in page.content.decode()


def test_without_a_worker_it_says_how_to_start_one(viewer, at):
    assert "No worker is alive: start one with celery -A project worker" in text(viewer.get("/workers/"))


def test_one_worker_says_how_it_is_and_what_it_runs(viewer, some):
    said = text(viewer.get("/workers/lives@host/"))
    assert "It takes jobs. Drain" in said
    assert re.search(r"Running now 1 of 5 slots are taken Job .* \(the books\) demo.sleep books-7 \d\d:\d\d:\d\d", said)
    assert "Processor 12 % Memory 40 % Load, a core 0.5 GPU 70 %, its memory 30 %" in said
    assert "Clock 0.25 ms behind the database's" in said
    said = text(viewer.get("/workers/gone@host/"))
    assert re.search(r"It vanished: last heard of 10 min \d s ago\.", said)
    assert "Nothing: it has left." in said
    assert "It takes no jobs: drained by ada: disk. Resume" in text(viewer.get("/workers/drained@host/"))


def test_a_job_that_is_armed_says_when_it_starts(viewer, some, at):
    job = running(at, session=some.session, name="armed")
    job.attempts.update(run_at=at + HOUR - SECOND)
    assert "starts in 59 min" in text(viewer.get("/workers/lives@host/"))


def test_lives_of_one_name_stand_below_the_one_that_counts(viewer, at):
    worker(at, "w@host", silent=20 * MINUTE, gone_at=at - 19 * MINUTE)
    lives = worker(at, "w@host")
    page = viewer.get("/workers/w@host/")
    said = text(page)
    assert "It takes jobs." in said
    assert f"Session {lives.session}" in said
    assert re.search(r"Others of this name of the last hour .* ✕ gone", said)


def test_a_name_that_nobody_has_or_had_long_ago_is_not_found(viewer, some):
    for name in ("nobody@host", "long-ago@host"):
        assert viewer.get(f"/workers/{name}/").status_code == 404
        assert viewer.get(f"/monitor/workers/{name}/").status_code == 404


def test_the_changing_part_is_sent_when_something_has_changed(viewer, some, at, monkeypatch):
    monkeypatch.setattr(live_parts, "KEPT_FOR", 0)
    monkeypatch.setattr(facts, "KEPT_FOR", 0)
    for address in ("/monitor/workers/", "/monitor/workers/lives@host/"):
        first = viewer.get(address)
        again = {"HTTP_IF_NONE_MATCH": first["ETag"]}
        assert viewer.get(address, **again).status_code == 304
        running(at, session=some.session)
        assert viewer.get(address, **again).status_code == 200


@pytest.fixture
def member(in_a_team):
    """Ada may drain, and is in a team: workers run the jobs of all."""
    return in_a_team("view_job", "control_job")


def test_a_team_sees_its_jobs_and_how_many_slots_others_have(member, at):
    there = worker(at, queues=["pay", "till"])
    running(at, session=there.session, queue="pay", name="salaries")
    running(at, session=there.session, queue="till", name="the till")
    page = member.get("/workers/w1@host/")
    said = text(page)
    assert "2 of 5 slots are taken; 1 by jobs that are not shown to you here" in said
    assert "salaries" in said
    assert "the till" not in said
    assert "/queues/till/" not in page.content.decode()
    assert "/queues/till/" not in member.get("/workers/").content.decode()
    assert "may-drain" not in page.content.decode()


def test_only_others_jobs_are_a_number(member, at):
    there = worker(at)
    running(at, session=there.session, queue="till")
    assert "1 of 5 slots are taken, by jobs that are not shown to you." in text(member.get("/workers/w1@host/"))


def test_the_button_to_drain_is_for_those_who_may(client, person, some):
    for rights, may in ((("view_job",), False), (("view_job", "control_job"), True)):
        client.force_login(person(*rights, name=f"with-{len(rights)}"))
        for address in ("/workers/", "/workers/lives@host/"):
            assert ("may-drain" in client.get(address).content.decode()) is may


def test_who_has_pressed_comes_back_to_the_worker(client, person, some):
    client.force_login(person("view_job", "control_job"))
    one = f"/workers/{some.session}"
    assert client.post(f"{one}/drain/?next=worker", {"reason": "x"})["Location"] == "/workers/lives@host/"
    assert client.post(f"{one}/resume/?next=workers")["Location"] == "/workers/"
    assert client.post(f"{one}/drain/?next=//example.com", {"reason": "x"})["Location"] == "/"


def test_twenty_viewers_cost_as_one(viewer, some, django_assert_num_queries, monkeypatch):
    for module in (live_parts, facts):
        monkeypatch.setattr(module, "KEPT_FOR", 600)  # however slow the machine is
    # Session, user, two for the permissions, the teams; busy slots, and the workers.
    with django_assert_num_queries(7):
        viewer.get("/workers/")
    # The five of who asks, and the starts that it holds.
    with django_assert_num_queries(6):
        viewer.get("/workers/lives@host/")
    with django_assert_num_queries(20 * 2 * 5):  # who asks is looked up for each
        for _ in range(20):
            viewer.get("/workers/")
            viewer.get("/workers/lives@host/")
    with django_assert_num_queries(5):  # once, then not for half a minute
        for _ in range(20):
            viewer.get("/monitor/workers/")
            viewer.get("/monitor/workers/lives@host/")


@pytest.fixture
def with_an_hour(at):
    """A worker that has counted its last hour, in two lives, and one of a release before."""
    until = floor(at) - MINUTE
    early = until - 30 * MINUTE
    worker(
        at,
        "w@host",
        silent=at - early,
        stopped_at=early,
        gone_at=early,
        started_at=early - HOUR,
        minutes_until=early,
        minute_starts=[600, 300],
        minute_use=[100, 50],
    )
    lives = worker(
        at,
        "w@host",
        started_at=early,
        versions={"RunAt": "0.1.0", "Celery": "5.6.0", "Python": "3.11.9"},
        waiting=12,
        minutes_until=until,
        minute_starts=[None, 120, 60],
        minute_use=[None, 80, 40],
    )
    worker(at, "before@host")
    return lives


def test_a_worker_has_its_last_hour_its_versions_and_what_it_holds(viewer, with_an_hour):
    said = text(viewer.get("/workers/w@host/"))
    assert "Versions Celery 5.6.0, Python 3.11.9, RunAt 0.1.0, time zones not known" in said
    assert "Waiting 12 jobs that it holds for their time" in said
    assert re.search(r"Started a second (—|1) 1,080 in 1 h Starts a minute, .*: 60 to 600, which was at", said), said
    assert re.search(r"Use of slots (—|40 %) 0 of 5 taken now", said), said
    said = text(viewer.get("/workers/before@host/"))
    assert "Versions not known, time zones not known" in said
    assert "Waiting not known" in said
    assert "Started a second — " in said


def test_the_list_has_the_use_of_each(viewer, with_an_hour):
    said = text(viewer.get("/workers/?q=w@"))
    assert re.search(r"12 Use of the slots of w@host, [^:]*:\d\d to [^:]*:\d\d UTC: 40 % to 80 %", said), said


def test_who_was_there_at_a_moment(viewer, with_an_hour, at):
    sampled(floor(at) - 3 * HOUR)
    when = with_an_hour.started_at - 1.5 * MINUTE
    page = viewer.get(f"/workers/?at={when:%Y-%m-%dT%H:%MZ}")
    said = text(page)
    assert "You are looking at" in said
    assert "how its machine was is not kept" in said
    assert re.search(r"Workers that were there 2 .* w@host 5 100 % 600 ", said), said
    assert re.search(r"before@host 5 — — .* it is there threads default", said), said
    assert 'id="back-to-now" href="/workers/"' in page.content.decode()
    assert "/drain/" not in page.content.decode()
    assert "Workers that were there None." in text(viewer.get(f"/workers/?at={at - 2 * HOUR:%Y-%m-%dT%H:%MZ}"))
    assert viewer.get("/workers/?at=nonsense").status_code == 400


def test_what_a_worker_ran_at_a_moment(viewer, with_an_hour, at):
    sampled(floor(at) - 3 * HOUR)
    when = floor(at) - 10 * MINUTE
    for name, end, session in (
        ("ran then", when + SECOND, with_an_hour.session),
        ("had ended", when - SECOND, with_an_hour.session),
        ("elsewhere", when + SECOND, None),
    ):
        job = ended(end, name=name, took=5 * SECOND if end > when else SECOND)
        if session:
            job.attempts.update(session=session)
    still = running(at, session=with_an_hour.session, name="still runs")
    Job.objects.filter(pk=still.pk).update(run_at=when - MINUTE)
    still.attempts.update(locked_at=when - MINUTE)
    said = text(viewer.get(f"/workers/w@host/?at={when:%Y-%m-%dT%H:%MZ}"))
    assert "ran then" in said
    assert re.search(r"\(still runs\) demo.noop .* it runs", said)
    assert "had ended" not in said
    assert "elsewhere" not in said
    said = text(viewer.get(f"/workers/nobody@host/?at={when:%Y-%m-%dT%H:%MZ}"))
    assert "It was not there at that moment." in said


def test_the_past_costs_three_statements_beside_who_asks(
    viewer, with_an_hour, at, django_assert_num_queries, monkeypatch
):
    for module in (past, trends):
        monkeypatch.setattr(module, "KEPT_FOR", 600)  # however slow the machine is
    sampled(floor(at) - 3 * HOUR)
    address = f"/workers/w@host/?at={floor(at) - 10 * MINUTE:%Y-%m-%dT%H:%MZ}"
    # Session, user, two for the permissions, the teams; since when there are figures, who was there, what ran.
    with django_assert_num_queries(8):
        viewer.get(address)
    with django_assert_num_queries(5 * 2):  # who asks is looked up for each
        for _ in range(2):
            viewer.get(address)
