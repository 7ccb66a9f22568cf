"""The load of the exercise as a pure, seeded plan: what is due when, and how long to sleep between live inserts."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

BODY_SECONDS = 0.083  # what one job does: sleep
STEADY_EVERY = timedelta(seconds=3)
BURST_EVERY = timedelta(seconds=13)
BURST_SIZE = 20
SHORTEST_STEP_MS, LONGEST_STEP_MS = 1000, 2999
LIVE_MARGIN = timedelta(milliseconds=100)  # a live job is due this much later than the least it has to be


class Series(StrEnum):
    """The kinds of jobs, of which the drill alone has dense ones. The word is part of their name in the table."""

    STEADY = "steady"
    BURST = "burst"
    RANDOM = "random"
    LIVE = "live"
    DENSE = "dense"


@dataclass(frozen=True)
class Planned:
    """Job to be committed before the load starts."""

    series: Series
    run_at: datetime


def planned(since: datetime, duration: timedelta, seed: int) -> list[Planned]:
    """The jobs that are committed before `since`, soonest first.

    One every 3 s, 20 at one instant every 13 s, and one after each random step, none due after `since + duration`.
    """
    until = since + duration
    jobs = [Planned(Series.STEADY, at) for at in _regular(since, STEADY_EVERY, until)]
    jobs += [Planned(Series.BURST, at) for at in _regular(since, BURST_EVERY, until) for _ in range(BURST_SIZE)]
    at = since
    for pause in pauses(f"{seed} planned"):
        at += pause
        if at > until:
            break
        jobs.append(Planned(Series.RANDOM, at))
    return sorted(jobs, key=lambda job: job.run_at)


def _regular(since: datetime, step: timedelta, until: datetime) -> list[datetime]:
    return [since + n * step for n in range(1, (until - since) // step + 1)]


def pauses(seed: str) -> Iterator[timedelta]:
    """Random steps of 1.000 to 2.999 s, for ever."""
    chance = random.Random(seed)
    while True:
        yield timedelta(milliseconds=chance.randint(SHORTEST_STEP_MS, LONGEST_STEP_MS))


def live_pauses(seed: int) -> Iterator[timedelta]:
    """Yield how long to sleep before each live insert."""
    return pauses(f"{seed} live")


def live_run_at(now: datetime, window: timedelta) -> datetime:
    """Return when a job that is inserted at `now` is due."""
    return now + window + LIVE_MARGIN


def live_is_over(now: datetime, since: datetime, duration: timedelta, window: timedelta) -> bool:
    """Return whether `now + W` has reached the end of the load: no more live inserts then."""
    return now + window >= since + duration
