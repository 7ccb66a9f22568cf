"""Protocol between a peer's program and the driver: roles and places in, stamps out. Standard library only.

Roles: `prepare` makes the tables; `worker NAME SLOTS` runs jobs; `beat` if the peer has one; `feed` takes the plan;
`fill COUNT` makes a backlog of jobs that are due at once.
The plan has a line a job, `id insert_at run_at` in epoch seconds, in the order of insertion; run_at 0: at once.
A stamp is a line, its times in epoch nanoseconds: `ready`, `fed`, `made ID AT`, `run ID ENTERED LEFT`, `list AT`.

Where a backlog is drained, the body does nothing, a worker that is ready waits for the file `gate`, and each process
keeps the file `PID.entries`, `COUNT FIRST LAST`: bodies entered so far, and when the first and the last one were, in
epoch seconds.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

FOLDER, DATABASE, BROKER, QUEUE, BODY = "PEER_FOLDER", "PEER_DATABASE", "PEER_BROKER", "PEER_QUEUE", "PEER_BODY"
PLAN, GATE, SUFFIX, ENTRIES = "plan", "gate", ".stamps", ".entries"
LOOK_S = 0.02

# Called with a job's id and when it is due; None: at once.
Schedule = Callable[[int, datetime | None], object]


def folder() -> Path:
    return Path(os.environ[FOLDER])


def transport_options() -> dict[str, str]:
    """Return Celery's options: on Redis a prefix, the queue's name, by which all keys can be found and removed."""
    return {"global_keyprefix": f"{os.environ[QUEUE]}."} if os.environ[BROKER].startswith("redis") else {}


def _open() -> int:
    # Appended unbuffered, a line at a write: a killed process has told all it did, and threads do not mix.
    return os.open(folder() / f"{os.getpid()}{SUFFIX}", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)


class _Stamps:
    """File of this process's stamps; opened by the first one, and again after a fork."""

    def __init__(self) -> None:
        self._pid, self._file = 0, -1

    def write(self, line: str) -> None:
        if self._pid != os.getpid():
            self._pid, self._file = os.getpid(), _open()
        os.write(self._file, f"{line}\n".encode())


_stamps = _Stamps()


_entries: list[float] = []


def ready(**_: object) -> None:
    """Note that this process takes jobs from now on; from a backlog it takes them once the gate is open.

    Takes the arguments of whatever signal calls it.
    """
    _stamps.write("ready")
    if drains():
        while not (folder() / GATE).exists():
            time.sleep(LOOK_S)
        threading.Thread(target=_tell_entries, daemon=True).start()


def drains() -> bool:
    return not float(os.environ[BODY])


def _tell_entries() -> None:
    file = folder() / f"{os.getpid()}{ENTRIES}"
    draft, written = file.with_suffix(".draft"), 0
    while True:
        if (count := len(_entries)) > written:
            draft.write_text(f"{count} {_entries[0]!r} {_entries[count - 1]!r}")
            draft.rename(file)  # at once: nobody reads half of it
            written = count
        time.sleep(LOOK_S)


def listed() -> None:
    """The peer has just asked a store which jobs are due."""
    _stamps.write(f"list {time.time_ns()}")


def body(job_id: int) -> None:
    """Run a job: sleep, and stamp when it began and ended. One of a backlog only notes in memory that it began."""
    if drains():
        _entries.append(time.time())
        return
    entered = time.time_ns()
    time.sleep(float(os.environ[BODY]))
    _stamps.write(f"run {job_id} {entered} {time.time_ns()}")


def feed(schedule: Schedule) -> None:
    """Wait for the plan, schedule each of its jobs at its time, and say so."""
    plan = folder() / PLAN
    while not plan.exists():
        time.sleep(LOOK_S)
    for line in plan.read_text().splitlines():
        job_id, insert_at, run_at = line.split()
        time.sleep(max(float(insert_at) - time.time(), 0))
        schedule(int(job_id), datetime.fromtimestamp(float(run_at), tz=UTC) if float(run_at) else None)
        _stamps.write(f"made {job_id} {time.time_ns()}")
    _stamps.write("fed")


def fill(schedule: Schedule, count: str) -> None:
    """Make a backlog one by one, for a peer that cannot do it at once."""
    for job_id in range(1, int(count) + 1):
        schedule(job_id, None)


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(0)


def until_stopped(work: Callable[[], object]) -> None:
    """Do the work, then stay until SIGTERM, so that an end by itself is always a fault."""
    signal.signal(signal.SIGTERM, _end)
    work()
    while True:
        signal.pause()


def main(roles: dict[str, Callable[..., object]]) -> None:
    """Play the role that the command line names, with its arguments."""
    roles[sys.argv[1]](*sys.argv[2:])
