"""Workers that live and take no jobs: what the monitor makes of them."""

from __future__ import annotations

import pytest

from jobs.monitor import broker, snapshot, workers
from jobs.monitor.verdict import judge
from jobs.nodes.cache import Vitals
from jobs.nodes.metrics import Reading
from tests.monitor.rows import SECOND, leader, pending, worker

pytestmark = pytest.mark.django_db

FULL = "memory 97 % is over JOBS_NODE_MAX_MEMORY=95"


def take(at):
    leader(at)
    return snapshot.take(at, broker.client.depths)


def said(at):
    return [(problem.level, problem.what) for problem in judge(take(at)).problems]


def test_one_of_several_is_noted_with_its_reason_and_its_slots_do_not_count(at):
    worker(at, "a@host")
    worker(at, "b@host", refusing=FULL)
    seen = take(at)
    assert (seen.slots, seen.queues[0].slots) == (5, 5)
    assert said(at) == [("warn", "Worker b@host refuses jobs.")]
    assert FULL in judge(seen).problems[0].remedy


def test_a_drained_one_is_noted_too(at):
    worker(at, "a@host")
    worker(at, "b@host", refusing="drained by ada: x", drained_at=at)
    assert said(at) == [("warn", "Worker b@host is drained.")]


def test_with_all_of_them_nothing_starts(at):
    worker(at, refusing=FULL)
    pending(at + SECOND)
    pending(at - 5 * SECOND)
    problems = judge(take(at)).problems
    assert (problems[0].level, problems[0].what) == ("bad", "All workers refuse jobs: none will start.")
    assert FULL in problems[0].remedy
    assert "No worker is alive" not in str(problems)
    assert "No worker takes from" not in str(problems), "once is enough"


def test_the_page_says_it_and_shows_the_machine(client, person, at):
    worker(at, "a@host", cpu=12.4, memory=96.6, load=0.44, refusing=FULL)
    worker(at, "b@host", refusing="drained by ada: x", drained_at=at)
    leader(at)
    client.force_login(person("view_job"))
    page = client.get("/").content.decode()
    assert FULL in page
    assert "12 %, 97 %, 0.4" in page
    assert ">drained<" in page
    assert ">full<" in page


def test_one_that_has_left_refuses_nothing_any_more(at):
    worker(at, "a@host")
    worker(at, "b@host", refusing=FULL, stopped_at=at)
    assert said(at) == []
    assert [line.look for line in take(at).workers] == ["alive", "stopped"]


def test_the_cached_reading_is_shown_where_it_is_fresher(at, monkeypatch):
    one = worker(at, memory=10.0)
    cached = {one.session: Vitals(at.timestamp(), Reading(memory=97.0), refusing=FULL)}
    monkeypatch.setattr(workers.cache, "read", lambda sessions: cached)
    assert (take(at).workers[0].reading.memory, take(at).workers[0].refusing) == (97, FULL)
