"""The thread of maintenance goes on, whatever fails, and asks the broker once a window."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from jobs.clock import clock
from jobs.conf import conf
from jobs.publishing.windows import window_at
from jobs.scheduler import sweeper as sweeper_module
from jobs.scheduler.dispatcher import Dispatcher
from jobs.scheduler.sweeper import Service, Sweeper

PATIENCE = 20  # seconds, for a thread


@pytest.fixture
def asked(monkeypatch):
    """How often the dispatcher was made to ask; `failing` (an attribute) makes it fail."""

    class Asked(list[float]):
        failing = False

    asked = Asked()

    def ask(dispatcher, producer, seconds):
        asked.append(seconds)
        if asked.failing:
            raise OSError("no broker")

    monkeypatch.setattr(Dispatcher, "look_for_crowds", ask)
    return asked


@pytest.fixture
def idle():
    """One whose services do nothing: a test takes the one that it is about."""
    made = Sweeper(Dispatcher("beat@test"), lambda: True)
    yield made
    made.stop()


@pytest.fixture
def closed(idle, monkeypatch):
    """Each time that the connection for the question was thrown away."""
    closed = []
    monkeypatch.setattr(idle._depths, "close", lambda: closed.append("closed"))
    return closed


def crowds(idle, now):
    """Run the service that asks the broker, as the sweep does."""
    service = idle.services[0]
    assert service.name == "crowds"
    service.due = 0.0
    idle._run(service, now)


def end_of_window():
    c = conf()
    return window_at(datetime(2030, 1, 1, 12, 0, 3, tzinfo=UTC), c.min_prepare_time, c.look_ahead).end


def test_the_broker_is_asked_once_before_a_window_ends(idle, asked, closed):
    end = end_of_window()
    for left in (5, 1.9, 1, 0.1):
        crowds(idle, end - timedelta(seconds=left))
    assert len(asked) == 1
    crowds(idle, end_of_window() + timedelta(seconds=conf().min_prepare_time - 1))
    assert len(asked) == 2
    assert closed == [], "over one connection"


def test_a_broker_that_fails_is_asked_over_a_new_connection_before_the_next_window(idle, asked, closed, caplog):
    end = end_of_window()
    asked.failing = True
    crowds(idle, end - timedelta(seconds=1))
    assert closed == ["closed"]
    assert "no broker" in caplog.text
    asked.failing = False
    crowds(idle, end - timedelta(seconds=0.5))
    assert len(asked) == 1, "one window does without the answer"
    crowds(idle, end + timedelta(seconds=conf().min_prepare_time - 1))
    assert (len(asked), closed) == (2, ["closed"])


@pytest.fixture
def looking(monkeypatch):
    """Sweepers look all the time, and each look is over at once."""
    monkeypatch.setattr(sweeper_module, "LOOK_EVERY", 0.001)


def test_a_clock_that_cannot_be_measured_does_not_end_the_thread(idle, looking, monkeypatch, hands):
    ran, failures = threading.Event(), [OSError("the database is away")] * 2

    def measured():
        if failures:
            raise failures.pop()
        return hands.now

    monkeypatch.setattr(clock, "current", measured)
    idle.services = [Service("any", lambda now: ran.set() or 60.0)]
    idle.start()
    assert ran.wait(PATIENCE)
    assert not failures


def test_the_thread_measures_nothing_while_another_leads(looking, monkeypatch, hands):
    looks, measured, ran = [], [], threading.Event()

    def leading():
        looks.append("look")
        return len(looks) > 3

    def measure():
        measured.append(len(looks))
        return hands.now

    monkeypatch.setattr(clock, "current", measure)
    one = Sweeper(Dispatcher("beat@test"), leading)
    one.services = [Service("any", lambda now: ran.set() or 60.0)]
    one.start()
    assert ran.wait(PATIENCE), "it sweeps when this beat leads"
    one.stop()
    assert measured[0] == 4
