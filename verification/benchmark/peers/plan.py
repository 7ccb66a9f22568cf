"""Plan of a peer, made from the workload, and the rows that are scored, made from its stamps. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from jobs.states import State
from verification.benchmark.score import Row
from verification.benchmark.workload import Series, live_is_over, live_pauses, live_run_at, planned

MICROSECONDS = 1000  # nanoseconds in one


@dataclass(frozen=True)
class Entry:
    """Job of the plan. `run_at` None: as soon as it can be."""

    job_id: int
    series: Series
    insert_at: datetime
    run_at: datetime | None

    def line(self) -> str:
        """Return the line that the peer's program reads: times to the microsecond, as exact as a datetime."""
        due = f"{self.run_at.timestamp():.6f}" if self.run_at else "0"
        return f"{self.job_id} {self.insert_at.timestamp():.6f} {due}"


@dataclass
class Stamps:
    """Stamps of the processes of a peer so far."""

    ready: int = 0
    fed: bool = False
    made: dict[int, datetime] = field(default_factory=dict)
    runs: dict[int, list[tuple[datetime, datetime]]] = field(default_factory=dict)
    lists: list[datetime] = field(default_factory=list)


def punctual(begin: datetime, *, duration: timedelta, window: timedelta, seed: int) -> list[Entry]:
    """The workload, in the order of insertion: the planned jobs at `begin`, a `window` ahead, the rest live."""
    since = begin + window
    jobs = [(job.series, begin, job.run_at) for job in planned(since, duration, seed)]
    at = begin
    for pause in live_pauses(seed):
        if live_is_over(at, since, duration, window):
            break
        at += pause
        jobs.append((Series.LIVE, at, live_run_at(at, window)))
    return [Entry(n, *job) for n, job in enumerate(jobs, 1)]


def stamps(lines: Iterable[str]) -> Stamps:
    """Read the lines of all processes; see `programs.protocol`."""
    found = Stamps()
    for line in lines:
        match line.split():
            case ["ready"]:
                found.ready += 1
            case ["fed"]:
                found.fed = True
            case ["made", job_id, at]:
                found.made[int(job_id)] = _time(at)
            case ["run", job_id, entered, left]:
                found.runs.setdefault(int(job_id), []).append((_time(entered), _time(left)))
            case ["list", at]:
                found.lists.append(_time(at))
    return found


def _time(nanoseconds: str) -> datetime:
    # In whole numbers: through a float, an instant would move by up to a microsecond.
    seconds, rest = divmod(int(nanoseconds) // MICROSECONDS, 1_000_000)
    return datetime.fromtimestamp(seconds, tz=UTC) + timedelta(microseconds=rest)


def rows(plan: Sequence[Entry], found: Stamps) -> list[Row]:
    """Return a row for each job that the peer has taken in, as our table would show it; the first start counts."""
    return [
        _row(job, found.made[job.job_id], sorted(found.runs.get(job.job_id, [])))
        for job in plan
        if job.job_id in found.made
    ]


def _row(job: Entry, made: datetime, runs: Sequence[tuple[datetime, datetime]]) -> Row:
    entered, left = runs[0] if runs else (None, None)
    return Row(
        job_id=job.job_id,
        burst=job.series == Series.BURST,
        state=State.COMPLETED if runs else State.PENDING,
        run_at=job.run_at or made,
        created_at=made,
        locked_at=None,
        execute_at=entered,
        finished_at=left,
        starts=len(runs),
    )
