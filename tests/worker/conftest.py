import pytest

from jobs.worker.receive.strategy import JobStrategy
from tests.worker.celery_doubles import Consumer

NOW = 1_900_000_000.0


@pytest.fixture
def consumer():
    return Consumer()


@pytest.fixture
def taken():
    return []


@pytest.fixture
def strategy(consumer, taken):
    return JobStrategy(consumer, lambda *jobs: taken.extend(jobs), lambda: NOW)


def take(strategy, *messages):
    """As Celery's consumer hands messages on."""
    for message in messages:
        strategy(message, None, None, None, [])
