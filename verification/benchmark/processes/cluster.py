"""The real processes of a round: beats and workers as anybody would start them, tied to the life of this one."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from launcher.process import send
from verification.benchmark.processes import logs
from verification.benchmark.processes.member import Member, Turn

POLL_S = 0.05
FOLDER_PREFIX = "runat-benchmark-"
CELERY = (sys.executable, "-m", "celery", "-A")


class Cluster:
    """Processes of a round. The methods belong to the main thread, which the processes are tied to."""

    def __init__(
        self,
        *,
        instances: int,
        slots: int,
        beats: int,
        pool: str = "threads",
        word: str = "bench",
        app: str = "project",
        queue: str = "",
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`word`: what the workers' names begin with; `app`: the module of their Celery app; `queue`: the only one they
        take from, or several with commas, if not the default."""
        self.folder = folder or Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
        self._environment = os.environ if environment is None else environment
        beat = [*CELERY, app, "beat"]
        worker = [*CELERY, app, "worker", "-P", pool, "-c", str(slots), *(["-Q", queue] if queue else []), "-n"]
        self.members = [self._member(f"beat{n}", "beat", beat) for n in range(1, beats + 1)]
        self.members += [
            self._member(f"{word}{n}", "worker", [*worker, f"{word}{n}@%h"]) for n in range(1, instances + 1)
        ]

    def _member(self, name: str, kind: str, command: list[str]) -> Member:
        return Member(name, kind, command, self.folder / f"{name}.log", environment=self._environment)

    def start(self) -> None:
        for member in self.members:
            member.start()

    def pids(self, kind: str) -> set[int]:
        """Return the ids of the processes of a kind that run at present."""
        return {m.process.pid for m in self.members if m.kind == kind and m.process is not None}

    def cycle_workers(self, turns: Callable[[str], Iterator[Turn]]) -> None:
        """Let each worker live and pause by its own turns, given its name."""
        for member in self.members:
            if member.kind == "worker":
                member.cycle(turns(member.name))

    def stay(self) -> None:
        for member in self.members:
            member.stay()

    def tick(self) -> None:
        for member in self.members:
            member.tick()

    def cpu(self) -> dict[str, float]:
        """CPU seconds so far, by kind of process."""
        spent: dict[str, float] = {}
        for member in self.members:
            spent[member.kind] = spent.get(member.kind, 0.0) + member.cpu
        return spent

    @property
    def restarts(self) -> int:
        return sum(max(member.lives - 1, 0) for member in self.members)

    def stop(self, hurried: Callable[[], bool]) -> None:
        """Stop all, gracefully while nobody is in a hurry."""
        for member in self.members:
            member.ask_to_stop()
        while living := [m for m in self.members if m.process is not None]:
            for member in living:
                if hurried() and member.process is not None:
                    send(member.process, signal.SIGKILL)
                member.tick()
            time.sleep(POLL_S)

    def problems(self) -> list[str]:
        """Return what raised, ended by itself, or did not end well, a sentence each."""
        return [*self.bad_ends(), *self.raised()]

    def bad_ends(self) -> list[str]:
        return [line for member in self.members for line in member.problems]

    def raised(self) -> list[str]:
        return [line for member in self.members for line in logs.trouble(member.log, start=member.log_read)]

    def forget_problems(self) -> None:
        """Begin a new chapter: what was said and what ended so far is not told again."""
        for member in self.members:
            member.problems.clear()
            member.log_read = logs.length(member.log)

    def last_words(self) -> str:
        """The end of each log that shows a problem."""
        troubled = [m for m in self.members if m.problems or logs.trouble(m.log)] or self.members
        return "\n\n".join(f"--- {m.log}\n{logs.last_words(m.log)}" for m in troubled)
