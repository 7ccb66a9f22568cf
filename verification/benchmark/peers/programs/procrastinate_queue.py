"""procrastinate: jobs in PostgreSQL, LISTEN/NOTIFY for those due now, a poll each 5 s (its default) for later ones."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any

from procrastinate import App, PsycopgConnector

from verification.benchmark.peers.programs import protocol

app = App(connector=PsycopgConnector(conninfo=os.environ[protocol.DATABASE]))
run = app.task(name="run")(protocol.body)


def prepare() -> None:
    with app.open():
        app.schema_manager.apply_schema()


def schedule(job_id: int, run_at: datetime | None) -> None:
    (run.configure(schedule_at=run_at) if run_at else run).defer(job_id=job_id)


def fill(count: str) -> None:
    with app.open():
        run.batch_defer(*({"job_id": job_id} for job_id in range(1, int(count) + 1)))


def feed() -> None:
    with app.open():
        protocol.feed(schedule)


def work(name: str, slots: str) -> None:
    fetch = app.job_manager.fetch_job

    async def counted(*args: Any, **named: Any) -> Any:
        protocol.listed()
        return await fetch(*args, **named)

    app.job_manager.fetch_job = counted
    protocol.ready()
    app.run_worker(concurrency=int(slots), name=name)


if __name__ == "__main__":
    fed = lambda: protocol.until_stopped(feed)  # noqa: E731 - one of four roles
    protocol.main({"prepare": prepare, "worker": work, "feed": fed, "fill": fill})
