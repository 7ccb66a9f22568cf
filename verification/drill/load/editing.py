"""Edits of pending jobs of the load: each job as it was edited last is what must start."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from jobs import transitions
from jobs.clock import clock
from jobs.models import Job
from verification.drill.evidence import Edition
from verification.drill.ledger import first_key
from verification.drill.load.beside import Beside
from verification.drill.load.creating import DrillLoad, ledger_key, retry_until_answered
from verification.rows import jobs_of

EVERY_S = 0.3
SOON = timedelta(seconds=2)  # edits of what is due within this meet its start


class Edits(Beside):
    """Editor of pending jobs. `committed`: what each was at the last edit that took effect."""

    def __init__(self, load: DrillLoad, seed: int, queues: tuple[str, str]) -> None:
        super().__init__("edits")
        self._load, self._queues, self._chance = load, queues, random.Random(f"{seed} edits")
        self._numbers: dict[int, int] = {}
        self.committed: dict[int, Edition] = {}

    def loop(self) -> None:
        """Edit a job now and then: one that is about to start, or any other."""
        while not self.pause(EVERY_S):
            job = retry_until_answered(self._pick)
            if job is not None:
                self._edit(job)

    def _pick(self) -> Job | None:
        now = clock.current()
        pending = jobs_of(self._load.run, self._load.first_id, "drill").pending().filter(nominal_at__isnull=True)
        if self._chance.random() < 0.5:
            pending = pending.filter(run_at__gt=now, run_at__lt=now + SOON)
        some = list(pending.order_by("run_at", "id")[:200])
        return self._chance.choice(some) if some else None

    def _edit(self, job: Job) -> None:
        number = self._numbers[job.pk] = self._numbers.get(job.pk, 0) + 1
        changes = self._changes(job, number)
        retry_until_answered(lambda: transitions.edit(job.pk, changes, now=clock.now()))
        # Whether it took effect says the row: the answer may have been lost with the connection.
        if retry_until_answered(lambda: Job.objects.filter(pk=job.pk, name=changes["name"]).exists()):
            was = self.committed.get(job.pk, Edition("", job.run_at, job.queue))
            run_at, queue = changes.get("run_at", was.run_at), changes.get("queue", was.queue)
            self.committed[job.pk] = Edition(changes["name"].rpartition(" ")[2], run_at, queue)

    def _changes(self, job: Job, number: int) -> dict[str, Any]:
        key = f"{first_key(ledger_key(job))}-e{number}"
        payload = {**job.payload, "json": {"key": key}} if job.target == "http" else {"key": key}
        changes: dict[str, Any] = {"name": f"{job.name.rpartition(' ')[0]} {key}", "payload": payload}
        if self._chance.random() < 0.5:
            ahead = self._chance.uniform(1.0, 2 * self._load.window.total_seconds())
            changes["run_at"] = max(job.run_at, clock.now()) + timedelta(seconds=ahead) * self._chance.choice((1, 0.2))
        if self._chance.random() < 0.3:
            changes["queue"] = self._queues[1 - self._queues.index(job.queue)]
        return changes
