import uuid
from datetime import timedelta

import pytest
from django.db import OperationalError

from jobs.clock import clock
from jobs.models import Worker
from jobs.worker import lifecycle
from jobs.worker.heartbeat import Heartbeat

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def heartbeat(settings):
    settings.JOBS_HEARTBEAT_INTERVAL = 0.05
    heart = Heartbeat("w1@test")
    yield heart
    heart.stop()


def start(heart, running=lambda: 3):
    heart.start(pool="thread", slots=5, queues=["default"], running=running)


def wait_for(condition):
    moment = clock.timestamp() + 10
    while not condition():
        assert clock.timestamp() < moment, "it did not happen"


def test_a_worker_that_takes_jobs_is_in_the_table(heartbeat):
    start(heartbeat)
    row = Worker.objects.get()
    assert (row.name, row.session, row.pool, row.slots, row.queues, row.running) == (
        "w1@test",
        heartbeat.identity.session,
        "thread",
        5,
        ["default"],
        3,
    )
    assert list(Worker.objects.alive(clock.now(), timedelta(seconds=5))) == [row]


def test_it_beats_until_it_says_good_bye(heartbeat):
    start(heartbeat)
    first = Worker.objects.get().heartbeat_at
    wait_for(lambda: Worker.objects.get().heartbeat_at > first)
    heartbeat.stop()
    row = Worker.objects.get()
    assert (row.running, row.stopped_at is not None) == (0, True)
    assert not Worker.objects.alive(clock.now(), timedelta(seconds=5))


def test_a_worker_that_was_declared_gone_goes_on_as_another_session(heartbeat):
    start(heartbeat)
    before = heartbeat.identity.session
    Worker.objects.update(gone_at=clock.now())
    wait_for(lambda: heartbeat.identity.session != before)  # and no start is ever made under a session not in the table
    assert Worker.objects.present().get().session == heartbeat.identity.session


def test_it_beats_on_after_the_database_was_away(heartbeat, monkeypatch):
    answers = iter([OperationalError("away")] * 2)

    def current():
        for error in answers:
            raise error
        return clock.now()

    monkeypatch.setattr(clock, "current", current)
    start(heartbeat)
    assert not Worker.objects.exists()
    wait_for(Worker.objects.exists)


def test_ready_again_after_a_reconnect_is_not_another_life(heartbeat):
    start(heartbeat)
    start(heartbeat)
    assert Worker.objects.count() == 1


def test_outside_a_worker_there_is_still_a_name(monkeypatch):
    monkeypatch.setattr(lifecycle, "_heartbeat", None)
    assert lifecycle.identity().session == uuid.UUID(int=0)
