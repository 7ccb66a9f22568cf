"""Makes the load, forecasts it, lets a real beat and a worker do it, and compares."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from jobs import rules, transitions
from jobs.clock import clock
from jobs.conf import conf
from jobs.forecast.forecast import OfQueue, forecast
from jobs.forecast.reading import DAY, durations
from jobs.models import Attempt
from jobs.models.querysets import JobQuerySet
from jobs.rights import EVERYTHING
from jobs.states import State
from launcher.interrupts import Interrupts
from verification.benchmark import machine, preconditions
from verification.benchmark.foreseen.options import Asked
from verification.benchmark.foreseen.plan import LONGEST, SHORTEST, Due, plan
from verification.benchmark.foreseen.result import Result, compare
from verification.benchmark.load import AT_A_TIME, TARGET
from verification.benchmark.processes.cluster import Cluster
from verification.benchmark.processes.start import RoundFailed, Tell, at_work
from verification.rows import jobs_of

WARMING = 20  # jobs by which it is known how long bodies take
COUNTED_AFTER = timedelta(seconds=15)  # by when the figures have what has ended: they are counted each ten
AHEAD = timedelta(seconds=15)  # from the forecast to the first job
PATIENCE = timedelta(minutes=5)  # after the last one is due
MILLISECOND = timedelta(milliseconds=1)

OfMinute = dict[datetime, tuple[int, float]]


class Foreseen:
    """Forecast of a load, and the load."""

    def __init__(self, options: Asked, run: str, interrupts: Interrupts) -> None:
        self.options, self.run = options, run
        self.queue = f"foreseen-{run}"
        self._interrupts = interrupts
        self.cluster = Cluster(instances=1, slots=options.slots, beats=1, queue=self.queue)

    @property
    def headline(self) -> str:
        o = self.options
        return f"Forecast {self.run}: {o.minutes} minutes on a worker of {o.slots} slots; logs in {self.cluster.folder}"

    def carry_out(self, tell: Tell) -> Result:
        """Forecast the load, do it, and compare. Raises RoundFailed."""
        clock.measure()
        preconditions.require_alone(clock.now())
        where = machine.describe()
        with at_work(self.cluster, self.run, self._interrupts, tell) as wait:
            lasts = self._warm(wait)
            since = clock.now() + AHEAD
            first = self._commit(plan(self.options.minutes, self.options.slots, self.options.seed), since)
            foreseen = self._forecast()
            self._wait(first, since, wait)
        measured, flaws = self._measured(first)
        problems = self.cluster.problems()
        return Result(
            options=self.options,
            machine=where,
            logs=self.cluster.folder,
            lasts=lasts,
            sentences=[late.text for late in foreseen.overloads],
            compared=compare(self._by_minute(foreseen), measured),
            flaws=[*flaws, *problems],
            last_words=self.cluster.last_words() if problems else "",
        )

    def _warm(self, wait: Tell) -> float:
        """Do some jobs, and return how long bodies are taken to last, once that is known."""
        step = LONGEST / self.options.slots
        each = (LONGEST - SHORTEST) / WARMING
        due = [Due(place * step, SHORTEST + each * (place + 1)) for place in range(WARMING)]
        self._commit(due, clock.now() + timedelta(seconds=1))
        began, ended = clock.now(), None
        jobs = self._jobs()
        while ended is None or clock.now() < ended + COUNTED_AFTER:
            passed = (clock.now() - began).total_seconds()
            if passed > PATIENCE.total_seconds():
                raise RoundFailed(f"The first jobs have not ended; logs are in {self.cluster.folder}.")
            wait("warming up", passed, WARMING * step + COUNTED_AFTER.total_seconds())
            if ended is None and not jobs.unfinished().exists():
                ended = clock.now()
        return self._lasts()

    def _lasts(self) -> float:
        found = durations([TARGET], now=clock.now(), within=EVERYTHING)(TARGET)
        return found.ms / 1000 if found.known else 0.0

    def _commit(self, due: Sequence[Due], since: datetime) -> int:
        """Create the jobs and return the id of the first."""
        first = 0
        for start in range(0, len(due), AT_A_TIME):
            now = clock.now()
            new = [
                rules.NewJob(
                    TARGET,
                    {"seconds": round(one.lasts, 3)},
                    since + timedelta(seconds=one.at),
                    name=f"benchmark {self.run} steady",
                    queue=self.queue,
                )
                for one in due[start : start + AT_A_TIME]
            ]
            ids = transitions.create_many(new, now=now)
            first = first or min(ids)
        return first

    def _forecast(self) -> OfQueue:
        """Return what is to be expected, asked once, before anything of it is due."""
        found = forecast(now=clock.now(), hours=DAY, within=EVERYTHING, queue=self.queue)
        self._base, self._length = found.base, found.length
        return found.queues[0]

    def _by_minute(self, foreseen: OfQueue) -> OfMinute:
        return {
            self._base + place * self._length * MILLISECOND: (one.starts, one.delay)
            for place, one in foreseen.stretches.items()
        }

    def _wait(self, first: int, since: datetime, wait: Tell) -> None:
        begin, last = clock.now(), since + timedelta(minutes=self.options.minutes)
        window, jobs = conf().min_prepare_time, self._jobs().filter(id__gte=first)
        looked = begin
        while (now := clock.now()) < last + PATIENCE:
            if now > last and (now - looked).total_seconds() > window / 5:
                looked = now
                if not jobs.unfinished().exists():
                    return
            wait("the load", (now - begin).total_seconds(), (last - begin).total_seconds())

    def _measured(self, first: int) -> tuple[OfMinute, list[str]]:
        """Return by minute how many started and the greatest delay, and what is not as promised."""
        jobs = self._jobs().filter(id__gte=first)
        flaws = [f"job {pk} is {State(state).label}" for pk, state in jobs.values_list("pk", "state") if state != 2]
        starts = Attempt.objects.filter(job__in=jobs.values("pk"), started_at__isnull=False)
        delays: Mapping[datetime, list[float]] = defaultdict(list)
        for run_at, started_at in starts.values_list("run_at", "started_at"):
            minute = run_at.replace(second=0, microsecond=0)
            delays[minute].append((started_at - run_at) / MILLISECOND if started_at else 0.0)
        return {minute: (len(its), max(its)) for minute, its in delays.items()}, flaws

    def _jobs(self) -> JobQuerySet:
        return jobs_of(self.run, 0)
