from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery import current_app

from jobs.clock import clock
from jobs.scheduler import WindowScheduler
from jobs.scheduler.sweeper import Sweeper


@pytest.fixture(autouse=True)
def _database(transactional_db):
    """The lock's connection sees only what is committed."""


class Hands:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = datetime(2030, 1, 1, 12, 0, 3, tzinfo=UTC)

    def forward(self, seconds: float) -> datetime:
        self.now += timedelta(seconds=seconds)
        return self.now


@pytest.fixture
def hands(monkeypatch) -> Hands:
    hands = Hands()
    monkeypatch.setattr(clock, "now", lambda: hands.now)
    monkeypatch.setattr(clock, "current", lambda: hands.now)
    monkeypatch.setattr(clock, "timestamp", lambda: hands.now.timestamp())  # noqa: PLW0108 - it moves
    monkeypatch.setattr(clock, "measure", lambda: 0.0)
    return hands


@pytest.fixture
def sent(monkeypatch) -> list[int]:
    """The ids that went to the broker; `broken` (an attribute) makes it fail."""

    class Sent(list[int]):
        broken = False

    ids = Sent()

    class Publisher:
        def send(self, bundles: Any) -> None:
            ids.extend(listed.id for bundle in bundles for listed in bundle)

    def connected(dispatcher: Any) -> Publisher:
        if ids.broken:
            raise OSError("no broker")
        return Publisher()

    monkeypatch.setattr("jobs.scheduler.dispatcher.Dispatcher._connected", connected)
    return ids


@pytest.fixture
def beat(hands, sent, monkeypatch):
    """Makes schedulers as `celery beat` does, and closes them. Their maintenance runs where a test says so."""
    monkeypatch.setattr(Sweeper, "start", lambda sweeper: None)
    made: list[WindowScheduler] = []

    def make() -> WindowScheduler:
        scheduler = WindowScheduler(current_app)
        made.append(scheduler)
        return scheduler

    yield make
    for scheduler in made:
        scheduler.close()
