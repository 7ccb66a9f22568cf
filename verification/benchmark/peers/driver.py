"""Driver of a peer from end to end: its processes, its jobs, its stamps."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from launcher.home import CHECKOUT
from launcher.interrupts import Interrupts
from verification.benchmark import cost
from verification.benchmark.options import Options
from verification.benchmark.peers import plan as plans
from verification.benchmark.peers import services
from verification.benchmark.peers.environment import Program, Unavailable, run
from verification.benchmark.peers.outcome import Punctuality, punctuality
from verification.benchmark.peers.peer import Peer
from verification.benchmark.peers.plan import Entry, Stamps
from verification.benchmark.peers.programs import protocol
from verification.benchmark.processes.cluster import Cluster
from verification.benchmark.processes.member import Member
from verification.benchmark.processes.start import Tell, at_work
from verification.benchmark.workload import BODY_SECONDS

LOOK_EVERY = 4  # ticks between looks at the stamps: reading them must not cost what is measured
PREPARED_WITHIN = 120.0  # seconds
FILLED_WITHIN = 600.0  # seconds for a backlog
SOON = timedelta(seconds=1)  # from the writing of the plan to its first insert
# All that a peer sees of our environment: Celery would take BROKER_URL from it before its own settings.
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR")


class Processes(Cluster):
    """Processes of a peer: started, watched and stopped as ours are."""

    def __init__(self, folder: Path, members: Sequence[Member]) -> None:
        self.folder, self.members = folder, list(members)


@dataclass(frozen=True)
class Driver:
    """Measures one peer, whose program is installed. `folder` has no folder yet of the name of what is measured."""

    peer: Peer
    program: Program
    folder: Path
    interrupts: Interrupts
    tell: Tell
    broker_url: str

    def punctuality(self, asked: Options, *, window: timedelta, max_delay: timedelta) -> Punctuality:
        """Put the workload to it and score it. Raises Unavailable, RoundFailed."""
        with self._at_home("load", BODY_SECONDS) as (home, environment, database):
            processes = self._processes(home, environment, asked.instances, asked.slots)
            with self._living(processes, ready=self._all_ready(processes, home)) as wait:
                duration = timedelta(seconds=asked.duration)
                begin = datetime.now(UTC) + SOON
                since, until = begin + window, begin + window + duration
                plan = plans.punctual(begin, duration=duration, window=window, seed=asked.seed)
                self._write(home, plan)
                _pass(wait, (until - datetime.now(UTC)).total_seconds(), "load")
                longest = (window + max_delay).total_seconds()
                stamps = _stamps_when(wait, home, lambda stamps: _done(stamps, plan), longest, "the last jobs")
                idle = _idle(wait, database, asked.idle)
                # The windows that are counted end after the load: a peer that polls, polls until then.
                where = cost.interval(since, duration, window.total_seconds())
                _pass(wait, (where.stop - datetime.now(UTC)).total_seconds(), "the last window")
                lists = sum(where.start <= at < where.stop for at in _read(home).lists)
        return punctuality(
            plans.rows(plan, stamps),
            created=len(plan),
            cost=cost.LIST_QUERY * lists,
            idle=idle,
            window=window,
            max_delay=max_delay,
        )

    @contextmanager
    def backlog(self, jobs: int, what: str) -> Iterator[tuple[Processes, Path, str]]:
        """A backlog of jobs that do nothing, and the workers that will drain it, who are ready and wait for the gate:
        their processes, their folder, the address of their database. Raises Unavailable, RoundFailed."""
        with self._at_home(what, 0) as (home, environment, _):
            self.tell(f"{self.peer.name}: filling the backlog", 0, 1)
            self._carry_out(["fill", str(jobs)], home, environment, "fill its backlog", within=FILLED_WITHIN)
            processes = self._processes(home, environment, self.peer.drain_processes, self.peer.drain_slots)
            processes.members = [member for member in processes.members if member.kind == "worker"]
            with self._living(processes, ready=self._all_ready(processes, home)):
                yield processes, home, environment[protocol.DATABASE]

    @contextmanager
    def _at_home(self, what: str, body_s: float) -> Iterator[tuple[Path, dict[str, str], str]]:
        """A folder, an environment and, if it uses one, a database that nobody else has; tables made."""
        home = self.folder / what
        home.mkdir(parents=True)
        name = f"{self.folder.parent.name}_{self.peer.name}_{what}".replace("-", "_").lower()
        with (
            services.broker(self.peer, name, self.broker_url) as broker,
            services.database(self.peer, name) as database,
        ):
            environment = {
                **{name: os.environ[name] for name in KEPT if name in os.environ},
                "PYTHONPATH": str(CHECKOUT),
                protocol.FOLDER: str(home),
                protocol.DATABASE: database,
                protocol.BROKER: broker,
                protocol.QUEUE: name,
                protocol.BODY: str(body_s),
                **self.program.environment,
            }
            if self.peer.prepares:
                self._carry_out(["prepare"], home, environment, "make its tables", within=PREPARED_WITHIN)
            yield home, environment, name if self.peer.uses_database else ""

    def _carry_out(
        self, role: Sequence[str], home: Path, environment: Mapping[str, str], what: str, *, within: float
    ) -> None:
        log = home / f"{role[0]}.log"
        if run(self._command(role), log, environment, self.interrupts, within=within):
            raise Unavailable(f"could not {what}; see {log}")

    def _command(self, role: Sequence[str]) -> list[str]:
        return [*self.program.command, *role]

    def _processes(self, home: Path, environment: Mapping[str, str], instances: int, slots: int) -> Processes:
        def member(name: str, kind: str, role: list[str]) -> Member:
            return Member(name, kind, self._command(role), home / f"{name}.log", environment=environment)

        members = [member(name, "worker", role) for name, role in self.peer.workers(instances, slots)]
        members += [member(name, "helper", role) for name, role in self.peer.helpers()]
        return Processes(home, members)

    @contextmanager
    def _living(self, processes: Processes, ready: Callable[[], bool]) -> Iterator[Tell]:
        """Keep the processes at work inside. Yields what to call while waiting; that raises Unavailable if one has
        ended.
        """

        def tell(what: str, passed: float, longest: float) -> None:
            self.tell(f"{self.peer.name}: {what}", passed, longest)

        with at_work(processes, None, self.interrupts, tell, ready) as wait:

            def watch(what: str, passed: float, longest: float) -> None:
                wait(what, passed, longest)
                if ended := processes.bad_ends():
                    raise Unavailable(f"{ended[0]}; its logs are in {processes.folder}")

            yield watch

    @staticmethod
    def _all_ready(processes: Processes, home: Path) -> Callable[[], bool]:
        workers = sum(member.kind == "worker" for member in processes.members)
        return lambda: _read(home).ready >= workers

    def _write(self, home: Path, plan: Sequence[Entry]) -> None:
        draft = home / "draft"
        draft.write_text("".join(f"{job.line()}\n" for job in plan))
        draft.rename(home / protocol.PLAN)  # at once: the feeder must not read half of it


def _idle(wait: Tell, database: str, seconds: float) -> float | None:
    """Statements a second while nothing is to be done."""
    if not database:
        return 0.0  # it has none
    before, started = services.calls(database), time.monotonic()
    _pass(wait, seconds, "idle")
    after, passed = services.calls(database), time.monotonic() - started
    return (after - before) / passed if before is not None and after is not None and seconds else None


def _pass(wait: Tell, seconds: float, what: str) -> None:
    start = time.monotonic()
    while (passed := time.monotonic() - start) < seconds:
        wait(what, passed, seconds)


def _stamps_when(wait: Tell, home: Path, enough: Callable[[Stamps], bool], longest: float, what: str) -> Stamps:
    """Wait until what was told is enough, or for so long, and return it."""
    start = time.monotonic()
    while not enough(stamps := _read(home)):
        if (passed := time.monotonic() - start) > longest:
            return stamps
        for _ in range(LOOK_EVERY):
            wait(what, passed, longest)
    return stamps


def _read(home: Path) -> Stamps:
    # A line that is still being written ends without its newline, and is read the next time.
    texts = (file.read_text() for file in sorted(home.glob(f"*{protocol.SUFFIX}")))
    return plans.stamps(line for text in texts for line in text[: text.rfind("\n") + 1].splitlines())


def _done(stamps: Stamps, plan: Sequence[Entry]) -> bool:
    return stamps.fed and len(stamps.runs) >= len(plan)
