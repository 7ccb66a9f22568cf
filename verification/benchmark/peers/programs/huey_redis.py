"""huey: jobs in Redis; each consumer's scheduler looks once a second (its default) for those that have come due."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any

from huey import RedisHuey

from verification.benchmark.peers.programs import protocol

huey = RedisHuey(os.environ[protocol.QUEUE], url=os.environ[protocol.BROKER])
run = huey.task(name="run")(protocol.body)


def schedule(job_id: int, run_at: datetime | None) -> None:
    if run_at is None:
        run(job_id)
    else:
        run.schedule(args=(job_id,), eta=run_at)


def work(name: str, slots: str) -> None:
    read = huey.storage.read_schedule

    def counted(*args: Any) -> Any:
        protocol.listed()
        return read(*args)

    huey.storage.read_schedule = counted
    protocol.ready()
    huey.create_consumer(workers=int(slots)).run()


if __name__ == "__main__":
    feed = lambda: protocol.until_stopped(lambda: protocol.feed(schedule))  # noqa: E731 - one of three roles
    protocol.main({"worker": work, "feed": feed, "fill": lambda count: protocol.fill(schedule, count)})
