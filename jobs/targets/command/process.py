"""Process of a command: made ready ahead of its time, started at it, and followed to its end."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from jobs.targets.command.output import Output
from jobs.targets.context import Context

GUARD = Path(__file__).with_name("guard.py")
GRACE = 5.0  # seconds between the request to stop and the end of patience
PATIENCE = 10.0  # seconds for the guard to go once it was told that nobody waits for it
CHUNK = 65_536
LOADER = ("LD_LIBRARY_PATH",)  # what Python itself may need; nothing else is handed on


@dataclass(frozen=True)
class End:
    """End of a program. `status` is that of waitpid; `trouble` says why it was never started."""

    status: int | None
    stopped: bool
    trouble: str
    deadline: bool


class Process:
    """Program that waits for its instant, and then runs under a guard. `close` ends it, in any case."""

    def __init__(self, order: Mapping[str, Any], stdin: str | None, output: Output) -> None:
        self._output = output
        self._lock = Lock()
        self._guard: subprocess.Popen[bytes] | None = None
        with ExitStack() as ours, ExitStack() as theirs:
            go, self._go = _pipe(theirs, ours)
            self._read, out = _pipe(ours, theirs)
            whole = theirs.enter_context(tempfile.TemporaryFile())
            given = theirs.enter_context(
                Path(os.devnull).open("rb") if stdin is None else tempfile.TemporaryFile()  # noqa: SIM115 - entered
            )
            if stdin is not None:
                given.write(stdin.encode())
                given.seek(0)
            fds = {"go": go, "input": given.fileno(), "output": out}
            text = json.dumps({**order, **fds, "parent": os.getpid(), "grace": GRACE})
            whole.write(text.encode())
            whole.seek(0)
            self._guard = subprocess.Popen(
                [sys.executable, "-I", "-S", "-X", "utf8", str(GUARD), str(whole.fileno())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={name: os.environ[name] for name in LOADER if name in os.environ},
                start_new_session=True,
                pass_fds=[whole.fileno(), *fds.values()],
            )
            ours.pop_all()
        os.set_blocking(self._read, False)

    def run(self, ctx: Context) -> End:
        """Start the program now, and return how it ended. It is stopped when the job is to stop or its time is over."""
        guard = self._guard
        assert guard is not None  # noqa: S101 - it was not closed
        assert guard.stdout is not None  # noqa: S101 - it is a pipe
        with suppress(BrokenPipeError):  # the guard says why
            os.write(self._go, b"g")
        ctx.execution.interruptible(self.stop)
        report, late = b"", False
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._read, selectors.EVENT_READ)
            waiting.register(guard.stdout, selectors.EVENT_READ)
            try:
                while True:
                    ready = {key.fd for key, _ in waiting.select(None if late else ctx.left)}
                    if self._read in ready and not self._take():
                        waiting.unregister(self._read)
                    if guard.stdout.fileno() in ready:
                        if not (data := os.read(guard.stdout.fileno(), CHUNK)):
                            break
                        report += data
                    if not late and ctx.left == 0.0:
                        late = True
                        self.stop()
            finally:
                ctx.execution.interruptible(None)
        while self._take():
            pass
        if not report:
            return End(None, stopped=False, trouble="", deadline=late)
        return End(**json.loads(report), deadline=late)

    def _take(self) -> bool:
        """Take what it has said; False where there is nothing more for now, or ever."""
        try:
            data = os.read(self._read, CHUNK)
        except BlockingIOError:
            return False
        self._output.add(data)
        return bool(data)

    def stop(self) -> None:
        """Have the program asked to end, and a while later killed with all of its group. Never waits."""
        with self._lock:
            if self._guard is not None and self._guard.stdin is not None:
                with suppress(BrokenPipeError, BlockingIOError):
                    os.write(self._guard.stdin.fileno(), b"t")

    def close(self) -> None:
        """End what still runs, and release what this process holds of it."""
        with self._lock:
            guard, self._guard = self._guard, None
            if guard is None:
                return
            for pipe in (guard.stdin, guard.stdout):
                if pipe is not None:
                    with suppress(BrokenPipeError):
                        pipe.close()
            os.close(self._go)
            os.close(self._read)
        try:
            guard.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            guard.kill()  # the kernel kills the program with it
            guard.wait()

    def __del__(self) -> None:
        self.close()  # the job was stopped before its instant


def _pipe(reader: ExitStack, writer: ExitStack) -> tuple[int, int]:
    read, write = os.pipe()
    reader.callback(os.close, read)
    writer.callback(os.close, write)
    return read, write
