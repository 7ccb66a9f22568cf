"""django-celery-beat with its own periodic tasks, on the same machine and the same servers."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import connection
from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks

from launcher.interrupts import Interrupts
from verification.benchmark import score
from verification.benchmark.processes.cluster import Cluster
from verification.benchmark.processes.start import RoundFailed, Tell, at_work
from verification.benchmark.schedules import periodic
from verification.benchmark.schedules.beats import rss
from verification.benchmark.schedules.options import Asked
from verification.benchmark.score import Spread
from verification.benchmark.throughput import backlog

APP = "verification.benchmark.schedules.periodic"
AHEAD = 5.0  # seconds from the writing of its rows to the first that is due
LATEST = 30.0  # seconds for the last tasks to come
POLL = 0.02


@dataclass(frozen=True)
class Beside:
    """`tasks`: those due in the load; `seconds`: to its first tick; `memory`: MB, resident; `cpu`: seconds a minute of
    its beat; `delay`: from when a task was due to the entry of its body, ms."""

    tasks: int
    came: int
    seconds: float
    memory: float
    cpu: float
    delay: Spread | None


def measure(asked: Asked, run: str, interrupts: Interrupts, tell: Tell) -> Beside:
    """Start a worker, then the beat, and let it work for as long as ours did. Raises RoundFailed."""
    if PeriodicTask.objects.exists():
        raise RoundFailed("This database has periodic tasks of others, which would start; use an empty one.")
    queue = f"benchmark-{run}-periodic"
    every = max(round(asked.periodic / asked.rate), 1)
    interval = IntervalSchedule.objects.create(every=every, period=IntervalSchedule.SECONDS)
    try:
        return _measured(asked, queue, interval, interrupts, tell)
    finally:
        _remove(queue)
        interval.delete()
        backlog.remove(queue)


def _remove(queue: str) -> None:
    """Delete its tasks; by way of objects each would be noted as a change of its own."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_celery_beat_periodictask WHERE queue = %s", [queue])


def _measured(asked: Asked, queue: str, interval: IntervalSchedule, interrupts: Interrupts, tell: Tell) -> Beside:
    cluster = Cluster(instances=asked.instances, slots=asked.slots, beats=1, word="periodic", app=APP, queue=queue)
    stamps = cluster.folder / "stamps"
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"} | {
        "BROKER_URL": settings.CELERY_BROKER_URL,
        periodic.FOLDER: str(cluster.folder),
        periodic.DATABASE: os.environ["DATABASE_URL"],
        periodic.QUEUE: queue,
    }
    for member in cluster.members:
        member.environment = environment
    beat = next(member for member in cluster.members if member.kind == "beat")
    cluster.members.remove(beat)
    with at_work(cluster, None, interrupts, tell, lambda: _count(stamps, periodic.READY) >= asked.instances) as wait:
        dues = _create(asked, queue, interval, time.time() + AHEAD)
        cluster.members.append(beat)
        began = time.monotonic()
        beat.start()
        while not _count(stamps, periodic.TICKED):
            if cluster.bad_ends() or time.monotonic() - began > LATEST * 10:
                raise RoundFailed(f"django-celery-beat did not tick; its last words:\n{cluster.last_words()}")
            if int((time.monotonic() - began) / POLL) % 10:
                time.sleep(POLL)
            else:
                wait("django-celery-beat starts", time.monotonic() - began, LATEST * 10)
        seconds, since = time.monotonic() - began, time.time() + AHEAD
        _wait(since - time.time(), "until its load", wait)
        spent = _cpu(cluster)
        _wait(asked.duration, "the load of django-celery-beat", wait)
        until = since + asked.duration
        spent = (_cpu(cluster) - spent) / (time.time() - since) * 60
        memory = max(rss(cluster).values(), default=0.0)
        _wait(min(LATEST, asked.duration), "its last tasks", wait)
    wanted = {number: due for number, due in enumerate(dues) if since <= due < until}
    came = first_runs(stamps.read_text().splitlines())
    delays = [(came[number] - due) * 1000 for number, due in wanted.items() if number in came]
    return Beside(len(wanted), len(delays), seconds, memory, spent, score.summary(delays))


def _create(asked: Asked, queue: str, interval: IntervalSchedule, since: float) -> list[float]:
    """Write its rows, as if each had last run a period before it is due; return when each is."""
    dues = [float(int(since) + int(number / asked.rate)) for number in range(asked.periodic)]
    PeriodicTask.objects.bulk_create(
        [
            PeriodicTask(
                name=f"{queue} {number}",
                task=periodic.TASK,
                interval=interval,
                args=json.dumps([number]),
                queue=queue,
                last_run_at=datetime.fromtimestamp(due - interval.every, tz=UTC),
            )
            for number, due in enumerate(dues)
        ],
        batch_size=1000,
    )
    PeriodicTasks.update_changed()
    return dues


def first_runs(lines: Iterable[str]) -> dict[int, float]:
    """Return by the number of a task when it was first entered."""
    found: dict[int, float] = {}
    for line in lines:
        match line.split():
            case [periodic.RUN, number, entered]:
                found[int(number)] = min(float(entered), found.get(int(number), float("inf")))
    return found


def _count(stamps: Path, word: str) -> int:
    return stamps.read_text().splitlines().count(word) if stamps.exists() else 0


def _cpu(cluster: Cluster) -> float:
    cluster.tick()
    return cluster.cpu()["beat"]


def _wait(seconds: float, what: str, wait: Tell) -> None:
    began = time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        wait(what, passed, seconds)
