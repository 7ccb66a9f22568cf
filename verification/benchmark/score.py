"""Qualification and scores, from the rows alone. Pure: no database, no clock."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from jobs.states import State

MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Row:
    """Job of the round as the table and the ledger have it. Times are aware, on the database's clock."""

    job_id: int
    #: True: due with the other jobs of its burst at one instant.
    burst: bool
    state: int
    run_at: datetime
    created_at: datetime
    #: Moment at which a worker took the row; None: none did.
    locked_at: datetime | None
    #: Entry of the body; None: it was never entered.
    execute_at: datetime | None
    finished_at: datetime | None
    #: Rows of the job in the ledger.
    starts: int


@dataclass(frozen=True)
class Spread:
    """A summary of delays, in milliseconds; `stdev` is that of a sample."""

    jobs: int
    mean: float
    stdev: float
    low: float
    p50: float
    p95: float
    p99: float
    high: float

    @property
    def efficiency(self) -> float:
        """The score of the exercise: mean + stdev."""
        return self.mean + self.stdev


@dataclass(frozen=True)
class Counts:
    """Number of jobs that came so far."""

    created: int
    acquired: int
    completed: int


def flaws(rows: Sequence[Row], *, created: int, window: timedelta, max_delay: timedelta) -> list[str]:
    """Return why the round does not qualify, a sentence each; empty: it does. `created`: jobs that were committed."""
    found = [flaw for row in rows for flaw in _flaws_of(row, window, max_delay)]
    n = counts(rows, created)
    if not n.created == len(rows) == n.acquired == n.completed:
        found.insert(
            0,
            f"{n.created} jobs were created, {len(rows)} are in the table, {n.acquired} were acquired, "
            f"{n.completed} completed.",
        )
    if created == 0:
        found.append("There were no jobs.")
    return found


def _flaws_of(row: Row, window: timedelta, max_delay: timedelta) -> list[str]:
    who = f"Job {row.job_id}"
    found = []
    if row.state != State.COMPLETED:
        found.append(f"{who} is {State(row.state).label}.")
    if row.run_at - row.created_at < window:
        found.append(f"{who} was created only {_ms(row.run_at - row.created_at)} ahead.")
    if row.execute_at is not None:
        delay = row.execute_at - row.run_at
        if delay < timedelta(0):
            found.append(f"{who} started {_ms(-delay)} early.")
        if delay > max_delay:
            found.append(f"{who} started {_ms(delay)} late.")
    if row.starts > 1:
        found.append(f"{who} was started {row.starts} times.")
    return found


def _ms(span: timedelta) -> str:
    return f"{span / MILLISECOND:,.3f} ms"


def counts(rows: Sequence[Row], created: int) -> Counts:
    """`acquired` goes by the ledger: a start is its row there."""
    return Counts(
        created=created,
        acquired=sum(row.starts > 0 for row in rows),
        completed=sum(row.state == State.COMPLETED for row in rows),
    )


def start_delays(rows: Sequence[Row]) -> list[float]:
    """Return how late each body was entered, in ms."""
    return [(row.execute_at - row.run_at) / MILLISECOND for row in rows if row.execute_at]


def original_delays(rows: Sequence[Row]) -> list[float]:
    """Return the delays by the stamp of 2019, which was taken after the body, in ms."""
    return [(row.finished_at - row.run_at) / MILLISECOND for row in rows if row.execute_at and row.finished_at]


def leads(rows: Sequence[Row]) -> list[float]:
    """Return how long before `run_at` each row was locked that was locked early, in ms."""
    return [(row.run_at - row.locked_at) / MILLISECOND for row in rows if row.locked_at and row.locked_at < row.run_at]


def jobs_per_second(rows: Sequence[Row]) -> float:
    """Completed jobs over the time from the first start to the last end."""
    done = [row for row in rows if row.execute_at and row.finished_at]
    if not done:
        return 0.0
    first = min(row.execute_at for row in done if row.execute_at)
    last = max(row.finished_at for row in done if row.finished_at)
    return len(done) / max((last - first).total_seconds(), 0.001)


def summary(delays: Sequence[float]) -> Spread | None:
    """Summarise delays; None when there are none. The stdev of a single value is 0."""
    if not delays:
        return None
    ordered = sorted(delays)
    return Spread(
        jobs=len(ordered),
        mean=statistics.fmean(ordered),
        stdev=statistics.stdev(ordered) if len(ordered) > 1 else 0.0,
        low=ordered[0],
        p50=percentile(ordered, 50),
        p95=percentile(ordered, 95),
        p99=percentile(ordered, 99),
        high=ordered[-1],
    )


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Linear between the two nearest of the sorted values, which include both ends (R-7)."""
    place = (len(ordered) - 1) * percent / 100
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
