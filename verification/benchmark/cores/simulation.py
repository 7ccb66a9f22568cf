"""Simulation of a drain: who needs a core, who holds an interpreter, who waits for a commit, in simulated time.

A worker's Python is in one place at a time, whatever its threads (the interpreter's lock); it has two connections, one
that takes jobs and one that records ends, each a process of PostgreSQL. Each works off its own queue; all share the
cores, a slice at a time. PostgreSQL's own locks, its WAL, memory and caches are not in it: it says where the cores
stop being the bound, not what comes after.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from verification.benchmark.cores.constants import LISTED, RUN, TAKEN, USABLE, Constants

JOBS_A_CORE = 2_500
SLICE_S = 0.001  # of a core, before the next one gets it
Then = Callable[[], None]


class Machine:
    """Simulated time, and cores that go round."""

    def __init__(self, cores: int) -> None:
        self.now = 0.0
        self._free = cores
        self._events: list[tuple[float, int, Then]] = []
        self._number = 0
        self._wanting: deque[tuple[float, Then]] = deque()

    def after(self, seconds: float, then: Then) -> None:
        """Do it so much later; no core is needed meanwhile."""
        self._number += 1
        heapq.heappush(self._events, (self.now + seconds, self._number, then))

    def compute(self, seconds: float, then: Then) -> None:
        """Do it after so much time on a core."""
        self._wanting.append((seconds / USABLE, then))
        self._give()

    def _give(self) -> None:
        while self._free and self._wanting:
            self._free -= 1
            seconds, then = self._wanting.popleft()
            spent = min(seconds, SLICE_S)
            self.after(spent, partial(self._sliced, seconds - spent, then))

    def _sliced(self, left: float, then: Then) -> None:
        self._free += 1
        if left > 0:
            self._wanting.append((left, then))
        else:
            then()
        self._give()

    def run(self) -> None:
        """Let time pass until nothing is to come."""
        while self._events:
            self.now, _, then = heapq.heappop(self._events)
            then()


@dataclass
class Process:
    """Something that does one thing at a time, in order."""

    machine: Machine
    _waiting: deque[tuple[float, Then]] = field(default_factory=deque)
    _busy: bool = False

    def length(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    def do(self, seconds: float, then: Then) -> None:
        self._waiting.append((seconds, then))
        self._next()

    def _next(self) -> None:
        if not self._busy and self._waiting:
            self._busy = True
            seconds, then = self._waiting.popleft()
            self.machine.compute(seconds, lambda: self._done(then))

    def _done(self, then: Then) -> None:
        self._busy = False
        then()
        self._next()


class Drain:
    """A backlog of `jobs`, listed by `beats` that share it, drained by `workers`."""

    def __init__(self, of: Constants, *, cores: int, workers: int, beats: int, jobs: int) -> None:
        self.of, self.jobs = of, jobs
        self.machine = Machine(cores)
        self.broker = [Process(self.machine) for _ in range(of.broker_threads)]
        self.published, self.ended = 0, 0
        self.first, self.last = -1.0, 0.0
        self.workers = [Worker(self) for _ in range(workers)]
        for n in range(beats):
            self._list(jobs // beats + (n < jobs % beats))

    def per_second(self) -> float:
        """Carry it out; jobs a second from the first start to the last recorded end."""
        self.machine.run()
        return self.jobs / (self.last - self.first)

    def _list(self, share: int) -> None:
        beat, server = Process(self.machine), Process(self.machine)

        def publish(left: int) -> None:
            if part := min(left, self.of.bundle):
                beat.do(micro(part * self.of.beat), lambda: self._pass_on(part))
                # The next one does not wait for the broker, only for the beat.
                beat.do(0.0, lambda: publish(left - part))

        server.do(micro(share * self.of.postgresql * LISTED), lambda: self.commit(lambda: publish(share)))

    def _pass_on(self, part: int) -> None:
        broker = min(self.broker, key=Process.length)
        broker.do(micro(part * self.of.broker), lambda: self._published(part))

    def _published(self, part: int) -> None:
        self.published += part
        for worker in self.workers:
            worker.take()

    def commit(self, then: Then) -> None:
        self.machine.after(self.of.commit_s, then)

    def started(self) -> None:
        if self.first < 0:
            self.first = self.machine.now

    def recorded(self, part: int) -> None:
        self.ended += part
        self.last = self.machine.now


class Worker:
    """A worker: takes as many as it has slots, one transaction after another, and records ends the same way."""

    def __init__(self, drain: Drain) -> None:
        self._drain = drain
        machine = drain.machine
        self._python, self._taker, self._recorder = Process(machine), Process(machine), Process(machine)
        self._free = drain.of.slots
        self._taking = self._recording = False
        self._to_record = 0

    def take(self) -> None:
        drain, of = self._drain, self._drain.of
        part = min(drain.published, self._free, of.batch)
        if self._taking or not part:
            return
        self._taking = True
        drain.published -= part
        self._free -= part
        statement = micro(part * of.postgresql * (1 - LISTED) / 2)
        self._python.do(
            micro(part * of.worker * TAKEN),
            lambda: self._taker.do(statement, lambda: drain.commit(lambda: self._taken(part))),
        )

    def _taken(self, part: int) -> None:
        self._taking = False
        self._drain.started()
        self._python.do(micro(part * self._drain.of.worker * RUN), lambda: self._run(part))
        self.take()

    def _run(self, part: int) -> None:
        self._free += part
        self._to_record += part
        self._record()
        self.take()

    def _record(self) -> None:
        part, of = self._to_record, self._drain.of
        if self._recording or not part:
            return
        self._recording, self._to_record = True, 0
        statement = micro(part * of.postgresql * (1 - LISTED) / 2)
        self._python.do(
            micro(part * of.worker * (1 - TAKEN - RUN)),
            lambda: self._recorder.do(statement, lambda: self._drain.commit(lambda: self._recorded(part))),
        )

    def _recorded(self, part: int) -> None:
        self._recording = False
        self._drain.recorded(part)
        self._record()


def micro(microseconds: float) -> float:
    """Return seconds."""
    return microseconds / 1e6


def per_second(of: Constants, *, cores: int, workers: int, beats: int = 1, jobs: int = 20_000) -> float:
    """Return the jobs a second of a drain."""
    return Drain(of, cores=cores, workers=workers, beats=beats, jobs=jobs).per_second()


def best(of: Constants, *, cores: int, beats: int = 1) -> tuple[float, int]:
    """Return the jobs a second, and the workers, by which they are most: any number of them up to two a core."""
    jobs = JOBS_A_CORE * cores  # so many that all workers have their slots full for most of it
    numbers = sorted({max(round(cores * share), 1) for share in (0.5, 1, 1.5, 2)})
    return max((per_second(of, cores=cores, workers=workers, beats=beats, jobs=jobs), workers) for workers in numbers)
