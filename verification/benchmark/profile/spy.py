"""Samples the stacks of other processes by py-spy, which is installed into a folder of its own for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from launcher.process import send, spawn
from verification.benchmark.processes.member import Member
from verification.benchmark.processes.start import RoundFailed

PY_SPY = "py-spy==0.4.3"
RATE = 50  # samples a second of each process
WRITTEN_WITHIN = 60.0  # seconds


@dataclass(frozen=True)
class Spy:
    """`program`: py-spy; `folder`: for what it writes."""

    program: Path
    folder: Path

    @contextmanager
    def watching(self, members: Iterable[Member]) -> Iterator[None]:
        """Have these processes sampled inside. Raises RoundFailed where that cannot be done."""
        spies = {one.name: self._begin(one.name, one.process.pid) for one in members if one.process is not None}
        try:
            yield
        finally:
            for spy in spies.values():
                send(spy, signal.SIGINT)
            for spy in spies.values():
                try:
                    spy.wait(WRITTEN_WITHIN)
                except subprocess.TimeoutExpired:
                    send(spy, signal.SIGKILL)
                    spy.wait()
        for name in spies:
            if not self.file(name).exists():
                words = (self.folder / f"{name}.spy.log").read_text(errors="replace")[-500:]
                raise RoundFailed(f"{name} could not be sampled; as root, or with CAP_SYS_PTRACE, it can be: {words}")

    def file(self, name: str) -> Path:
        return self.folder / f"{name}.stacks"

    def _begin(self, name: str, pid: int) -> subprocess.Popen[bytes]:
        words = ["record", "--pid", str(pid), "--rate", str(RATE), "--format", "raw"]
        words += ["--gil"]  # else threads that wait count as running where the kernel does not tell of them
        command = [str(self.program), *words, "--full-filenames", "--function", "--output", str(self.file(name))]
        with (self.folder / f"{name}.spy.log").open("ab") as log:
            return spawn(command, log=log, cwd=self.folder, environment=os.environ)


def install(folder: Path) -> Spy:
    """Return one that writes to this folder. Raises RoundFailed where pip cannot fetch it."""
    target = folder / "py-spy"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run([*pip, "--target", target, PY_SPY], check=False, capture_output=True, text=True)
    if done.returncode:
        raise RoundFailed(f"pip cannot fetch {PY_SPY}, by which it is measured: {done.stderr[-500:]}")
    return Spy(target / "bin" / "py-spy", folder)
