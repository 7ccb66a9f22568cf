from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections

from jobs import targets
from jobs.clock import clock, steady
from jobs.models import Job
from jobs.targets import registry
from jobs.transitions import Ended
from jobs.worker.arm import acquisition
from jobs.worker.run import runner, threads
from jobs.worker.run.runner import Armed
from tests.worker.runner.steps import WORKER


class OneWorker:
    """Slots of this process as a worker has them, without its messages: bodies on threads that are kept."""

    def __init__(self) -> None:
        self.pools: list[ThreadPoolExecutor] = []

    def slots(self, number: int) -> list[ThreadPoolExecutor]:
        """Each one thread, so that a test can say which body follows which."""
        while len(self.pools) < number:
            self.pools.append(ThreadPoolExecutor(1))
        return self.pools[:number]

    def armed(self, function: Any, payload: dict[str, Any], after: float) -> Armed:
        name = f"test.{function.__name__}"
        registry._registry.pop(name, None)
        targets.target(name)(function)
        job = Job.objects.create(target=name, payload=payload, run_at=clock.now() + timedelta(seconds=after))
        (started,) = acquisition.acquire([(job.pk, 1, None)], WORKER).acquired.started
        return Armed(started, WORKER.session, steady(), clock.reading)

    def run(self, function: Any, **payload: Any) -> Ended:
        """In the first slot."""
        return self.together(function, [payload], 0.02)[0]

    def together(self, function: Any, payloads: list[dict[str, Any]], after: float = 0.2) -> list[Ended]:
        """At one instant, each in a slot of its own."""
        armed = [self.armed(function, payload, after) for payload in payloads]
        slots = self.slots(len(armed))
        ends = [slot.submit(runner.run_in_slot, one) for slot, one in zip(slots, armed, strict=True)]
        found = [end.result(60) for end in ends]
        assert all(found)
        return [ended for ended in found if ended is not None]

    def end(self) -> None:
        for pool in self.pools:
            pool.submit(_leave).result(60)
            pool.shutdown()


def _leave() -> None:
    beside = threads.aside()
    if beside._pool is not None:
        beside._pool.submit(connections.close_all).result(60)
        beside._pool.shutdown()
    connections.close_all()


@pytest.fixture
def worker(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[OneWorker]:
    threads.install()
    monkeypatch.setattr(registry, "_registry", dict(registry._registry))
    connection.ensure_connection()
    one = OneWorker()
    yield one
    one.end()
