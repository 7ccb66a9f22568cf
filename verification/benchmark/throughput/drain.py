"""The backlog is there, the workers are idle, the gate opens: how long until all is done, and at what cost."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from django.conf import settings

from jobs.clock import clock
from launcher.interrupts import Interrupts
from verification.benchmark import facts, machine, preconditions, statements
from verification.benchmark.options import Volume
from verification.benchmark.processes.cluster import Cluster
from verification.benchmark.processes.start import RoundFailed, Tell, at_work
from verification.benchmark.steady import servers
from verification.benchmark.throughput import backlog, bare
from verification.benchmark.throughput.options import BARE_SLOTS
from verification.benchmark.throughput.result import Drained, Result
from verification.rows import jobs_of

SLOWEST = 20.0  # jobs a second: below it nothing is measured any more


class Drain:
    """Benchmark of throughput: our jobs, then bare tasks."""

    def __init__(self, options: Volume, run: str, interrupts: Interrupts) -> None:
        self.options, self.run = options, run
        self._interrupts = interrupts
        self._gate = f"benchmark-{run}-gate"
        self.ours = self._cluster("jobs", options.slots, app="project")
        bare_environment = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"} | {
            "BROKER_URL": settings.CELERY_BROKER_URL,
            bare.FOLDER: str(self.ours.folder),
        }
        self.theirs = self._cluster(
            "bare", BARE_SLOTS, app=bare.__name__, folder=self.ours.folder, environment=bare_environment
        )

    @property
    def headline(self) -> str:
        return f"Throughput {self.run}: {self.options.jobs:,} jobs, then as many bare tasks; logs in {self.ours.folder}"

    def carry_out(self, tell: Tell) -> Result:
        """Drain both backlogs and return their figures. Raises RoundFailed."""
        where = machine.describe()
        clock.measure()
        preconditions.require_alone(clock.now())
        try:
            result = Result(self.run, self.options, where, self.ours.folder, *self._jobs(tell), self._bare(tell))
        finally:
            backlog.remove(self._queue("jobs"), self._queue("bare"), self._gate)
        for cluster in (self.ours, self.theirs):
            if problems := cluster.problems():
                result.problems += problems
                result.last_words += cluster.last_words()
        return result

    def _jobs(self, tell: Tell) -> tuple[Drained, facts.Facts, statements.Traffic | None, int | None]:
        jobs = self.options.jobs
        with at_work(self.ours, self.run, self._interrupts, tell) as wait:
            tell("publishing jobs", 0, 1)
            ids = backlog.insert(jobs, self.run, self._queue("jobs"))
            published = servers.messages(settings.CELERY_BROKER_URL)
            publishing = backlog.list_and_publish(jobs)
            unfinished = jobs_of(self.run, ids[0]).unfinished()
            born = clock.now()
            before = statements.snapshot(born)
            cpu = self._drain(self.ours, "jobs", lambda: not unfinished.exists(), wait)
            traffic = statements.between(before, statements.snapshot(born))
            messages = servers.messages_since(published, settings.CELERY_BROKER_URL)
        found = facts.read(ids)
        return Drained(jobs, found.seconds, publishing, cpu), found, traffic, messages

    def _bare(self, tell: Tell) -> Drained:
        tasks, folder = self.options.jobs, self.theirs.folder

        def done() -> bool:
            return sum(seen.done for seen in bare.seen(folder)) >= tasks

        def ready() -> bool:
            return len(list(bare.seen(folder))) == self.options.instances

        with at_work(self.theirs, self.run, self._interrupts, tell, ready) as wait:
            tell("publishing bare tasks", 0, 1)
            publishing = backlog.publish_bare(tasks, self._queue("bare"))
            cpu = self._drain(self.theirs, "bare", done, wait)
        seen = [seen for seen in bare.seen(folder) if seen.done]
        seconds = max(s.last for s in seen) - min(s.first for s in seen)
        return Drained(tasks, seconds, publishing, cpu)

    def _drain(self, cluster: Cluster, what: str, done: Callable[[], bool], wait: Tell) -> float:
        """Open the gate and wait. Returns the CPU seconds that the workers took."""
        cluster.tick()
        before = cluster.cpu()["worker"]
        started, longest = time.monotonic(), 60.0 + self.options.jobs / SLOWEST
        backlog.open_gate(self._queue(what), [member.name for member in cluster.members])
        while not done():
            passed = time.monotonic() - started
            if passed > longest or cluster.bad_ends():
                raise RoundFailed(f"The backlog was not drained; the last words:\n{cluster.last_words()}")
            wait(f"draining {what}", passed, longest)
        cluster.tick()
        return cluster.cpu()["worker"] - before

    def _queue(self, what: str) -> str:
        return f"benchmark-{self.run}-{what}"

    def _cluster(self, what: str, slots: int, **more: object) -> Cluster:
        return Cluster(
            instances=self.options.instances,
            slots=slots,
            beats=0,
            word=f"{what}-{self.run}-",
            queue=self._gate,
            **more,  # type: ignore[arg-type]
        )
