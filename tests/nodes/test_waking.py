"""One message and one command by which a worker looks at its rows before its heartbeat is due."""

from __future__ import annotations

import pytest
from celery.worker.control import Panel
from django.db import transaction

from jobs.breaker import Breaker
from jobs.nodes import waking
from jobs.worker.process import control, lifecycle

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _closed(monkeypatch):
    monkeypatch.setattr(waking, "broker", Breaker(5.0))


@pytest.fixture
def told(monkeypatch):
    told = []
    monkeypatch.setattr(waking.current_app.control, "broadcast", lambda *a, **more: told.append((a, more)))
    return told


def test_the_worker_is_told_when_the_change_is_committed(told, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        waking.wake_at_commit("w1@host")
        assert told == []
    # Without arguments: a worker of the release before takes none.
    assert told == [(("runat_look",), {"destination": ["w1@host"]})]


def test_a_broker_that_is_away_costs_one_caller_its_time(monkeypatch, django_capture_on_commit_callbacks):
    told = []

    def away(*args, **more):
        told.append(args)
        raise OSError("away")

    monkeypatch.setattr(waking.current_app.control, "broadcast", away)
    with django_capture_on_commit_callbacks(execute=True):
        waking.wake_at_commit("w1@host")
        waking.wake_at_commit("w2@host")
    assert len(told) == 1


@pytest.mark.parametrize(("command", "arguments"), [("runat_look", {}), ("cancel_job", {"job_id": 7})])
def test_the_worker_answers_the_command_and_that_of_the_release_before(monkeypatch, command, arguments):
    beaten = []
    monkeypatch.setattr(lifecycle, "beat_now", lambda: beaten.append(command))
    assert control.look is Panel.data[command]
    assert Panel.data[command](None, **arguments) == {"ok": "the heartbeat reads the rows"}
    assert beaten == [command]
