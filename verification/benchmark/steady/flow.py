"""Lets a steady load flow through real processes: a feeder, a beat, workers, all at the same time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings

from jobs.clock import clock
from jobs.conf import conf
from jobs.publishing.windows import window_at
from launcher.interrupts import Interrupts
from verification.benchmark import cost, facts, machine, preconditions, statements
from verification.benchmark.processes.cluster import Cluster
from verification.benchmark.processes.start import RoundFailed, Tell, at_work
from verification.benchmark.steady import servers
from verification.benchmark.steady.feeder import Feeder
from verification.benchmark.steady.held import Held, hold
from verification.benchmark.steady.job_times import JobTimes, figures
from verification.benchmark.steady.options import Steady
from verification.benchmark.steady.result import Result
from verification.benchmark.steady.samples import EVERY, Samples
from verification.rows import jobs_of

SPARE = 0.5  # seconds by which the feeder is ahead of the list query that is to find its rows
MILLISECOND = timedelta(milliseconds=1)
COLUMNS = ("run_at", "created_at", "enqueued_at", "locked_at", "execute_at", "deliveries")


class Flow:
    """Benchmark of a steady load."""

    def __init__(self, options: Steady, run: str, interrupts: Interrupts) -> None:
        self.options, self.run = options, run
        self.cluster = Cluster(instances=options.instances, slots=options.slots, beats=1)
        self._interrupts = interrupts
        c = conf()
        self._window, self._look_ahead = c.min_prepare_time, c.look_ahead
        # A row that is committed later than this may have to wait for the list query of the window it is due in.
        self._ahead = self._window + self._look_ahead + SPARE
        self._patience = self._window + c.max_delay_time

    @property
    def headline(self) -> str:
        o = self.options
        return (
            f"Steady {self.run}: {o.rate:g} jobs a second for {o.duration:g} s, {o.instances} workers x {o.slots} "
            f"slots; logs in {self.cluster.folder}"
        )

    def carry_out(self, tell: Tell) -> Result:
        """Run the load and return its figures. Raises RoundFailed."""
        where = machine.describe()
        clock.measure()
        warnings = preconditions.warnings(clock.now())
        with at_work(self.cluster, self.run, self._interrupts, tell) as wait:
            stolen = machine.stolen()
            result = self._measure(where, warnings, wait)
            result.stolen = machine.stolen() - stolen
        if self.options.hold:
            result.held = self._hold(tell, warnings)
        result.problems = self.cluster.problems()
        result.last_words = self.cluster.last_words() if result.problems else ""
        return result

    def _measure(self, where: machine.Machine, warnings: list[str], wait: Tell) -> Result:
        o = self.options
        since = begin(born := clock.current(), self._window, self._look_ahead)
        until = since + timedelta(seconds=o.duration)
        samples = Samples(self.cluster)
        self._watch(since - timedelta(seconds=self._ahead), "until the load", samples, wait)
        samples.take(clock.now(), at_once=True)
        before, cpu = statements.snapshot(born), self._cpu()
        published = servers.messages(settings.CELERY_BROKER_URL)
        feeder = Feeder(self.run, rate=o.rate, jobs=o.jobs, since=since, ahead=self._ahead)
        with feeder:
            self._watch(until, "load", samples, wait, feeder)
        self._wait_final(feeder, samples, wait)
        cpu = {kind: spent - cpu[kind] for kind, spent in self._cpu().items() if kind in cpu}
        traffic = statements.between(before, statements.snapshot(born))
        messages = servers.messages_since(published, settings.CELERY_BROKER_URL)
        if not preconditions.led_by(self.cluster.pids("beat")):
            warnings.append("A beat of others led at the end of the load.")
        found = figures(list(self._job_times(feeder, since)), timedelta(seconds=o.duration) / MILLISECOND)
        if found.committed_ahead < self._window:
            warnings.append(f"The feeder fell behind: a row was committed only {found.committed_ahead:,.1f} s ahead.")
        counted = cost.interval(since, timedelta(seconds=o.duration), self._window)
        return Result(
            run=self.run,
            options=o,
            machine=where,
            logs=self.cluster.folder,
            since=since,
            until=until,
            window=self._window,
            ahead=self._ahead,
            created=len(feeder.created),
            facts=facts.read(feeder.created),
            figures=found,
            cost=cost.count(counted, window=self._window, job_ids=feeder.created, now=clock.now()),
            published=samples.published(since - timedelta(seconds=self._ahead)),
            memory=samples.memory(since, until),
            cpu=cpu,
            traffic=traffic,
            messages=messages,
            warnings=warnings,
        )

    def _watch(self, until: datetime, what: str, samples: Samples, wait: Tell, feeder: Feeder | None = None) -> None:
        started = clock.now()
        while (now := clock.current()) < until:
            if feeder is not None:
                feeder.check()
                samples.take(now)
            wait(what, (now - started).total_seconds(), (until - started).total_seconds())

    def _wait_final(self, feeder: Feeder, samples: Samples, wait: Tell) -> None:
        """Wait as long as jobs end: a backlog is a figure, not a failure."""
        unfinished = jobs_of(self.run, feeder.first_id).unfinished()
        fewest, changed, looked = len(feeder.created) + 1, clock.now(), clock.now() - EVERY
        while (passed := (clock.now() - changed).total_seconds()) < self._patience and not self.cluster.bad_ends():
            if clock.now() - looked >= EVERY:
                looked, left = clock.now(), unfinished.count()
                if not left:
                    break
                if left < fewest:
                    fewest, changed = left, clock.now()
            samples.take(clock.current())
            wait("the last jobs", passed, self._patience)
        samples.take(clock.now(), at_once=True)

    def _job_times(self, feeder: Feeder, since: datetime) -> Iterator[JobTimes]:
        rows = jobs_of(self.run, feeder.first_id).values_list(*COLUMNS)
        for due, created, listed, taken, entered, deliveries in rows.iterator():
            yield JobTimes(
                due=(due - since) / MILLISECOND,
                created=(created - since) / MILLISECOND,
                listed=None if listed is None else (listed - since) / MILLISECOND,
                taken=None if taken is None else (taken - since) / MILLISECOND,
                entered=None if entered is None else (entered - since) / MILLISECOND,
                deliveries=deliveries,
            )

    def _hold(self, tell: Tell, warnings: list[str]) -> Held | None:
        """Have a worker hold jobs; None when it could not be carried out: the load's figures are not lost for it."""
        try:
            found = hold(self.options.hold, self.run, self._interrupts, tell)
        except RoundFailed as error:
            warnings.append(f"No jobs were held: {error}")
            return None
        if found.held < found.asked:
            bound = "unknown" if found.prefetch is None else f"{found.prefetch:,}"
            warnings.append(
                f"The worker took only {found.held:,} of {found.asked:,} jobs to hold; its prefetch was {bound}."
            )
        return found

    def _cpu(self) -> dict[str, float]:
        self.cluster.tick()
        return {**self.cluster.cpu(), "feeder": time.process_time(), **servers.cpu()}


def begin(now: datetime, window: float, look_ahead: float) -> datetime:
    """The soonest begin of a load where the reach of one list query ends and that of the next begins: then each finds
    a whole window's jobs, and a load of one window is found by one."""
    soonest = window_at(now + timedelta(seconds=2 * SPARE), window, look_ahead)
    return soonest.horizon + soonest.length
