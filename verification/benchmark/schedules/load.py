"""Lets many schedules, and as many plain jobs as are due of them, flow through the same processes."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from jobs.clock import clock
from jobs.conf import conf
from jobs.models import Job, Occurrence, Schedule
from jobs.states import State
from launcher.interrupts import Interrupts
from verification.benchmark import cost, facts, machine, preconditions, score
from verification.benchmark.processes.cluster import Cluster
from verification.benchmark.processes.start import RoundFailed, Tell, at_work
from verification.benchmark.schedules import beats, beside, rows
from verification.benchmark.schedules.options import Asked
from verification.benchmark.schedules.result import Kind, Loaded, Result
from verification.benchmark.throughput import backlog

EACH_WITHIN = 0.01  # seconds in which one of the schedules is created, on a machine that is busy with others
SPARE = 20.0  # seconds in which those that are due in the load are created
LOOK_EVERY = 4  # ticks between looks at what has ended
MILLISECOND = timedelta(milliseconds=1)


class Schedules:
    """Benchmark of schedules."""

    def __init__(self, options: Asked, run: str, interrupts: Interrupts) -> None:
        self.options, self.run = options, run
        self._queue = f"benchmark-{run}"
        self.cluster = Cluster(instances=options.instances, slots=options.slots, beats=1, queue=self._queue)
        self._interrupts = interrupts
        self._warnings: list[str] = []
        c = conf()
        self._window, self._patience = c.min_prepare_time, c.min_prepare_time + c.max_delay_time

    @property
    def headline(self) -> str:
        o = self.options
        return (
            f"Schedules {self.run}: {o.total:,}, of which {o.rate * 60:,.0f} are due a minute, and as many plain jobs, "
            f"for {o.duration:g} s; logs in {self.cluster.folder}"
        )

    def carry_out(self, tell: Tell) -> Result:
        """Run the load, then measure the beats. Raises RoundFailed, and NotAlone: others would take what is due."""
        where = machine.describe()
        clock.measure()
        preconditions.require_alone(clock.now())
        stolen = machine.stolen()
        try:
            with at_work(self.cluster, None, self._interrupts, tell) as wait:
                load = self._load(wait)
            problems = self.cluster.problems()
            with_them = beats.measure(self.options.starts, self._interrupts, tell)
        finally:
            rows.remove(self._queue)
            backlog.remove(self._queue)
        rows.vacuum()
        return Result(
            run=self.run,
            options=self.options,
            machine=where,
            logs=self.cluster.folder,
            load=load,
            beat=with_them,
            bare=beats.measure(self.options.starts, self._interrupts, tell),
            beside=beside.measure(self.options, self.run, self._interrupts, tell) if self.options.periodic else None,
            warnings=self._warnings,
            problems=problems,
            last_words=self.cluster.last_words() if problems else "",
            stolen=machine.stolen() - stolen,
        )

    def _load(self, wait: Tell) -> Loaded:
        o, began = self.options, time.monotonic()
        later = o.total * EACH_WITHIN + SPARE + self._window + o.duration
        after = (clock.current() + timedelta(seconds=later)).replace(microsecond=0)

        def tell(done: int) -> None:
            wait("creating schedules", done, o.total)

        # Those that are not due in the load first: it begins when they are there, however long that takes.
        rows.create(o, self.run, self._queue, range(o.plain, o.total), since=after, on_progress=tell)
        since = (clock.current() + timedelta(seconds=SPARE + self._window)).replace(microsecond=0)
        until = since + timedelta(seconds=o.duration)
        rows.create(o, self.run, self._queue, range(o.plain), since=since, on_progress=tell)
        plain = rows.create_plain(o, self.run, self._queue, since)
        rows.vacuum()
        filled = time.monotonic() - began
        if clock.current() + timedelta(seconds=self._window) > since or until > after:
            raise RoundFailed(f"The schedules took {filled:,.0f} s to be created; ask for fewer by --total.")
        self._watch(since, "until the load", wait)
        spent = self._cpu()
        self._watch(until, "load", wait)
        spent = (self._cpu() - spent) / (clock.current() - since).total_seconds() * 60
        runs = rows.runs_of(self._queue, since, until)
        self._wait_final([*runs, *plain], wait)
        if not preconditions.led_by(self.cluster.pids("beat")):
            self._warnings.append("A beat of others led at the end of the load.")
        counted = cost.interval(since, timedelta(seconds=o.duration), self._window)
        ours = Schedule.objects.filter(queue=self._queue)
        pending = Job.objects.filter(queue=self._queue, state=State.PENDING)
        return Loaded(
            runs=_kind(runs),
            plain=_kind(plain),
            due=o.plain,
            missed=Occurrence.objects.missed().filter(schedule__in=ours).count(),
            successors=ours.filter(next_job_id__in=pending.values("pk")).count(),
            cost=cost.count(counted, window=self._window, job_ids=[*runs, *plain], now=clock.now()),
            cpu=spent,
            filled=filled,
        )

    def _watch(self, until: datetime, what: str, wait: Tell) -> None:
        started = clock.now()
        while (now := clock.current()) < until:
            wait(what, (now - started).total_seconds(), (until - started).total_seconds())

    def _wait_final(self, ids: list[int], wait: Tell) -> None:
        began = time.monotonic()
        ours = Job.objects.filter(pk__in=ids)
        while (passed := time.monotonic() - began) < self._patience and ours.unfinished().exists():
            for _ in range(LOOK_EVERY):
                wait("the last jobs", passed, self._patience)

    def _cpu(self) -> float:
        self.cluster.tick()
        return self.cluster.cpu()["beat"]


def _kind(ids: list[int]) -> Kind:
    entered = Job.objects.filter(pk__in=ids, execute_at__isnull=False).values_list("run_at", "execute_at")
    delays = [(execute_at - run_at) / MILLISECOND for run_at, execute_at in entered]
    return Kind(len(ids), facts.read(ids), score.summary(delays), sum(delay < 0 for delay in delays))
