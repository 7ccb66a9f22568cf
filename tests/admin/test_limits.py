"""Limits of queues and keys in the admin: given, paused with a reason, resumed, and who may lift a pause."""

from __future__ import annotations

import pytest

from jobs.models import Limit

pytestmark = pytest.mark.django_db

LIMITS = "/admin/jobs/limit/"
MAY = ("view_limit", "add_limit", "change_limit", "delete_limit")


@pytest.fixture
def manager(client, person):
    client.force_login(person(*MAY, "pause_limit", staff=True))
    return client


def act(client, action, *limits, **fields):
    return client.post(
        LIMITS, {"action": action, "_selected_action": [limit.pk for limit in limits], **fields}, follow=True
    )


def add(client, **fields):
    return client.post(f"{LIMITS}add/", {"kind": "queue", "name": "mail", "burst": "1", **fields})


def test_a_limit_is_given(manager):
    assert add(manager, concurrency="2", rate="").status_code == 302
    assert Limit.objects.values_list("kind", "name", "concurrency", "rate").get() == ("queue", "mail", 2, None)
    assert "to stop all, pause it" in add(manager, name="slow", rate="0").content.decode()


def test_a_pause_asks_why_first_and_says_it(manager):
    add(manager)
    limit = Limit.objects.get()
    page = act(manager, "pause", limit)
    assert "Pause: queue" in page.content.decode()
    assert Limit.objects.get().paused_at is None, "it has only been asked"
    assert "held until you resume" in act(manager, "pause", limit, reason="the server moves").content.decode()
    limit = Limit.objects.get()
    assert (limit.pause_reason, limit.paused_by.get_username()) == ("the server moves", "grace")
    act(manager, "resume", limit)
    assert Limit.objects.get().paused_at is None


def test_only_who_may_resume_removes_what_is_paused(manager, client, person):
    add(manager)
    add(manager, name="other")
    paused, other = Limit.objects.get(name="mail"), Limit.objects.get(name="other")
    act(manager, "pause", paused, reason="")
    client.force_login(person(*MAY, staff=True, name="linus"))
    assert client.post(f"{LIMITS}{paused.pk}/delete/", {"post": "yes"}).status_code == 403
    assert act(client, "delete_selected", paused, other, post="yes").status_code == 403
    assert Limit.objects.count() == 2
    assert act(client, "delete_selected", other, post="yes").status_code == 200
    assert Limit.objects.get() == paused


def test_who_has_paused_and_resumed_it_can_be_read(manager, client, person):
    add(manager)
    act(manager, "pause", Limit.objects.get(), reason="the server moves")
    act(manager, "resume", Limit.objects.get())
    client.force_login(person("view_audit", staff=True, name="linus"))
    page = client.get("/audit/").content.decode()
    assert all(word in page for word in ("pause", "resume", "grace", "the server moves"))
