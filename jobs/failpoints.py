"""Named places where a test or a drill makes a process die, stop or stumble. Off unless JOBS_FAILPOINTS is set.

It names a folder. A file `<folder>/<name>` arms a failpoint for the first process that comes by; its content is the
action: `kill`, `stop`, `raise`, or `sleep SECONDS`. Who takes it renames it, so it acts once, and notes it in
`<folder>/hits`.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

NAMES = (
    "before-turn",  # a place of a limit is free and committed, and nobody has looked yet whose turn is next
    "in-move",  # jobs that are over are in the history and no longer in their table, and nothing is committed
    "after-list",  # the list query has run, its transaction has not committed
    "after-mark",  # the rows are marked, nothing is published
    "after-publish",  # published, not yet noted as published
    "in-sweep",  # the leader has made the next runs of schedules whose time has come, and has not committed
    "in-acquire",  # RUNNING, the ledger row and the next runs of schedules are written, and not committed
    "after-acquire",  # RUNNING and the ledger row are committed
    "before-body",  # the instant has come
    "after-body",  # the body has returned
    "before-finish",  # its end is about to be recorded
)
OF_OPERATIONS = ("in-operation",)  # jobs are changed and the operation's position is written, and not committed
# Where a test stops or kills whoever holds jobs' rows.
IN_TRANSACTIONS = (
    "in-acquire",
    "in-finish",  # the end is written; a drill does not kill there: nothing would remain of it
    "in-move",
)

_folder = os.environ.get("JOBS_FAILPOINTS", "")


class FailpointReached(Exception):
    """Error that the action `raise` raises."""


def hit(name: str) -> None:
    """Act if somebody has armed this failpoint."""
    if _folder:
        _act(Path(_folder), name)


def _act(folder: Path, name: str) -> None:
    taken = folder / f"{name}.{os.getpid()}.{time.monotonic_ns()}"
    try:
        (folder / name).rename(taken)
    except FileNotFoundError:
        return
    action, _, seconds = taken.read_text().strip().partition(" ")
    with (folder / "hits").open("a") as hits:
        hits.write(f"{name} {action} {os.getpid()} {time.clock_gettime(time.CLOCK_REALTIME):.6f}\n")
        hits.flush()
        os.fsync(hits.fileno())
    # To this thread: a signal to the process may stop another one first, while this one goes on.
    if action == "kill":
        signal.raise_signal(signal.SIGKILL)
    elif action == "stop":
        signal.raise_signal(signal.SIGSTOP)
    elif action == "sleep":
        time.sleep(float(seconds))
    else:
        raise FailpointReached(f"failpoint {name}: {action}")
