"""Naive polling: a table of due jobs, and a beat task each second which publishes those that have come due."""

from __future__ import annotations

import os
import threading
from datetime import datetime
from typing import Any

import psycopg
from celery import Celery
from celery.signals import worker_ready

from verification.benchmark.peers.programs import protocol

TABLE = """CREATE TABLE due (id bigint PRIMARY KEY, run_at timestamptz NOT NULL, state smallint NOT NULL DEFAULT 0);
CREATE INDEX ON due (run_at) WHERE state = 0"""
POLL = "UPDATE due SET state = 1 WHERE state = 0 AND run_at <= now() RETURNING id"
POLL_EVERY_S = 1.0

app = Celery("peer", broker=os.environ[protocol.BROKER])
app.conf.update(
    task_ignore_result=True,
    task_default_queue=os.environ[protocol.QUEUE],
    broker_transport_options=protocol.transport_options(),
    beat_schedule={"poll": {"task": "poll", "schedule": POLL_EVERY_S}},
)
run = app.task(name="run")(protocol.body)
worker_ready.connect(protocol.ready)
_local = threading.local()


def database() -> psycopg.Connection[Any]:
    """Return this thread's connection, kept open."""
    if not hasattr(_local, "connection"):
        _local.connection = psycopg.connect(os.environ[protocol.DATABASE], autocommit=True)
    return _local.connection  # type: ignore[no-any-return]  # what is kept in a threading.local has no type


def poll() -> None:
    due = database().execute(POLL).fetchall()
    protocol.listed()
    for (job_id,) in due:
        run.delay(job_id)


app.task(name="poll")(poll)


def prepare() -> None:
    database().execute(TABLE)


def schedule(job_id: int, run_at: datetime | None) -> None:
    database().execute("INSERT INTO due (id, run_at) VALUES (%s, coalesce(%s, now()))", (job_id, run_at))


def work(name: str, slots: str) -> None:
    app.worker_main(["worker", "-P", "threads", "-c", slots, "-n", f"{name}@%h"])


def beat() -> None:
    app.start(["beat", "-s", str(protocol.folder() / "beat-schedule")])


if __name__ == "__main__":
    feed = lambda: protocol.until_stopped(lambda: protocol.feed(schedule))  # noqa: E731 - one of four roles
    protocol.main({"prepare": prepare, "worker": work, "beat": beat, "feed": feed})
