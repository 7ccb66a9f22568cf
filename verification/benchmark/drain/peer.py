"""A peer, drained as RunAt is: in an environment and a database of its own, with its own program."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from verification.benchmark.drain import meter
from verification.benchmark.drain.drained import Drained
from verification.benchmark.drain.meter import Observer
from verification.benchmark.drain.system import Surroundings, System, watch
from verification.benchmark.peers.driver import Driver, Processes
from verification.benchmark.peers.environment import install
from verification.benchmark.peers.peer import Peer
from verification.benchmark.peers.programs import protocol


@dataclass
class DrainedPeer(System):
    """A peer in the drain. Its environment is installed once, its database is new for each drain."""

    peer: Peer = field(kw_only=True)
    broker_url: str = field(kw_only=True)
    folder: Path = field(kw_only=True)
    around: Surroundings = field(kw_only=True)
    _driver: Driver | None = None

    @classmethod
    def of(cls, peer: Peer, folder: Path, broker_url: str, around: Surroundings, broker: str = "") -> DrainedPeer:
        """Return this peer, in a new folder, on that broker if it uses one."""
        return cls(
            name="_".join(filter(None, (peer.name, broker))),
            title=peer.drain_title or peer.title,
            settings=peer.drain,
            broker=broker,
            instances=peer.drain_processes,
            peer=peer,
            folder=folder,
            broker_url=broker_url,
            around=around,
        )

    def prepare(self) -> None:
        """Install it. Raises Unavailable."""
        self.installed()

    def installed(self) -> Driver:
        """Return the driver of its program, which is installed the first time. Raises Unavailable."""
        if self._driver is None:
            self._driver = self._install()
        return self._driver

    def _install(self) -> Driver:
        self.folder.mkdir(parents=True)
        self.around.tell(f"{self.name}: installing", 0, 1)
        program = install(self.peer, self._installed, self.around.interrupts)
        self.versions = program.versions
        return Driver(self.peer, program, self.folder, self.around.interrupts, self.around.tell, self.broker_url)

    @property
    def _installed(self) -> Path:
        return self.folder / "environment"

    def remove(self) -> None:
        shutil.rmtree(self._installed, ignore_errors=True)

    def drain(self, jobs: int, number: int) -> Drained:
        with self.installed().backlog(jobs, f"drain{number}") as (processes, home, database):
            if not database:
                return self._drained(jobs, processes, home, None)
            with meter.observing(database) as observer:
                observer.execute("ANALYZE")
                with meter.fresh(observer):
                    pass
                return self._drained(jobs, processes, home, observer)

    def _drained(self, jobs: int, processes: Processes, home: Path, observer: Observer | None) -> Drained:
        looks, at = 0, 0.0
        question = self.peer.ended

        def done() -> bool:
            nonlocal at, looks
            looks += 1
            if observer is None:
                count, _, at = entries(home)
                return count >= jobs
            moment, all_ended = meter.row(observer, f"SELECT clock_timestamp(), {question}")
            at = moment.timestamp()
            return bool(all_ended)

        def left() -> str:
            return f"{entries(home)[0]:,} of {jobs:,} bodies were entered"

        before = meter.read(processes, observer, self.broker_url)
        (home / protocol.GATE).touch()
        watch(f"{self.name}: draining", done, processes, self.around, jobs, left=left)
        spent = meter.read(processes, observer, self.broker_url).since(before)
        watch(f"{self.name}: its last words", lambda: entries(home)[0] >= jobs, processes, self.around, 0, left=left)
        count, first, _ = entries(home)
        return Drained(
            jobs,
            at - first,
            dict(spent.cpu),
            wal=spent.wal,
            writes=spent.writes,
            statements=None if spent.statements is None else spent.statements - looks,
            messages=spent.messages,
            flaws=[] if count == jobs else [f"{jobs:,} jobs: {count:,} bodies were entered."],
        )


def entries(home: Path) -> tuple[int, float, float]:
    """Bodies entered so far in all processes, and when the first and the last of them were, in epoch seconds."""
    lines = [file.read_text().split() for file in home.glob(f"*{protocol.ENTRIES}")]
    return (
        sum(int(count) for count, _, _ in lines),
        min((float(first) for _, first, _ in lines), default=0.0),
        max((float(last) for _, _, last in lines), default=0.0),
    )
