"""Bare Celery: apply_async(eta=run_at), no table, no row."""

from __future__ import annotations

import os
from datetime import datetime

from celery import Celery
from celery.signals import worker_ready

from verification.benchmark.peers.programs import protocol

app = Celery("peer", broker=os.environ[protocol.BROKER])
app.conf.update(
    task_ignore_result=True,
    task_default_queue=os.environ[protocol.QUEUE],
    broker_transport_options=protocol.transport_options(),
)
run = app.task(name="run")(protocol.body)
worker_ready.connect(protocol.ready)


def schedule(job_id: int, run_at: datetime | None) -> None:
    if run_at is None:
        run.delay(job_id)
    else:
        run.apply_async((job_id,), eta=run_at)


def work(name: str, slots: str) -> None:
    app.worker_main(["worker", "-P", "threads", "-c", slots, "-n", f"{name}@%h"])


if __name__ == "__main__":
    feed = lambda: protocol.until_stopped(lambda: protocol.feed(schedule))  # noqa: E731 - one of three roles
    protocol.main({"worker": work, "feed": feed, "fill": lambda count: protocol.fill(schedule, count)})
