"""Fires the bursts at real workers: one of more jobs than slots, some of exactly as many, some of HTTP jobs."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from jobs.clock import clock
from jobs.conf import conf
from jobs.models import Attempt
from launcher.interrupts import Interrupts
from verification.benchmark import facts, machine, preconditions, score
from verification.benchmark.burst.http_server import HOST, HttpServer
from verification.benchmark.burst.idle import Body
from verification.benchmark.burst.options import EXACT_SLOTS, EXACT_TIMES, HTTP_TIMES, Bursts
from verification.benchmark.burst.result import Beside, Burst, Result, burst
from verification.benchmark.load import Call, Load
from verification.benchmark.processes.cluster import Cluster
from verification.benchmark.processes.start import Tell, at_work
from verification.benchmark.workload import BODY_SECONDS, Planned, Series
from verification.rows import jobs_of

APART = timedelta(seconds=2)  # beside twice what the bodies take
MILLISECOND = timedelta(milliseconds=1)


class BurstRun:
    """Burst benchmark. Each burst begins when the one before is over."""

    def __init__(self, options: Bursts, run: str, interrupts: Interrupts) -> None:
        self.options, self.run = options, run
        self._interrupts = interrupts
        self._window = timedelta(seconds=conf().min_prepare_time)
        self._max_delay = timedelta(seconds=conf().max_delay_time)
        self._flaws: list[str] = []
        self._problems: list[str] = []
        self._last_words = ""

    @property
    def headline(self) -> str:
        o = self.options
        return f"Burst {self.run}: {o.jobs:,} jobs at one instant, {o.instances} workers x {o.slots} slots"

    def carry_out(self, tell: Tell) -> Result:
        """Fire all bursts and return their figures. Raises RoundFailed."""
        where = machine.describe()
        clock.measure()
        warnings = preconditions.warnings(clock.now())
        o = self.options
        big, exact = (Cluster(instances=o.instances, slots=slots, beats=1) for slots in (o.slots, EXACT_SLOTS))
        (first,), load = self._fire(big, o.slots, [(o.jobs, None)], tell)
        others, _ = self._fire(exact, EXACT_SLOTS, [(o.instances * EXACT_SLOTS, None)] * EXACT_TIMES, tell)
        beside = self._beside(tell) if o.http else None
        return Result(
            run=self.run,
            options=self.options,
            machine=where,
            logs=[big.folder, exact.folder],
            big=first,
            exact=others,
            beside=beside,
            facts=facts.read(list(load.created)),
            flaws=self._flaws,
            warnings=warnings,
            problems=self._problems,
            last_words=self._last_words,
        )

    def _beside(self, tell: Tell) -> Beside:
        """Python and HTTP jobs in turn, on the same workers."""
        o = self.options
        opened = {**os.environ, "JOBS_HTTP_ALLOW": HOST}
        cluster = Cluster(instances=o.instances, slots=o.slots, beats=1, environment=opened)
        with HttpServer() as server:
            calls = [(o.http, None), (o.http, Call("http", {"url": server.url}))] * HTTP_TIMES
            found, _ = self._fire(cluster, o.slots, calls, tell)
        self._flaws += [f"job {job_id} sent {times} requests" for job_id, times in server.requests.items() if times > 1]
        if len(server.requests) != o.http * HTTP_TIMES:
            self._flaws.append(f"the server was asked by {len(server.requests)} of {o.http * HTTP_TIMES} HTTP jobs")
        return Beside(python=found[::2], http=found[1::2], connections=server.connections)

    def _fire(
        self, cluster: Cluster, slots: int, calls: Sequence[tuple[int, Call | None]], tell: Tell
    ) -> tuple[list[Burst], Load]:
        """Bursts of so many jobs, one after another, over these workers."""
        waves = -(-max(jobs for jobs, _ in calls) // (self.options.instances * slots))
        apart = APART + timedelta(seconds=2 * waves * BODY_SECONDS)
        with at_work(cluster, self.run, self._interrupts, tell) as wait:
            # Far enough ahead for a list query to find them all: that is the way of nearly every job.
            since = clock.now() + 2 * self._window
            load = Load(self.run, 0, since=since, duration=apart * len(calls), window=self._window)
            for place, (jobs, call) in enumerate(calls):
                load.commit([Planned(Series.BURST, since + place * apart)] * jobs, call)
            self._wait_final(load, since, since + apart * len(calls), wait)
        self._flaws += score.flaws(
            load.rows(), created=len(load.created), window=self._window, max_delay=self._max_delay
        )
        if problems := cluster.problems():
            self._problems += problems
            self._last_words += cluster.last_words()
        return [burst(bodies, workers=self.options.instances, slots=slots) for bodies in _bodies(load, since)], load

    def _wait_final(self, load: Load, since: datetime, last: datetime, wait: Tell) -> None:
        begin, end = clock.now(), last + self._window + self._max_delay
        jobs = jobs_of(self.run, load.first_id).filter(id__in=load.created)
        # Nobody looks at the table while the bursts run.
        while (now := clock.now()) < end and (now < last or jobs.unfinished().exists()):
            what = "until the burst" if now < since else "the burst"
            wait(what, (now - begin).total_seconds(), (last - begin).total_seconds())


def _bodies(load: Load, since: datetime) -> list[list[Body]]:
    """Return the bodies of each instant, soonest first; times in ms from `since`."""
    found = Attempt.objects.filter(job_id__in=load.created, started_at__isnull=False, finished_at__isnull=False)
    of_instant: dict[float, list[Body]] = defaultdict(list)
    for worker, *moments in found.values_list("worker", "run_at", "started_at", "finished_at"):
        due, entered, left = ((moment - since) / MILLISECOND for moment in moments if moment is not None)
        of_instant[due].append(Body(worker, due, entered, left))
    return [of_instant[due] for due in sorted(of_instant)]
