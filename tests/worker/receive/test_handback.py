"""When a stopping worker may close its connection to the broker."""

from types import SimpleNamespace

import pytest
from celery.worker import state

from jobs.worker.process import lifecycle
from jobs.worker.runtime import RuntimeStep
from tests.worker.celery_doubles import Hub


class Connection:
    connection_errors = channel_errors = (OSError,)

    def __init__(self):
        self.closed = 0

    def close(self):
        self.closed += 1
        raise OSError("already gone")


class Runtime:
    def __init__(self):
        self.recorder, self.did = self, []
        self.promoting = SimpleNamespace(stop=lambda within: None)
        self.slots = SimpleNamespace(finish=lambda: self.did.append("every body has ended"))

    def stop(self):
        pass

    def give_back(self):
        self.did.append("given back")

    def cut_short(self):
        self.did.append("cut short")

    def finish(self, within):
        self.did.append(("recorded", within))


@pytest.fixture
def worker():
    return SimpleNamespace(consumer=SimpleNamespace(connection=Connection()), app=None, jobs=Runtime(), hub=Hub())


def stop(worker):
    RuntimeStep.stop(RuntimeStep.__new__(RuntimeStep), worker)


def test_it_closes_once_whatever_the_broker_says(worker):
    connection = worker.consumer.connection
    stop(worker)
    stop(worker)
    assert connection.closed == 1
    assert not worker.hub.ready, "nobody reads it once more"


def test_not_while_a_task_still_has_to_acknowledge(worker, monkeypatch):
    connection = worker.consumer.connection
    monkeypatch.setattr(state, "active_requests", [SimpleNamespace(acknowledged=False)])
    stop(worker)
    assert connection.closed == 0


@pytest.mark.parametrize("consumer", [None, SimpleNamespace(connection=None)])
def test_a_worker_that_never_connected_stops_too(consumer):
    stop(SimpleNamespace(consumer=consumer, jobs=Runtime()))


def test_after_a_cold_stop_too_what_has_ended_is_recorded(worker):
    """Celery sends no signal then."""
    RuntimeStep.terminate(RuntimeStep.__new__(RuntimeStep), worker)
    assert worker.jobs.did == ["cut short", "given back", "every body has ended", ("recorded", lifecycle.COLD_STOP)]
    assert worker.consumer.connection is None
