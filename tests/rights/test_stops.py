"""Who has not all teams stops nobody else's jobs, queues or workers, whatever permissions he has."""

import pytest
from django.test import Client

from jobs.models import Limit, Stop
from jobs.transitions import stops
from jobs.transitions.limits import pausing
from tests.api.conftest import bearer
from tests.monitor.rows import worker

JSON = {"content_type": "application/json"}
RIGHTS = ("jobs.stop_everything", "jobs.pause_limit", "jobs.control_job")


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    for module in (stops, pausing):
        monkeypatch.setattr(module.time, "sleep", lambda seconds: None)


@pytest.fixture
def member(make_user, make_team):
    ada = make_user("ada", "viewer", *RIGHTS)
    make_team("payroll", ada, queues=["payroll"])
    return ada


@pytest.fixture
def browser(member):
    client = Client()
    client.force_login(member)
    return client


def test_a_stop_is_for_those_who_reach_all(member, browser, make_user):
    for refused in (
        bearer(member).post("/api/v1/stops/", {"reason": "x"}, **JSON),
        browser.post("/stop/", {"reason": "x"}),
        browser.post("/stop/1/go-on/"),
    ):
        assert refused.status_code == 403
        assert "belongs to no team of yours" in refused.content.decode()
    assert not Stop.objects.exists()
    assert 'id="stop-everything"' not in browser.get("/stop/").content.decode()
    assert bearer(member).get("/api/v1/stops/").status_code == 200
    assert bearer(make_user("bob", "operator")).post("/api/v1/stops/", {"reason": "x"}, **JSON).status_code == 201


def test_a_queue_is_paused_by_its_team(browser):
    assert browser.post("/queues/payroll/pause/").status_code == 302
    assert Limit.objects.get().name == "payroll"
    assert browser.post("/queues/default/pause/").status_code == 403
    assert browser.post("/queues/default/resume/").status_code == 403
    assert Limit.objects.count() == 1


def test_a_worker_is_none_of_theirs(browser, now):
    one = worker(now)
    for verb in ("drain", "resume"):
        refused = browser.post(f"/workers/{one.session}/{verb}/", {"reason": "x"})
        assert refused.status_code == 403
        assert "A worker belongs to no team of yours" in refused.content.decode()
