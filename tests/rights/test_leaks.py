"""What leads to other teams by way of batches, names that were used before, and workers."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from jobs.api import triggers as api
from jobs.clock import clock
from jobs.models import Batch, Trigger
from jobs.transitions import definitions as trigger_definitions
from jobs.transitions.schedules import definitions
from tests.admin.schedule_rows import schedule
from tests.api.conftest import bearer
from tests.rights.conftest import page_of
from tests.rights.world import make, worker

JSON = {"content_type": "application/json"}


def test_the_callback_of_a_batch(ada: User) -> None:
    theirs, batch = make("job", "theirs", ada), make("batch", "ours", ada)
    Batch.objects.filter(pk=batch.pk).update(callback=theirs)
    assert bearer(ada).get(f"/api/v1/batches/{batch.pk}/").json()["callback"] is None
    for address in ("admin:jobs_batch_changelist", "admin:jobs_batch_change"):
        args = [batch.pk] if address.endswith("change") else []
        assert f"job {theirs.pk}" not in page_of(ada).get(reverse(address, args=args)).content.decode(), address


@pytest.mark.parametrize("kind", ["schedule", "trigger"])
def test_the_audit_of_a_name_that_was_another_teams(ada: User, kind: str) -> None:
    root, now = User.objects.create_superuser("root"), clock.now()
    if kind == "schedule":
        old = schedule("report", now=now, labels={"team": "theirs"}, payload={}, by=root, queue="theirs-q")
        definitions.delete_schedule(old.pk, reason="secret reason", by=root, now=now)
        schedule("report", now=now, labels={"team": "ours"}, by=ada)
    else:
        fields = {"target": "demo.sleep", "payload": {"seconds": 7}, "queue": "theirs-q", "labels": {"team": "theirs"}}
        old, _ = trigger_definitions.define_trigger("report", fields, by=root, now=now)
        trigger_definitions.forget(old, by=root, now=now)
        fields = {"target": "demo.noop", "payload": {}, "labels": {"team": "ours"}}
        trigger_definitions.define_trigger("report", fields, by=ada, now=now)
    assert "theirs-q" not in bearer(ada).get("/api/v1/audit/").content.decode()


def test_queues_of_others_on_the_workers(ada: User) -> None:
    one = worker()
    type(one).objects.update(queues=["ours-q", "theirs-q"])
    assert "theirs-q" not in bearer(ada).get("/api/v1/workers/").content.decode()


def test_a_trigger_that_somebody_defines_meanwhile(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    true = api.definitions.define_trigger

    def later(name: str, fields: Any, **more: Any) -> Any:
        Trigger.objects.create(name=name, target="demo.sleep", payload={"seconds": 1}, labels={"team": "theirs"})
        return true(name, fields, **more)

    monkeypatch.setattr(api.definitions, "define_trigger", later)
    bearer(ada).put("/api/v1/triggers/pay/", {"target": "demo.noop", "labels": {"team": "ours"}}, **JSON)
    assert Trigger.objects.get(name="pay").labels == {"team": "theirs"}
