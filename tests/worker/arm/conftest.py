import pytest

from tests.worker.arm.steps import Worker


@pytest.fixture
def worker():
    workers = []

    def start(slots=5):
        workers.append(Worker(slots))
        return workers[-1]

    yield start
    for one in workers:
        one.stop()
