"""Hand-made lives of jobs and a hand-made result of a steady load."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from verification.benchmark import cost
from verification.benchmark.facts import Facts
from verification.benchmark.machine import Machine
from verification.benchmark.steady.job_times import JobTimes, figures
from verification.benchmark.steady.options import Steady
from verification.benchmark.steady.result import Result
from verification.benchmark.steady.samples import Memory, Published

SINCE = datetime(2030, 1, 1, 12, 0, 2, tzinfo=UTC)  # 2 s into a window of 10 s
DURATION = 9.0


def life(due: float, **changes: object) -> JobTimes:
    """A job that did all that is asked of it; ms from the begin of the load."""
    good = JobTimes(due=due, created=due - 12_500, listed=due - 5000, taken=due - 150, entered=due + 0.25, deliveries=1)
    return good._replace(**changes)


def result(*lives: JobTimes, lists: int = 2, **changes: object) -> Result:
    """A load of nine seconds with these jobs; list queries in its two windows."""
    lives = lives or tuple(life(second * 1000) for second in range(9))
    duration = timedelta(seconds=DURATION)
    where = cost.interval(SINCE, duration, 10)
    jobs = len(lives)
    values = {
        "run": "1a2b3c4d",
        "options": Steady(rate=jobs / DURATION, duration=DURATION, instances=2, slots=20, hold=0, json=Path("x.json")),
        "machine": Machine(cores=2, load=0.5, python="3.11", celery="5.7", postgresql="18.6", broker="Valkey 9"),
        "logs": Path("logs"),
        "since": SINCE,
        "until": SINCE + duration,
        "window": 10.0,
        "ahead": 12.5,
        "created": jobs,
        "facts": Facts(jobs, jobs, 3, 9.0, jobs, jobs, 6, 0),
        "figures": figures(lives, DURATION * 1000),
        "cost": cost.cost(
            where,
            window=10,
            listed=[where.start] * lists,
            list_queries_after=0,
            acquire_failures=0,
            job_queries=0,
        ),
        "published": [
            Published(SINCE, 4, 0.5),
            Published(SINCE + timedelta(seconds=10), 5, 1.25),
            Published(SINCE + timedelta(seconds=20), 1, None),
        ],
        "memory": [Memory("bench1", 100.0, 112.5, 111.0, 105.0, 110.0)],
        "cpu": {"beat": 0.09, "worker": 1.8},
        "traffic": None,
        "messages": None,
        "warnings": [],
    }
    return Result(**{**values, **changes})
