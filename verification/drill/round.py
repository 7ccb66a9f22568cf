"""Round from end to end: load, injections at their time, calm, evidence."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import DatabaseError, InterfaceError, connection

from jobs import transitions
from jobs.clock import clock
from jobs.conf import conf
from jobs.models import Worker
from launcher.interrupts import Interrupts
from verification.benchmark import preconditions
from verification.benchmark.workload import planned
from verification.drill import gather
from verification.drill.checker import Verdict, check
from verification.drill.evidence import Queries
from verification.drill.faults import FAULTS, ClockWrong, Injection, Setting, Stage, hits
from verification.drill.load.creating import WRITTEN_WITHIN, DrillLoad, retry_until_answered
from verification.drill.load.dense import dense
from verification.drill.load.editing import Edits
from verification.drill.load.old import OldJobs
from verification.drill.load.scheduled import Schedules, scheduled
from verification.drill.load.stopping import Stops
from verification.drill.load.tasks import Tasks
from verification.drill.plan import Plan, injections
from verification.rows import jobs_of

TICK = 0.25  # seconds
READY_WITHIN = 90.0
LOOK_EVERY = 1.0
GIVE_UP_AFTER = 10.0  # seconds a injection waits for somebody to hit

Tell = Callable[[str, float, float], None]


class RoundFailed(Exception):
    """The round could not be carried out, which says nothing about the promise. The text says why."""


@dataclass(frozen=True)
class Outcome:
    """A round and its verdict. `injected`: how often each fault was; `clocks`: which process had which;
    `load`: what was in it beside plain jobs; `seconds`: how long it all took."""

    plan: Plan
    run: str
    seed: int
    verdict: Verdict
    queries: Queries
    injected: dict[str, int]
    clocks: list[str]
    exercised: dict[str, int]
    load: dict[str, int]
    restarts: int
    seconds: float


class Round:
    """`stage` has the processes, which live on from round to round."""

    def __init__(self, plan: Plan, seed: int, duration: float, stage: Stage, interrupts: Interrupts) -> None:
        c = conf()
        self.plan, self.seed, self.duration, self.stage = plan, seed, duration, stage
        self.window, self.max_delay, self.patience = c.min_prepare_time, c.max_delay_time, c.heartbeat_patience
        self._cluster = stage.cluster
        self._interrupts = interrupts
        names = {kind: tuple(m.name for m in self._cluster.members if m.kind == kind) for kind in ("beat", "worker")}
        own = stage.services.database is not None
        setting = Setting(duration, self.window, self.patience, names["worker"], names["beat"], own)
        self.injections = injections(plan, seed, setting)
        self._due = list(self.injections)
        self._missed: list[str] = []
        self._lasting: list[tuple[float, Injection]] = []
        self._spans: dict[Injection, tuple[float, float]] = {}  # wall clock: from when to when each really was
        self._tell: Tell = lambda what, passed, longest: None

    def carry_out(self, tell: Tell) -> Outcome:
        """Run the round. Afterwards all processes run again, none is stopped or armed. Raises RoundFailed."""
        self._tell, born = tell, time.monotonic()
        self.wait_ready()
        self._cluster.forget_problems()
        self.stage.run, self.stage.journal = uuid4().hex[:8], []
        hits_before, restarts_before = len(hits(self.stage)), self._cluster.restarts
        duration = timedelta(seconds=self.duration)
        clock.measure()
        since = clock.now() + timedelta(seconds=self.window) + WRITTEN_WITHIN  # all of the load is a window ahead then
        load = DrillLoad(
            self.stage.run,
            self.seed,
            queue=self.stage.services.queue,
            dense_queue=self.stage.services.dense_queue,
            receiver=self.stage.services.receiver,
            since=since,
            duration=duration,
            window=timedelta(seconds=self.window),
        )
        old = OldJobs(self.stage.run, f"{self.stage.services.queue}-old")
        retry_until_answered(old.make)
        load.commit(planned(since, duration, self.seed))
        load.commit(dense(since, duration, load.window))
        queue = self.stage.services.queue
        try:
            with scheduled(self.stage.run, queue, since, duration) as schedules:
                stops = Stops(self.stage.run, self.seed, since, duration)
                edits = Edits(load, self.seed, (queue, self.stage.services.dense_queue))
                with load, Tasks(self.stage.run, queue, self.stage.services.broker), stops, edits:
                    self._strike(load, since)
                self._calm()
                self._wait_final(load, schedules, since + duration)
                done = hits(self.stage)[hits_before:]
                evidence = retry_until_answered(
                    lambda: gather.evidence(
                        plan=self.plan,
                        stage=self.stage,
                        load=load,
                        old=old,
                        schedules=schedules.recurring,
                        stops=stops.made,
                        edits=edits.committed,
                        injections=self.injections,
                        spans=self._spans,
                        hits=done,
                        since=since,
                        duration=duration,
                    )
                )
        except BaseException:
            self._withdraw()
            raise
        finally:
            retry_until_answered(old.let_go)
        return Outcome(
            plan=self.plan,
            run=self.stage.run,
            seed=self.seed,
            verdict=check(evidence).noting(self._missed),
            queries=evidence.queries,
            injected=_tally([act.fault for act in self.stage.journal]),
            clocks=[f"{act.member} {act.act}" for act in self.stage.journal if act.fault == ClockWrong.name],
            exercised=_tally([hit.fault for hit in done]),
            load=gather.numbers(load, evidence),
            restarts=self._cluster.restarts - restarts_before,
            seconds=time.monotonic() - born,
        )

    def wait_ready(self) -> None:
        """Wait until all workers have a heartbeat row and a beat leads. Raises RoundFailed after READY_WITHIN s."""
        born = time.monotonic()
        while not retry_until_answered(self._is_ready):
            passed = time.monotonic() - born
            if passed > READY_WITHIN:
                raise RoundFailed(f"Not all processes got ready; their last words:\n{self._cluster.last_words()}")
            self._wait(f"{self.plan.name}: waiting for all processes", passed, READY_WITHIN)

    def _is_ready(self) -> bool:
        alive = set(Worker.objects.alive(clock.now(), conf().patience).values_list("pid", flat=True))
        up = all(member.process is not None for member in self._cluster.members)
        return up and self._cluster.pids("worker") <= alive and preconditions.led_by(self._cluster.pids("beat"))

    def _strike(self, load: DrillLoad, since: datetime) -> None:
        """Do each injection at its time, and end those that last, until the load is over."""
        while (passed := (clock.now() - since).total_seconds()) < self.duration:
            load.check()
            self._begin_due(passed)
            self._end_due(passed)
            ahead = [injection.at - passed for injection in self._due] + [end - passed for end, _ in self._lasting]
            self._wait(self.plan.name, passed, self.duration, min([TICK, *(a for a in ahead if a > 0)]))

    def _begin_due(self, passed: float) -> None:
        for injection in [injection for injection in self._due if injection.at <= passed]:
            began = time.time()
            if self._begin(injection):
                self._spans[injection] = (began, time.time())
                if injection.lasts:
                    self._lasting.append((passed + injection.lasts, injection))
                self._due.remove(injection)
            elif passed > injection.at + GIVE_UP_AFTER:
                self._due.remove(injection)
                self._missed.append(f"not injected, nobody was there to hit: {injection.fault} at {injection.at:.1f} s")

    def _begin(self, injection: Injection) -> bool:
        try:
            return FAULTS[injection.fault].begin(self.stage, injection)
        except (DatabaseError, InterfaceError):  # another fault has taken our own session
            connection.close()
            return False

    def _end_due(self, passed: float) -> None:
        """Ends come before ticks, which may take their time: what lasts must last no longer than planned."""
        for end, injection in [(end, injection) for end, injection in self._lasting if end <= passed]:
            self._end(injection)
            self._lasting.remove((end, injection))
        for _, injection in self._lasting:
            try:
                FAULTS[injection.fault].tick(self.stage, injection)
            except (DatabaseError, InterfaceError):
                connection.close()

    def _end(self, injection: Injection) -> None:
        FAULTS[injection.fault].end(self.stage, injection)
        self._spans[injection] = (self._spans[injection][0], time.time())

    def _calm(self) -> None:
        """Let what lasts come to its own end, then see that nobody is left stopped, armed or away."""
        longest = max([end for end, _ in self._lasting], default=0.0)
        began = time.monotonic()
        while self._lasting and (passed := self.duration + time.monotonic() - began) < longest:
            for end, injection in list(self._lasting):
                if injection.fault in ("failpoint-kill", "broker-duplicate", "worker-term"):
                    self._end(injection)
                    self._lasting.remove((end, injection))
            self._end_due(passed)
            self._wait(f"{self.plan.name}: the last faults", passed, longest)
        for _, injection in self._lasting:
            self._end(injection)
        self._lasting.clear()
        for member in self._cluster.members:
            if member.frozen:
                member.thaw()

    def _wait_final(self, load: DrillLoad, schedules: Schedules, until: datetime) -> None:
        """Wait until every job is final and no schedule has another, or as long as the latest may take."""
        longest = self.window + self.max_delay + sum(FAULTS[s.fault].budget(s) for s in self.injections)
        longest = min(longest, 3 * (self.window + self.max_delay)) + gather.rescue_within() + self.window
        jobs = jobs_of(self.stage.run, load.first_id, "drill")
        while (passed := (clock.now() - until).total_seconds()) < longest and retry_until_answered(
            lambda: schedules.go_on() or jobs.unfinished().exists()
        ):
            for _ in range(int(LOOK_EVERY / TICK)):
                self._wait(f"{self.plan.name}: the last jobs", max(passed, 0.0), longest)

    def _withdraw(self) -> None:
        """Cancel what a round that was cut short leaves."""
        for job_id in retry_until_answered(lambda: list(jobs_of(self.stage.run, 0, "drill").pending())):
            transitions.cancel(job_id.pk, now=clock.now(), reason="The drill was cut short.")

    def _wait(self, what: str, passed: float, longest: float, seconds: float = TICK) -> None:
        self._cluster.tick()
        self._tell(what, passed, longest)
        self._interrupts.wait(seconds)


def _tally(names: list[str]) -> dict[str, int]:
    return {name: names.count(name) for name in sorted(set(names))}
