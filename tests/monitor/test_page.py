"""`/` and its changing part: who may look, what it costs, what it says."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import OperationalError, connection

from jobs.monitor import cached_page
from jobs.states import State
from tests.monitor.rows import ended, leader, pending, running, worker

pytestmark = pytest.mark.django_db


def text(response) -> str:
    return response.content.decode()


def read(page: str) -> str:
    """Return a page without its tags."""
    return re.sub("<[^>]+>", "", page)


def test_a_stranger_is_sent_to_the_login_and_back(client):
    response = client.get("/")
    assert response.status_code == 302
    assert response["Location"] == "/login/?next=/"


def test_without_the_permission_it_says_which_one_is_missing(client, person):
    client.force_login(person())
    response = client.get("/")
    assert response.status_code == 403
    assert "jobs.view_job" in text(response)


def test_an_empty_installation_is_told_what_to_do(viewer):
    page = text(viewer.get("/"))
    for remedy in ("celery -A project beat", "celery -A project worker", 'href="/jobs/new/"'):
        assert remedy in page


def test_it_shows_workers_jobs_queues_and_the_leader(viewer, at):
    session = worker(at).session
    leader(at)
    running(at, session=session, name="busy one")
    pending(at + timedelta(seconds=30), name="next one")
    ended(at, name="last one")
    page = text(viewer.get("/"))
    for shown in ("w1@host", "1 of 5", "busy one", "next one", "last one", "beat@host:1", "0.50", "All well: 1 worker"):
        assert shown in page


def test_interrupted_jobs_are_listed_with_what_to_do(viewer, at):
    worker(at)
    leader(at)
    jobs = [ended(at - timedelta(days=n), State.INTERRUPTED, name=f"lost {n}") for n in range(11)]
    page = text(viewer.get("/"))
    assert f"11 jobs were interrupted and wait for a decision: {jobs[0].pk} (lost 0)" in read(page)
    assert "the latest 10 of 11" in page
    assert f'id="interrupted-link-{jobs[9].pk}"' in page


def test_what_a_job_is_called_is_escaped(viewer, at):
    pending(at + timedelta(seconds=30), name="<script>alert(1)</script>")
    assert "<script>alert" not in text(viewer.get("/"))


def test_without_javascript_the_page_loads_itself_again_unless_paused(viewer):
    assert '<noscript><meta http-equiv="refresh"' in text(viewer.get("/"))
    paused = text(viewer.get("/?paused=1"))
    assert 'http-equiv="refresh"' not in paused
    assert "hx-get" not in paused


def test_a_database_that_is_away_is_said_plainly(viewer, monkeypatch):
    def away(*args):
        raise OperationalError("gone")

    monkeypatch.setattr(cached_page, "_take", away)
    response = viewer.get("/")
    assert response.status_code == 503
    assert "The database does not answer" in text(response)
    assert viewer.get("/monitor/live/").status_code == 503


@pytest.mark.parametrize("jobs", [1, 30])
def test_the_page_costs_the_same_with_few_and_many_jobs(viewer, at, jobs, django_assert_num_queries):
    leader(at)
    for n in range(jobs):
        worker(at, f"w{n}@host")
        running(at)
        pending(at + timedelta(seconds=30 + n))
        pending(at - timedelta(seconds=30 + n))
        ended(at - timedelta(seconds=n))
        ended(at - timedelta(seconds=n), State.FAILED)
    # Session, user, two for the permissions, the teams; then the snapshot: busy slots, workers, backlog, figures, failed,
    # interrupted, running, due next, overdue, recent, count of running, leadership, what is held, what is paused, whether
    # a restore holds everything, stops, and open alerts; every 10 s since when there are figures, objectives, points, missed
    # runs, skipped jobs, samples of all and of each queue, what is due in the next hour, schedules, and how long
    # bodies took.
    with django_assert_num_queries(32):
        viewer.get("/")


def test_what_was_not_read_to_its_end_says_so(viewer, at):
    leader(at)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO jobs_job (target, payload, run_at, queue) SELECT 'demo.noop', '{}', %(at)s + interval '1 min', 'q' || i %% 2"
            " FROM generate_series(1, 10002) i",
            {"at": at},
        )
        cursor.execute(
            "INSERT INTO jobs_job (target, payload, run_at, state, attempt, locked_at, execute_at, finished_at)"
            " SELECT 'demo.noop', '{}', %(at)s, 2 + i %% 2, 1, %(at)s, %(at)s, %(at)s FROM generate_series(1, 10000) i",
            {"at": at},
        )
    page = text(viewer.get("/"))
    assert ">over 10,000<" in page
    assert len(re.findall(">5,00[01]</td>", page)) == 2
    assert "Queues how many of the first 10,000 pending jobs are theirs, the overdue first" in read(page)
    assert "<dt>Started, last 10,000</dt>" in page
    assert "5,000 jobs have failed among the last 10,000 that ended." in read(page)


def test_fifty_viewers_cost_the_database_no_more_than_one(viewer, at, django_assert_num_queries, monkeypatch):
    monkeypatch.setattr(cached_page, "KEPT_FOR", 600)  # however slow the machine is
    monkeypatch.setattr("jobs.monitor.access.MAY_LOOK_FOR", 600)
    viewer.get("/monitor/live/")
    with django_assert_num_queries(0):  # the picture and the right to look are both kept
        for _ in range(50):
            assert viewer.get("/monitor/live/").status_code == 200


def test_unchanged_facts_are_not_sent_again(viewer, at):
    worker(at)
    first = viewer.get("/monitor/live/")
    cache.delete(cached_page.KEY)
    again = viewer.get("/monitor/live/", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert again.content == b""
    assert viewer.get("/monitor/live/", headers={"If-None-Match": f"W/{first['ETag']}"}).status_code == 304


def test_changed_facts_are_sent(viewer, at):
    first = viewer.get("/monitor/live/")
    pending(at + timedelta(seconds=30), name="fresh")
    cache.delete(cached_page.KEY)
    again = viewer.get("/monitor/live/", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 200
    assert "fresh" in text(again)


def test_one_whose_session_has_ended_is_sent_to_the_login(client):
    response = client.get("/monitor/live/")
    assert response.status_code == 401
    assert response["HX-Redirect"] == "/"


def test_one_who_may_not_look_gets_no_picture(client, person):
    client.force_login(person())
    assert client.get("/monitor/live/").status_code == 401
