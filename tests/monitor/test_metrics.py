"""`/metrics` of web: who may read it, what it says, and what that costs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client.openmetrics import parser as open_parser
from prometheus_client.parser import text_string_to_metric_families as parsed

from jobs.lateness import LateCause
from jobs.metrics.bounds import MOST
from jobs.metrics.table import BY_NAME, OF_WEB
from jobs.models import Job, Leadership, Limit, Objective, Stop, Team, Worker
from jobs.monitor import figures, late_figures
from jobs.monitor.workers import worker_lines
from jobs.states import State
from tests.admin.schedule_rows import schedule
from tests.api.conftest import bearer
from tests.monitor.rows import pending, running
from tests.rollups import steps

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def scrape(settings):
    """The samples as a scraper from an allowed address has them: by name and the values of their labels."""
    settings.JOBS_METRICS_ALLOW = ["127.0.0.0/8"]

    def ask():
        cache.clear()
        answer = Client().get("/metrics")
        assert answer.status_code == 200, answer.content
        samples = [sample for family in parsed(answer.content.decode()) for sample in family.samples]
        return {(one.name, *(one.labels[label] for label in BY_NAME[one.name].labels)): one.value for one in samples}

    return ask


def ended(at, seconds, number=1, **fields):
    for _ in range(number):
        job = Job.objects.create(target="demo.noop", payload={}, run_at=at - 60 * SECOND)
        Job.objects.filter(pk=job.pk).update(
            state=State.COMPLETED,
            locked_at=at - 60 * SECOND,
            execute_at=at - 50 * SECOND,
            finished_at=at - 50 * SECOND + seconds * SECOND,
            attempt=1,
            **fields,
        )


class TestWhoMayRead:
    def test_a_token_that_sees_all_jobs(self, person):
        answer = bearer(person("view_job")).get("/metrics")
        assert answer.status_code == 200
        assert answer["Content-Type"].startswith("text/plain; version=")
        assert answer["Cache-Control"] == "no-store"

    def test_a_person_who_sees_all_jobs(self, viewer):
        assert viewer.get("/metrics").status_code == 200

    def test_nobody_else(self, person):
        assert Client().get("/metrics").status_code == 401
        answer = bearer(person("add_job")).get("/metrics")
        assert answer.status_code == 403
        assert "jobs.view_job" in answer.json()["detail"]

    def test_not_who_sees_the_jobs_of_some_teams(self, person):
        user = person("view_job")
        Team.objects.create(name="theirs")
        answer = bearer(user).get("/metrics")
        assert answer.status_code == 403
        assert "jobs.all_teams" in answer.json()["detail"]
        user.user_permissions.add(Permission.objects.get(codename="all_teams"))
        assert bearer(user).get("/metrics").status_code == 200

    def test_an_address_that_is_allowed(self, settings):
        settings.JOBS_METRICS_ALLOW = ["10.1.0.0/16"]
        assert Client(REMOTE_ADDR="10.1.2.3").get("/metrics").status_code == 200
        assert Client(REMOTE_ADDR="10.2.2.3").get("/metrics").status_code == 401

    def test_an_address_that_a_proxy_tells_only_where_the_proxy_is_named(self, settings):
        settings.JOBS_METRICS_ALLOW = ["127.0.0.1", "10.1.0.0/16"]
        through_proxy = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "10.1.2.3"}
        assert Client(**through_proxy).get("/metrics").status_code == 401
        settings.JOBS_PROXIES = ["127.0.0.1"]
        assert Client(**through_proxy).get("/metrics").status_code == 200
        outside = through_proxy | {"HTTP_X_FORWARDED_FOR": "10.1.2.3, 192.0.2.7"}
        assert Client(**outside).get("/metrics").status_code == 401


def test_all_that_the_table_has_and_nothing_else(scrape, at):
    ended(at, 1)
    Objective.objects.create(kind="queue", name="mail", share=99.9, within_ms=1000)
    assert {name for name, *_ in scrape()} == {metric.name for metric in OF_WEB}


def test_openmetrics_for_who_asks_for_it(settings, at):
    settings.JOBS_METRICS_ALLOW = ["127.0.0.1"]
    accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
    answer = Client(headers={"Accept": accept}).get("/metrics")
    assert answer["Content-Type"].startswith("application/openmetrics-text")
    found = {one.name for one in open_parser.text_string_to_metric_families(answer.content.decode())}
    assert found == {metric.name for metric in OF_WEB}


def test_what_is_due_and_planned(scrape, at):
    pending(at - 90 * SECOND, queue="pay")
    pending(at - SECOND / 2, queue="pay")
    pending(at + 30 * SECOND, queue="pay")
    pending(at + 200 * SECOND, queue="pay")
    pending(at + 7200 * SECOND, queue="pay")
    Job.objects.create(target="demo.noop", payload={}, run_at=at - SECOND, queue="pay", holds=1)
    found = scrape()
    assert found["runat_jobs_due", "pay"] == 2
    assert found["runat_jobs_overdue", "pay"] in (1, 2)  # the second may be a second old by now
    assert 90 <= found["runat_oldest_due_age_seconds", "pay"] < 190
    windows = {window: found["runat_planned_starts", "pay", window] for window in ("1m", "5m", "15m", "60m")}
    assert windows == {"1m": 3, "5m": 4, "15m": 4, "60m": 4}
    assert found["runat_jobs_due", "default"] == 0
    assert sum(value for (name, *_), value in found.items() if name == "runat_jobs_held") >= 1


def test_slots_needed_by_the_known_durations(scrape, at):
    """Nineteen took a second, one forty: the mean is 2.95 s, and the 95th percentile a second, within 11 %."""
    ended(at, 1, 19)
    ended(at, 40)
    steps.add(at - 7200 * SECOND)
    for took in (*[1] * 19, 40):
        steps.ended(at - 3600 * SECOND, took=took)
    steps.add(at)
    for _ in range(20):
        pending(at + 600 * SECOND)
    found = scrape()
    assert found["runat_target_duration_seconds", "demo.noop", "mean"] == pytest.approx(2.95)
    assert found["runat_target_duration_seconds", "demo.noop", "p95"] == pytest.approx(1.0)
    assert found["runat_slots_needed", "default", "15m", "mean"] == pytest.approx(5.9)
    assert found["runat_slots_needed", "default", "15m", "p95"] == pytest.approx(2.0, rel=0.11)
    assert found["runat_slots_needed", "default", "5m", "p95"] == 0


def test_later_times_of_schedules_are_planned_too(scrape, at):
    """Each ten minutes: the next one is a job, the others have none yet."""
    schedule(expression="10 minutes", now=at, dialect="interval")
    found = scrape()
    windows = {window: found["runat_planned_starts", "default", window] for window in ("5m", "60m")}
    assert windows["60m"] >= 5
    assert windows["5m"] <= 1
    assert found["runat_slots_needed", "default", "60m", "p95"] == pytest.approx(0.1), "a second each"


def test_a_job_that_a_person_has_confirmed_says_nothing_of_durations(scrape, at):
    ended(at, 1)
    ended(at, 40, reason="ada saw it")
    assert scrape()["runat_target_duration_seconds", "demo.noop", "mean"] == pytest.approx(1.0)


def test_workers_and_slots(scrape, at):
    some = {"pid": 1, "pool": "thread", "started_at": at - 60 * SECOND}
    Worker.objects.create(name="a", slots=5, queues=["default", "pay"], heartbeat_at=at, offset_ms=-300, **some)
    Worker.objects.create(name="b", slots=3, queues=["pay"], heartbeat_at=at, offset_ms=20, **some)
    Worker.objects.create(name="c", slots=9, queues=["pay"], heartbeat_at=at, refusing="drained", drained_at=at, **some)
    Worker.objects.create(name="d", slots=9, queues=["pay"], heartbeat_at=at - 60 * SECOND, offset_ms=9e9, **some)
    pending(at, queue="lonely")
    found = scrape()
    assert (found["runat_slots", "default"], found["runat_slots", "pay"], found["runat_slots", "lonely"]) == (5, 8, 0)
    assert found["runat_worker_slots",] == 8
    assert found["runat_clock_offset_max_seconds",] == pytest.approx(0.3)
    looks = {name: found["runat_workers", name] for name in ("alive", "drained", "gone", "silent", "stopped", "full")}
    assert looks == {"alive": 2, "drained": 1, "gone": 1, "silent": 0, "stopped": 0, "full": 0}


def test_the_leader(scrape, at):
    found = scrape()
    assert (found["runat_leader",], found["runat_leader_listed_age_seconds",]) == (0, -1)
    Leadership.objects.create(
        holder="beat", epoch=7, elected_at=at - 60 * SECOND, listed_at=at - 8 * SECOND, listed=3, published_at=None
    )
    found = scrape()
    assert (found["runat_leader",], found["runat_leader_epoch",], found["runat_leader_listed",]) == (1, 7, 3)
    assert found["runat_leader_listed_age_seconds",] >= 8
    assert found["runat_leader_unpublished",] == 1


def test_what_stands_in_the_way(scrape, at):
    before = scrape()
    Limit.objects.create(kind="queue", name="pay", paused_at=at)
    Stop.objects.create(begins_at=at - SECOND, reason="fire", created_at=at)
    Stop.objects.create(begins_at=at + 60 * SECOND, reason="drill", created_at=at)
    Job.objects.create(target="demo.noop", payload={}, run_at=at, locked_at=at, state=State.RUNNING, attempt=1)
    found = scrape()
    changed = {key: value - before[key] for key, value in found.items() if key in before and value != before[key]}
    for key in list(changed):
        if key[0] not in ("runat_limits_paused", "runat_stops", "runat_jobs_running"):
            changed.pop(key)
    assert changed == {
        ("runat_limits_paused", "queue"): 1,
        ("runat_stops", "in force"): 1,
        ("runat_stops", "planned"): 1,
        ("runat_jobs_running", "default"): 1,
    }


def test_what_runs_and_holds_is_counted_by_queue_session_and_cause(scrape, at):
    lives = [
        Worker.objects.create(name=name, pid=1, pool="threads", slots=5, queues=["pay"], heartbeat_at=at)
        for name in "ab"
    ]
    for life, queue in ((lives[0], "pay"), (lives[0], "pay"), (lives[1], "mail")):
        running(at, queue=queue, session=life.session)
    for holds in (1, 8, 24):
        Job.objects.create(target="demo.noop", payload={}, run_at=at, holds=holds)
    found = scrape()
    assert (found["runat_jobs_running", "pay"], found["runat_jobs_running", "mail"]) == (2, 1)
    assert found["runat_worker_slots_busy",] == 3
    held = {key[1]: value for key, value in found.items() if key[0] == "runat_jobs_held" and value}
    assert held == {"approval": 1, "key": 2, "queue": 1}
    busy = {line.name: line.busy for line in worker_lines(at, Job.objects.standing(at).busy)}
    assert busy == {"a": 2, "b": 1}
    assert busy == {line.name: line.busy for line in worker_lines(at)}


def test_queues_beyond_the_bound_are_one(scrape, at):
    for number in range(MOST + 20):
        pending(at - 10 * SECOND, queue=f"q{number}")
    found = scrape()
    due = {key[1]: value for key, value in found.items() if key[0] == "runat_jobs_due"}
    assert len(due) == MOST + 1
    assert due["other"] == 21
    assert sum(due.values()) == MOST + 20


def test_what_was_not_looked_at_is_said(scrape, at, monkeypatch):
    for _ in range(3):
        pending(at + 10 * SECOND)
    assert scrape()["runat_figures_cut",] == 0
    for module in (figures, __import__("jobs.forecast.soon", fromlist=["x"])):
        monkeypatch.setattr(module, "MOST_SOON", 2)
    found = scrape()
    assert (found["runat_figures_cut",], found["runat_planned_starts", "default", "1m"]) == (1, 2)


def test_many_scrapes_cost_the_database_a_few_statements(settings, at):
    """What runs, what stands in the way, and the leader; workers; what is ahead; whether the leader's lock is held, since
    none has listed. More rarely schedules, of which none comes, durations, and what was late: how far back it can be looked for, who may have been by
    which objectives, runs and jobs that were missed; the objectives."""
    settings.JOBS_METRICS_ALLOW = ["127.0.0.1"]
    cache.clear()
    with CaptureQueriesContext(connection) as asked:
        for _ in range(3):
            assert Client().get("/metrics").status_code == 200
    assert len(asked) == 4 + 8, [one["sql"][:80] for one in asked]
    cache.delete(figures.KEY)
    with CaptureQueriesContext(connection) as asked:
        assert Client().get("/metrics").status_code == 200
    assert len(asked) == 4, [one["sql"][:80] for one in asked]


def test_late_and_missed_are_counted_of_the_last_minutes_and_say_what_was_not_looked_at(scrape, at, monkeypatch):
    ended(at, 1, 2)
    pending(at - 1000 * SECOND)
    Job.objects.create(target="demo.noop", payload={}, run_at=at, state=State.SKIPPED, finished_at=at, reason="?")
    found = scrape()
    late = {key[1]: value for key, value in found.items() if key[0] == "runat_jobs_late"}
    assert set(late) == set(LateCause.values)
    assert sum(late.values()) == 2, "one has been due for longer"
    assert (found["runat_jobs_missed", "other"], found["runat_late_cut",]) == (1, 0)
    monkeypatch.setattr(late_figures, "MOST", 1)
    found = scrape()
    assert sum(value for key, value in found.items() if key[0] == "runat_jobs_late") == 1
    assert found["runat_late_cut",] == 1
