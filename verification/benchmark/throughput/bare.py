"""Bare Celery: an app of its own with one task that does nothing.

Its entries are stamped where ours are, in the body; each process leaves what it has seen in a file.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from celery import Celery, signals

TASK = "bare.noop"
FOLDER = "BARE_FOLDER"  # the variable that says where the files go
EVERY = 0.1  # seconds

# Not the current app: a benchmark that imports this publishes its jobs through ours.
app = Celery("bare", broker=os.environ.get("BROKER_URL", ""), set_as_current=False)
app.conf.update(task_ignore_result=True, broker_connection_retry_on_startup=True)


@dataclass(frozen=True)
class Seen:
    """Work of a process so far; times in seconds since the epoch, 0 before the first."""

    done: int
    first: float
    last: float


_entries: list[float] = []


@app.task(name=TASK, ignore_result=True)
def noop() -> None:
    """Do nothing, and note when: entry and end of such a body are one moment."""
    _entries.append(time.time())


@signals.worker_ready.connect
def _ready(**kwargs: Any) -> None:
    if FOLDER in os.environ:
        threading.Thread(target=_tell, args=(Path(os.environ[FOLDER]),), daemon=True).start()


def _tell(folder: Path) -> None:
    file, draft = folder / f"{os.getpid()}.bare", folder / f"{os.getpid()}.draft"
    written: Seen | None = None
    while True:
        entries = _entries[:]
        seen = Seen(len(entries), min(entries, default=0.0), max(entries, default=0.0))
        if seen != written:
            draft.write_text(json.dumps(asdict(seen)))
            draft.rename(file)
            written = seen
        time.sleep(EVERY)


def seen(folder: Path) -> Iterator[Seen]:
    """Yield what each process has told so far; those that are not ready have told nothing."""
    for file in folder.glob("*.bare"):
        yield Seen(**json.loads(file.read_text()))
