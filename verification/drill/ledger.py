"""The independent ledger: what the bodies of jobs say themselves, or the receiver of HTTP jobs for theirs, outside our
tables, one line at entry and one at the end. Appended whole and synced before the body goes on, so that a line is there
however the process dies."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

VARIABLE = "JOBS_DRILL_LEDGER"  # names the file; without it there is no target that writes one
TARGET = "drill.body"  # whose calls write it
TASK_NAME = "drill.task"  # of Celery's own tasks, which write a line each when they are done
ENTRY, END, TASK, BUNDLE = "entry", "end", "task", "bundle"
EDITION = re.compile(r"-e\d+$")
BUNDLE_ID = re.compile(r"job-(\d+)-.*-and-\d+-more")  # of a message of several jobs (jobs/publishing/messages.py)


@dataclass(frozen=True)
class Line:
    """`key` is the one in the payload; `at` is the wall clock of the machine, in seconds, corrected by nothing
    and asked past `time.time`, which a fault may have made wrong."""

    what: str
    key: str
    pid: int
    at: float


def key_of_run(word: str, nominal: datetime) -> str:
    """Return the key of the run of a schedule: the word of the schedule and the second that the run stands for."""
    return f"{word}@{nominal.timestamp():.6f}"


def first_key(key: str) -> str:
    """Return the key that a job had before its first edit: each gives it another."""
    return EDITION.sub("", key)


def write(what: str, key: str) -> None:
    """Append one line to the file that the environment names."""
    line = f"{what} {key} {os.getpid()} {time.clock_gettime(time.CLOCK_REALTIME):.6f}\n".encode()
    file = os.open(os.environ[VARIABLE], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, line)  # one write of one line: those of several processes do not mix
        os.fsync(file)
    finally:
        os.close(file)


def read(path: Path, run: str) -> list[Line]:
    """The lines of one round, whose keys begin with its name."""
    return [line for line in _lines(path) if line.key.startswith(f"{run}-")]


def first_of_bundle(task_id: str) -> int | None:
    """Return the first job of a message of several, by the message's id; None if it is of one job."""
    match = BUNDLE_ID.fullmatch(task_id)
    return int(match[1]) if match else None


def bundles(path: Path, job_ids: Collection[int]) -> int:
    """Count the messages of several of these jobs that have come to workers, again and again too."""
    return sum(line.what == BUNDLE and first_of_bundle(line.key) in job_ids for line in _lines(path))


def _lines(path: Path) -> list[Line]:
    if not path.exists():
        return []
    lines = [line.split() for line in path.read_text().splitlines()]
    return [Line(what, key, int(pid), float(at)) for what, key, pid, at in lines]
