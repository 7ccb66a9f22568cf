"""The way of one job through its states, from the stamps that rows keep: created, listed, armed, due, started, ended.
Each start has a track of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from jobs.lateness.story import HELD
from jobs.models import Attempt, Job
from jobs.states import OUTCOMES, Hold, State

BAD = frozenset({State.FAILED, State.INTERRUPTED})


@dataclass(frozen=True)
class Stop:
    """Moment of a job's way. `after_ms`: milliseconds since the one before it; `look`: good, bad, info or idle. `at` is
    None for what goes on, or has not come."""

    what: str
    at: datetime | None
    look: str = "idle"
    after_ms: float | None = None


@dataclass(frozen=True)
class Track:
    """Part of the way: up to the end of one start, or of what comes before any."""

    title: str
    stops: tuple[Stop, ...]


def way(job: Job, attempts: Sequence[Attempt], now: datetime) -> list[Track]:
    """Return the way of this job. Where it has started more than once, or waits to start again, each start is a
    track."""
    last = attempts[-1] if attempts else None
    before = attempts[:-1] if last is not None and not _starts_again(job) else attempts
    tracks = [_track(n, _created(job) if n == 0 else [], _of_attempt(one)) for n, one in enumerate(before)]
    is_first = not tracks
    stops = [*(_created(job) if is_first else []), *_of_job(job, since=before[-1].finished_at if before else None)]
    if last is not None and not _starts_again(job):
        stops += _of_attempt(last, job)
    else:
        stops += _before_a_start(job, now)
    title = "" if is_first else f"Start {len(before) + 1}"
    return [*tracks, Track(title, _in_order(stops))]


def _starts_again(job: Job) -> bool:
    """Return whether it waits for another start, or was ended while it did."""
    return job.state not in OUTCOMES | {State.RUNNING}


def _track(number: int, first: list[Stop], stops: list[Stop]) -> Track:
    return Track(f"Start {number + 1}", _in_order([*first, *stops]))


def _created(job: Job) -> list[Stop]:
    return [Stop("Created", job.created_at)]


def _of_job(job: Job, *, since: datetime | None) -> list[Stop]:
    """Return what the row keeps of the latest start, or of what comes."""
    stamps = [
        ("Listed, and published", job.enqueued_at),
        ("Approved", job.approved_at),
        ("Its turn", job.turn_at),
        ("Due, by a rate", job.not_before),
        ("Asked to stop", job.cancel_requested_at),
        ("Its deadline", _deadline(job)),
    ]
    return [Stop(what, at) for what, at in stamps if at is not None and (since is None or at >= since)]


def _deadline(job: Job) -> datetime | None:
    """Return when its deadline passes or has passed; None where it has ended before."""
    ends_by = job.ends_by
    return None if ends_by is None or (job.finished_at is not None and job.finished_at < ends_by) else ends_by


def _of_attempt(attempt: Attempt, job: Job | None = None) -> list[Stop]:
    """Return a start. With its `job` what that knows of it is newer."""
    is_confirmed = job is not None and job.is_confirmed
    started = job.execute_at if job is not None and job.execute_at is not None else attempt.started_at
    outcome = State(attempt.outcome) if attempt.outcome is not None else None
    ended_at = attempt.finished_at
    if job is not None and job.finished_at is not None and job.state in OUTCOMES:
        outcome, ended_at = State(job.state), job.finished_at
    stops = [Stop("Acquired by a worker", attempt.locked_at), Stop("Due", attempt.run_at)]
    if started is not None:
        stops.append(Stop("Started, at the earliest" if is_confirmed else "Started", started, "info"))
    if outcome is None:
        return [*stops, Stop("Runs" if started is not None else "With its worker", None, "info")]
    if is_confirmed:
        return [*stops, Stop("Interrupted", ended_at, "bad"), Stop("Confirmed as done", None, "good")]
    return [*stops, Stop(outcome.label.capitalize(), ended_at, "bad" if outcome in BAD else "good")]


def _before_a_start(job: Job, now: datetime) -> list[Stop]:
    """Return what there is of a job that has not started, or not again: when it is due, what holds it, how it ended."""
    never = job.finished_at is not None and job.finished_at < job.run_at
    stops = [Stop("Would have been due" if never else "Due", job.run_at)]
    if job.state == State.PENDING:
        held = " and ".join(HELD[hold] for hold in Hold if hold & job.holds)
        if held:
            stops.append(Stop(f"Waits for {held}", None, "warn"))
        elif job.due <= now:
            stops.append(Stop("Has not been listed" if job.enqueued_at is None else "Waits for a slot", None, "warn"))
        else:
            stops.append(Stop("Waits for its time", None))
    elif job.finished_at is not None:
        stops.append(Stop(State(job.state).label.capitalize(), job.finished_at, "bad" if job.state in BAD else "idle"))
    return stops


def _in_order(stops: Sequence[Stop]) -> tuple[Stop, ...]:
    """Return these by their times, each with how long after the one before it; what has no time comes last."""
    dated = sorted(((stop, stop.at) for stop in stops if stop.at is not None), key=lambda one: one[1])
    found: list[Stop] = []
    for n, (stop, at) in enumerate(dated):
        after = (at - dated[n - 1][1]).total_seconds() * 1000 if n else None
        found.append(Stop(stop.what, at, stop.look, after))
    return (*found, *(stop for stop in stops if stop.at is None))
