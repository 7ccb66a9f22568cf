"""Checks of the broker. What it loses is published again; what it throws away or keeps too much of makes jobs late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from jobs.doctor.finding import Finding, bad, note, ok, warn
from jobs.doctor.patient import Patient, brief
from jobs.models import Worker
from jobs.models.job import DEFAULT_QUEUE

NEARLY_FULL = 0.8  # of maxmemory
DEEP = 10_000  # messages of a queue that no worker has fetched
FOREIGN_FOR = timedelta(minutes=10)
OF_RABBITMQ = "RabbitMQ does not say over AMQP; its own health checks do."


def answers(patient: Patient) -> Iterator[Finding]:
    """Yield whether the broker answers. Notes where it does not, so that no other check waits for it."""
    try:
        where = patient.broker.as_uri().split("?")[0]
        version = _version(patient)
    except Exception as error:  # noqa: BLE001 - kombu's transports raise what they like
        patient.broker_away = brief(error)
        yield bad(
            f"The broker does not answer: {patient.broker_away} No job reaches a worker.",
            "See that it runs where BROKER_URL points. The jobs are safe in the table and go out when it is back.",
        )
        return
    yield ok(f"The broker answers at {where}", version)


def _version(patient: Patient) -> str:
    if patient.is_redis:
        server = _info(patient, "server")
        valkey = server.get("valkey_version")
        return f"Valkey {valkey}" if valkey else f"Redis {server.get('redis_version', '')}"
    properties = getattr(patient.broker.connection, "server_properties", {})
    return f"{properties.get('product', 'AMQP')} {properties.get('version', '')}".strip()


def _info(patient: Patient, section: str) -> dict[str, Any]:
    return dict(patient.redis.info(section))


def memory(patient: Patient) -> Iterator[Finding]:
    """Yield whether the broker has room, and what it does when it has none."""
    if not patient.is_redis:
        yield note("How much memory the broker has cannot be seen from here.", OF_RABBITMQ)
        return
    info = _info(patient, "memory")
    used, most, policy = int(info["used_memory"]), int(info["maxmemory"]), str(info["maxmemory_policy"])
    evicted = int(_info(patient, "stats")["evicted_keys"])
    figure = f"{used / 2**20:,.0f} MB of {most / 2**20:,.0f} MB" if most else f"{used / 2**20:,.0f} MB, no bound"
    if policy != "noeviction":
        yield bad(
            "The broker throws messages away when its memory is full: their jobs start late.",
            "CONFIG SET maxmemory-policy noeviction, and the same in its configuration.",
            policy,
        )
    if evicted:
        yield warn(
            "The broker has thrown keys away since it was started: they may have been messages.",
            "Give it more maxmemory, or a server of its own.",
            f"{evicted:,} keys",
        )
    if most and used > most * NEARLY_FULL:
        yield bad("The broker's memory is nearly full: it will refuse messages.", "Give it more maxmemory.", figure)
    elif policy == "noeviction" and not evicted:
        yield ok("The broker has room, and throws nothing away.", figure)


def persistence(patient: Patient) -> Iterator[Finding]:
    """Yield whether the broker's messages survive a restart. No job is lost without, but those due next are late."""
    if not patient.is_redis:
        yield ok("RabbitMQ keeps RunAt's messages on its disk: queues and messages are durable.")
        return
    info = _info(patient, "persistence")
    failed = [name for name in ("aof_last_write_status", "rdb_last_bgsave_status") if info.get(name) == "err"]
    if failed:
        yield bad(
            "The broker cannot write to its disk: it refuses messages, or loses them at a restart.",
            "Make room on its disk, and read its log.",
            ", ".join(failed),
        )
    elif not info["aof_enabled"]:
        yield note(
            "The broker forgets its messages at a restart: jobs due soon after it start up to some windows late.",
            "CONFIG SET appendonly yes, and the same in its configuration.",
            "appendonly no",
        )
    else:
        yield ok("The broker keeps its messages over a restart.", "appendonly yes")


def depth(patient: Patient) -> Iterator[Finding]:
    """Yield queues of the broker in which many messages wait, and with nobody who fetches them."""
    served = {name for one in patient.alive for name in one.queues}
    deepest = 0
    wrong = False
    for name in sorted(served | {DEFAULT_QUEUE} | Worker.objects.queue_names()):
        found = patient.depths.of(name) or 0
        deepest = max(deepest, found)
        if found and name not in served:
            wrong = True
            yield warn(
                f"Messages wait in the queue {name}, and no worker lives that takes from it.",
                "Start one, or purge the queue if nothing is to run there: celery -A project purge -Q " + name,
                f"{found:,} messages",
            )
        elif found > DEEP:
            wrong = True
            yield warn(
                f"Many messages wait in the queue {name}.",
                "Start more workers, or look at what keeps those that there are.",
                f"{found:,} messages",
            )
    if not wrong:
        yield ok("No queue of the broker is deep.", f"{deepest:,} messages at most")


def foreigners(patient: Patient) -> Iterator[Finding]:
    """Yield workers that get messages of another installation: two share a broker."""
    found = [one for one in patient.alive if one.foreign]
    for one in found:
        yield warn(
            f"The worker {one.name} gets messages of another installation: {one.foreign}. They go back, late.",
            "Give each installation a BROKER_URL of its own: another database number or virtual host.",
        )
    if not found:
        yield ok("No worker gets messages of another installation.")
