"""RunAt in the same tables: its own round, and its own backlog."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from jobs import rules, transitions
from jobs.clock import clock
from launcher.interrupts import Interrupts
from verification.benchmark import score
from verification.benchmark.load import AT_A_TIME, row_of, withdraw
from verification.benchmark.peers.driver import DRAIN_PROCESSES, DRAIN_SLOTS, DRAINED_WITHIN, LOOK_EVERY
from verification.benchmark.peers.outcome import Punctuality, punctuality
from verification.benchmark.peers.peer import OURS
from verification.benchmark.processes.cluster import Cluster
from verification.benchmark.processes.start import RoundFailed, Tell, at_work
from verification.benchmark.report.result import Result
from verification.benchmark.statements import Traffic
from verification.rows import jobs_of

AHEAD = timedelta(seconds=1)  # a job of the backlog is due this long after its creation, before a worker is up


def scored(result: Result) -> Punctuality:
    """Return the figures of the exercise's own round."""
    return punctuality(
        result.rows,
        created=result.created,
        cost=result.cost.total,
        idle=_per_second(result.idle),
        window=result.times.window,
        max_delay=result.times.max_delay,
    )


def _per_second(traffic: Traffic | None) -> float | None:
    return traffic.per_second if traffic else None


def rate(backlog: int, run: str, folder: Path, interrupts: Interrupts, tell: Tell) -> float:
    """Let a beat and two workers list, publish and drain overdue jobs that do nothing; jobs/s. Raises RoundFailed."""
    folder.mkdir(parents=True)
    cluster = Cluster(instances=DRAIN_PROCESSES, slots=DRAIN_SLOTS, beats=1, folder=folder)
    try:
        jobs = jobs_of(run, _create(backlog, run))
        interrupts.wait(AHEAD.total_seconds())
    except BaseException:
        withdraw(run)
        raise
    with at_work(cluster, run, interrupts, tell) as wait:
        _drained(cluster, lambda: not jobs.unfinished().exists(), wait)
    return score.jobs_per_second([row_of(job, burst=False, starts=1) for job in jobs])


def _create(backlog: int, run: str) -> int:
    """Create the jobs and return the first one's id."""
    first_id = 0
    for start in range(0, backlog, AT_A_TIME):
        now = clock.now()
        some = range(start, min(start + AT_A_TIME, backlog))
        new = [
            rules.checked(rules.NewJob("demo.noop", {}, now + AHEAD, name=f"benchmark {run} backlog"), now=now)
            for _ in some
        ]
        made = transitions.create_many(new, now=now)
        first_id = first_id or made[0]
    return first_id


def _drained(cluster: Cluster, done: Callable[[], bool], wait: Tell) -> None:
    start = time.monotonic()
    while not done():
        if (passed := time.monotonic() - start) > DRAINED_WITHIN or cluster.bad_ends():
            raise RoundFailed(f"The backlog was not drained; the last words:\n{cluster.last_words()}")
        for _ in range(LOOK_EVERY):
            wait(f"{OURS}: draining", passed, DRAINED_WITHIN)
