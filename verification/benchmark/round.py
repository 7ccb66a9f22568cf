"""Round from end to end: start the processes, put the load in, wait until it has run, read the result."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from jobs.clock import clock
from jobs.conf import conf
from launcher.interrupts import Interrupts
from verification.benchmark import cost, machine, preconditions, score, statements
from verification.benchmark.load import Load
from verification.benchmark.options import Options
from verification.benchmark.processes.cluster import Cluster
from verification.benchmark.processes.member import Turn
from verification.benchmark.processes.start import TICK, Tell, at_work
from verification.benchmark.report.result import Result, Times
from verification.benchmark.workload import BURST_SIZE, planned
from verification.rows import jobs_of

LOOK_EVERY = 1.0  # seconds between looks at the table while the last jobs run: not before, the load is undisturbed


class Round:
    """Benchmark of the exercise. `window` and `max_delay` are the W and MaxDelayTime in force."""

    def __init__(self, options: Options, run: str, interrupts: Interrupts) -> None:
        self.options, self.run = options, run
        self.window = timedelta(seconds=conf().min_prepare_time)
        self.max_delay = timedelta(seconds=conf().max_delay_time)
        self.cluster = Cluster(instances=options.instances, slots=options.slots, beats=options.beats, pool=options.pool)
        self._interrupts = interrupts
        self._wait: Tell = lambda what, passed, longest: None

    @property
    def headline(self) -> str:
        return f"Round {self.run}, --seed {self.options.seed}, logs in {self.cluster.folder}"

    def carry_out(self, tell: Tell) -> Result:
        """Run the round and return its result; every process is stopped, however it ends. Raises RoundFailed."""
        where = machine.describe()
        clock.measure()
        warnings = preconditions.warnings(clock.now())
        if self.options.all_slots < BURST_SIZE:
            warnings.append(
                f"A burst has {BURST_SIZE} jobs and there are {self.options.all_slots} slots: the rest starts late."
            )
        with at_work(self.cluster, self.run, self._interrupts, tell) as self._wait:
            before = machine.stolen()
            result = self._measure(where, warnings)
            result.stolen = machine.stolen() - before
        result.problems = self.cluster.problems()
        result.last_words = self.cluster.last_words() if result.problems else ""
        return result

    def _leads(self) -> bool:
        return preconditions.led_by(self.cluster.pids("beat"))

    def _measure(self, where: machine.Machine, warnings: list[str]) -> Result:
        options, duration = self.options, timedelta(seconds=self.options.duration)
        begin = statements.snapshot(born := clock.current())
        since = clock.now() + self.window
        until = since + duration
        load = Load(self.run, options.seed, since=since, duration=duration, window=self.window)
        load.commit(planned(since, duration, options.seed))
        with load:
            if options.ha:
                self.cluster.cycle_workers(self._turns)
            self._watch(load, since, "before the load", since - self.window, since)
            first, cpu = statements.snapshot(born), self._cpu()
            self._watch(load, until, "load", since, until)
            last = statements.snapshot(born)
        self._wait_final(load, until)
        cpu = {kind: spent - cpu[kind] for kind, spent in self._cpu().items()}
        if not self._leads():
            warnings.append("A beat of others led at the end of the round.")
        rows = load.rows()
        return Result(
            run=self.run,
            options=options,
            times=Times(since=since, until=until, window=self.window, max_delay=self.max_delay),
            first_id=load.first_id,
            flaws=score.flaws(rows, created=len(load.created), window=self.window, max_delay=self.max_delay),
            rows=rows,
            created=len(load.created),
            cost=self._cost(load, since, duration),
            cpu=cpu,
            traffic=statements.between(first, last),
            lists=statements.between(begin, last),
            idle=self._idle(born),
            restarts=self.cluster.restarts,
            warnings=warnings,
            machine=where,
            logs=self.cluster.folder,
        )

    def _turns(self, name: str) -> Iterator[Turn]:
        chance = random.Random(f"{self.options.seed} {name}")
        while True:
            yield Turn(life=chance.uniform(10, 30), pause=chance.uniform(0, 9))

    def _watch(self, load: Load, until: datetime, what: str, begin: datetime, end: datetime) -> None:
        while (now := clock.now()) < until:
            load.check()
            self._wait(what, (now - begin).total_seconds(), (end - begin).total_seconds())

    def _wait_final(self, load: Load, until: datetime) -> None:
        """Wait W + MaxDelayTime, or until every job is final."""
        jobs = jobs_of(self.run, load.first_id)
        longest = (self.window + self.max_delay).total_seconds()
        while (passed := (clock.current() - until).total_seconds()) < longest and jobs.unfinished().exists():
            for _ in range(int(LOOK_EVERY / TICK)):
                self._wait("the last jobs", passed, longest)

    def _cost(self, load: Load, since: datetime, duration: timedelta) -> cost.Cost:
        window = self.window.total_seconds()
        where = cost.interval(since, duration, window)
        return cost.count(where, window=window, job_ids=list(load.created), now=clock.now())

    def _idle(self, born: datetime) -> statements.Traffic | None:
        if not self.options.idle:
            return None
        self.cluster.stay()
        before, started = statements.snapshot(born), time.monotonic()
        while (passed := time.monotonic() - started) < self.options.idle:
            self._wait("idle", passed, self.options.idle)
        return statements.between(before, statements.snapshot(born))

    def _cpu(self) -> dict[str, float]:
        own = time.process_time()
        return {**self.cluster.cpu(), "benchmark": own}
