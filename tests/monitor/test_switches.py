"""Two steps from what the monitor shows: pause and resume a queue, drain and resume a worker."""

import uuid

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from jobs.models import Audit, Limit, Worker
from jobs.transitions.limits import pausing
from tests.monitor.rows import pending, worker

pytestmark = pytest.mark.django_db
RIGHTS = ["view_job", "pause_limit", "control_job"]


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(pausing.time, "sleep", lambda seconds: None)


@pytest.fixture
def who():
    user = User.objects.create_user("ada")
    user.user_permissions.set(Permission.objects.filter(codename__in=RIGHTS))
    return user


@pytest.fixture
def browser(who):
    client = Client()
    client.force_login(who)
    return client


def page(answer):
    return answer.content.decode()


def test_a_queue_is_paused_and_resumed_from_its_row(browser, at):
    pending(at, queue="mail")
    assert 'href="/queues/mail/pause/"' in page(browser.get("/"))
    asked = browser.get("/queues/mail/pause/")
    assert "None of its jobs starts until it is resumed." in page(asked)
    assert not Limit.objects.exists(), "nobody has said yes"
    done = browser.post("/queues/mail/pause/", {"reason": "the server moves"}, follow=True)
    assert "The queue mail is paused" in page(done)
    assert 'href="/queues/mail/resume/"' in page(done)
    assert Limit.objects.get(name="mail").pause_reason == "the server moves"
    assert "The queue mail goes on." in page(browser.post("/queues/mail/resume/", {"reason": ""}, follow=True))
    assert Limit.objects.get(name="mail").paused_at is None
    assert Audit.objects.filter(subject="queue", by__username="ada").count() == 2


def test_a_worker_is_drained_with_a_reason_and_resumed_from_its_row(browser, at):
    there = worker(at)
    one = f"/workers/{there.session}/"
    assert f'href="{one}drain/"' in page(browser.get("/"))
    refused = browser.post(f"{one}drain/", {"reason": " "})
    assert refused.status_code == 400
    assert "Say why" in page(refused)
    assert "takes no more jobs" in page(browser.post(f"{one}drain/", {"reason": "<b>new disk</b>"}, follow=True))
    assert Worker.objects.get().drain_reason == "<b>new disk</b>"
    assert "<b>new disk" not in page(browser.get("/"))
    assert "is drained already" in page(browser.post(f"{one}drain/", {"reason": "x"}, follow=True))
    assert "takes jobs again" in page(browser.post(f"{one}resume/", follow=True))


@pytest.mark.parametrize("verb", ["drain", "resume"])
def test_a_worker_that_is_not_there(browser, verb):
    assert browser.get(f"/workers/{uuid.uuid4()}/{verb}/").status_code == 404


def test_a_name_that_no_queue_can_have_is_refused_where_it_was_typed(browser):
    refused = browser.post("/queues/amq.x/pause/", {"reason": "why not"})
    assert refused.status_code == 400
    assert "A queue&#x27;s name has" in page(refused)
    assert 'value="why not"' in page(refused)


def test_a_name_that_no_address_can_have_has_no_switch(browser, at):
    worker(at, queues=["a/b"])
    assert "a/b" in page(browser.get("/"))


@pytest.mark.parametrize("lacking", ["pause_limit", "control_job"])
def test_who_may_not_sees_no_switch_and_is_told_what_is_lacking(browser, who, at, lacking):
    there = worker(at)
    who.user_permissions.remove(Permission.objects.get(codename=lacking))
    address, mark = {
        "pause_limit": ("/queues/default/pause/", "may-pause"),
        "control_job": (f"/workers/{there.session}/drain/", "may-drain"),
    }[lacking]
    assert mark not in page(browser.get("/"))
    for refused in (browser.get(address), browser.post(address, {"reason": "x"})):
        assert refused.status_code == 403
        assert f"jobs.{lacking}" in page(refused)
    assert not Limit.objects.exists()
