"""Taking a worker out of service and putting it back: what is written, what is refused, who is told."""

from __future__ import annotations

import uuid

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from jobs.models import Audit, Worker
from jobs.nodes import drains
from tests.monitor.conftest import at  # noqa: F401
from tests.monitor.rows import worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return User.objects.create_user("ada")


@pytest.fixture(autouse=True)
def woken(monkeypatch):
    woken = []
    monkeypatch.setattr(drains, "wake_at_commit", woken.append)
    return woken


def test_it_is_written_down_told_and_taken_back(at, ada, woken):  # noqa: F811
    session = worker(at).session
    assert drains.drain(session, now=at, reason=" new kernel ", by=ada).done
    assert woken == ["w1@host"]
    row = Worker.objects.get()
    assert (row.drained_at, row.drain_reason, row.drained_by) == (at, "new kernel", "ada")
    assert drains.resume(session, now=at, reason="", by=ada).done
    row = Worker.objects.get()
    assert (row.drained_at, row.drain_reason, row.drained_by) == (None, "", "")
    assert woken == ["w1@host"] * 2
    first, last = Audit.objects.all()
    serves = {"session": str(session), "drained_at": None, "drain_reason": ""}
    drained = {**serves, "drained_at": at.isoformat(), "drain_reason": "new kernel"}
    assert (first.verb, first.by, first.reason, first.before, first.after) == (
        "drain",
        ada,
        "new kernel",
        serves,
        drained,
    )
    assert (last.verb, last.by, last.reason, last.before, last.after) == ("resume", ada, "", drained, serves)
    assert {(row.subject, row.name, row.at) for row in (first, last)} == {("worker", "w1@host", at)}


def test_a_drain_needs_a_reason(at, ada):  # noqa: F811
    session = worker(at).session
    for reason in ("", "  ", "x" * 1001):
        with pytest.raises(ValidationError):
            drains.drain(session, now=at, reason=reason, by=ada)
    assert Worker.objects.get().drained_at is None


def test_twice_is_refused_and_the_first_stays(at, ada):  # noqa: F811
    session = worker(at).session
    drains.drain(session, now=at, reason="new kernel", by=ada)
    again = drains.drain(session, now=at, reason="another", by=ada)
    assert (again.done, again.why) == (False, "w1@host is drained already, by ada.")
    assert Worker.objects.get().drain_reason == "new kernel"


def test_one_that_is_not_drained_cannot_be_resumed(at, ada):  # noqa: F811
    answer = drains.resume(worker(at).session, now=at, reason="", by=ada)
    assert not answer.done
    assert "is not drained" in answer.why


def test_one_that_has_left_is_left_alone(at, ada):  # noqa: F811
    for fields in ({"stopped_at": at}, {"gone_at": at}):
        answer = drains.drain(worker(at, **fields).session, now=at, reason="new kernel", by=ada)
        assert not answer.done
        assert "has left" in answer.why
    assert drains.drain(uuid.uuid4(), now=at, reason="new kernel", by=ada).worker is None
