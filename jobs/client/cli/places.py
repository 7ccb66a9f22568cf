"""Places where jobs run: workers, and the queues that they take from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jobs.client.cli import exits
from jobs.client.cli.door import Door
from jobs.client.cli.output import Output
from jobs.client.refused import Refused
from jobs.client.shapes import Limit, Worker

WORKERS = ("name", "alive", "pool", "running", "slots", "queues", "heartbeat_at", "cpu", "memory", "refusing")
QUEUES = ("name", "workers", "slots", "running", "concurrency", "rate", "paused_at", "pause_reason")
NO_RIGHT = "permission-denied"


def workers(options: Mapping[str, Any], door: Door, output: Output) -> int:
    """List the workers."""
    output.several(_plain(door.workers()), WORKERS, "There is no worker: nothing starts.")
    return exits.DONE


def queues(options: Mapping[str, Any], door: Door, output: Output) -> int:
    """List the queues."""
    try:
        limits = door.limits()
    except Refused as refused:
        if refused.kind != NO_RIGHT:
            raise
        output.say(f"Limits are left out. {refused}")
        limits = []
    output.several(
        together(door.workers(), limits), QUEUES, "There is no queue that a worker takes from or has limits."
    )
    return exits.DONE


def together(workers: Iterable[Worker], limits: Iterable[Limit]) -> list[dict[str, Any]]:
    """Return what is known of each queue, by name: the living workers that take from it, their slots and how many jobs
    run there, which are of all their queues, and its limits."""
    found: dict[str, dict[str, Any]] = {}
    ruled = {limit["name"]: limit for limit in limits if limit["kind"] == "queue"}
    named = {name for worker in workers for name in worker["queues"]}
    for name in sorted(named | ruled.keys()):
        taking = [worker for worker in workers if worker["alive"] and name in worker["queues"]]
        limit: Mapping[str, Any] = ruled.get(name, {})
        found[name] = {
            "name": name,
            "workers": len(taking),
            "slots": sum(worker["slots"] for worker in taking),
            "running": sum(worker["running"] for worker in taking),
            **{what: limit.get(what) for what in ("concurrency", "rate", "burst", "paused_at", "paused_by")},
            "pause_reason": limit.get("pause_reason", ""),
        }
    return list(found.values())


def _plain(rows: Iterable[Worker]) -> list[dict[str, Any]]:
    return [dict(row) for row in rows]
