"""An approver's day: what waits for her word, what it would run, and yes or no with a reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from jobs.models import Audit, Job
from jobs.states import Hold, State
from tests.monitor.rows import pending

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def asked(many: None) -> tuple[Job, Job]:
    now = datetime.now(tz=UTC)
    at, ida = now + timedelta(hours=2), User.objects.create(username="ida")
    facts = {"target": "demo.log", "holds": Hold.APPROVAL, "created_by": ida, "created_at": now}
    wipe = pending(at, name="wipe the archive", payload={"message": "rm -r /archive/2019"}, **facts)
    return wipe, pending(at, name="pay twice", payload={"message": "pay"}, **facts)


def test_what_waits_is_found_read_approved_and_refused(somebody: Any, asked: Any) -> None:
    vera = somebody("approver", "vera")
    wipe, pay = asked
    with vera.task("See what waits for approval"):
        vera.press("Approvals")
        vera.reads("wipe the archive")
        vera.reads("2 jobs")
    with vera.task("Approve a job"):
        vera.press("Approvals")
        vera.press("wipe the archive")
        vera.reads("ida has asked for demo.log")
        assert vera.sees("rm -r /archive/2019")
        vera.picture("What it runs")
        vera.type("reason", "the auditors are through")
        vera.press("Approve")
        vera.reads(f"Job {wipe.pk} was approved.")
    with vera.task("Refuse a job"):
        vera.press("Approvals")
        vera.press("pay twice")
        vera.type("reason", "once is enough")
        vera.press("Refuse")
        vera.reads(f"Job {pay.pk} was refused.")
        vera.reads("Refused by vera: once is enough")
    assert {row.reason for row in Audit.objects.filter(subject="job")} == {"the auditors are through", "once is enough"}
    assert Job.objects.get(pk=pay.pk).state == State.CANCELLED


def test_a_refusal_without_a_reason_is_not_done(somebody: Any, asked: Any) -> None:
    vera = somebody("approver", "vera")
    vera.open(f"/jobs/{asked[1].pk}/")
    vera.press("Refuse")
    vera.reads("Say why: whoever has asked for it wants to know.")
    assert Job.objects.get(pk=asked[1].pk).state == State.PENDING


def test_nothing_waits(somebody: Any, transactional_db: None) -> None:
    vera = somebody("approver", "vera")
    vera.open("/jobs/?held=approval")
    vera.reads("No job fits")
    vera.picture("Nothing waits")
