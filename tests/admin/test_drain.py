"""Draining and resuming workers from their list."""

from __future__ import annotations

import pytest

from jobs.models import Worker
from jobs.nodes import drains
from tests.monitor.rows import worker

pytestmark = pytest.mark.django_db

URL = "/admin/jobs/worker/"


@pytest.fixture(autouse=True)
def nobody_is_told(monkeypatch):
    monkeypatch.setattr(drains, "wake_at_commit", lambda name: None)


def act(client, action, *workers, **fields):
    data = {"action": action, "_selected_action": [str(one.pk) for one in workers], **fields}
    return client.post(URL, data, follow=True)


def said(response):
    return [str(message) for message in response.context["messages"]]


def test_a_drain_asks_why_first(admin, at):
    a, b = worker(at, "a@host"), worker(at, "b@host")
    page = act(admin, "drain", a, b)
    assert "2 workers" in page.content.decode()
    page = act(admin, "drain", a, b, reason=" ")
    assert "Say why" in page.content.decode()
    assert not Worker.objects.exclude(drained_at=None).exists()
    assert said(act(admin, "drain", a, b, reason="new kernel")) == [
        "a@host takes no more jobs; what it runs ends there.",
        "b@host takes no more jobs; what it runs ends there.",
    ]
    assert [one.drain_reason for one in Worker.objects.exclude(drained_at=None)] == ["new kernel"] * 2
    assert said(act(admin, "resume", a)) == ["a@host takes jobs again."]
    assert said(act(admin, "resume", a)) == ["a@host is not drained. Look at what it says it refuses for."]
    assert Worker.objects.get(drained_at=None) == a


def test_whoever_may_only_look_is_not_offered_it(client, person, at):
    one = worker(at)
    client.force_login(person("view_worker", staff=True))
    assert "Drain" not in client.get(URL).content.decode()
    act(client, "drain", one, reason="new kernel")
    assert Worker.objects.get().drained_at is None
