"""Sessions that read and write all the time, and note how long each statement took."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg

from jobs.clock import steady
from verification.benchmark.upgrade.before import Statement

PAUSE = 0.005  # seconds between two statements of a session
REPORT_EVERY = 2.0  # seconds between two reports
REPORT = "SELECT count(*) FROM (SELECT FROM jobs_job LIMIT 10) AS some, pg_sleep(%(seconds)s)"

Statements = Callable[[], Iterator[Statement]]


@dataclass(frozen=True)
class Wait:
    """A statement: when it began, on the steady clock, how long it took, in seconds, and its first words."""

    began: float
    seconds: float
    words: str


class Session:
    """A session on a thread of its own. As a context it runs, and ends it. `errors`: of statements that were refused,
    such as those that name what a migration has renamed."""

    def __init__(self, name: str, address: str, statements: Statements, pause: float = PAUSE) -> None:
        self.name = name
        self.waits: list[Wait] = []
        self.errors: dict[str, int] = {}
        self._address, self._statements, self._pause = address, statements, pause
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def longest(self, since: float = 0.0, until: float = float("inf")) -> Wait | None:
        """Return the statement that took longest of those that were at work between these moments."""
        found = [wait for wait in self.waits if wait.began < until and wait.began + wait.seconds > since]
        return max(found, key=lambda wait: wait.seconds, default=None)

    def __enter__(self) -> Session:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        with psycopg.connect(self._address, autocommit=True) as database:
            for text, values in self._statements():
                if self._stop.wait(self._pause):
                    return
                began = steady()
                try:
                    database.execute(text, values)
                except psycopg.Error as error:
                    said = str(error).splitlines()[0]
                    self.errors[said] = self.errors.get(said, 0) + 1
                self.waits.append(Wait(began, steady() - began, " ".join(text.split())[:60]))


def reports(seconds: float) -> Statements:
    """Return what somebody asks whose statements take so long, in a transaction each."""

    def asked() -> Iterator[Statement]:
        while True:
            yield REPORT, {"seconds": seconds}

    return asked
