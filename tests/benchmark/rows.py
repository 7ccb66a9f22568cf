"""Hand-made rows and results."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from jobs.states import State
from verification.benchmark import cost
from verification.benchmark.machine import Machine
from verification.benchmark.options import Options
from verification.benchmark.report.result import Result, Times
from verification.benchmark.score import Row, flaws

RUN_AT = datetime(2030, 1, 1, 12, 0, 30, tzinfo=UTC)
W, MAX_DELAY = timedelta(seconds=10), timedelta(seconds=30)
BODY = timedelta(milliseconds=83)
MICROSECOND = timedelta(microseconds=1)


def row(job_id: int = 1, *, delay_ms: float = 0.5, **changes: object) -> Row:
    """A job that did all that is asked of it."""
    execute_at = RUN_AT + timedelta(milliseconds=delay_ms)
    good = Row(
        job_id=job_id,
        burst=False,
        state=State.COMPLETED,
        run_at=RUN_AT,
        created_at=RUN_AT - W,
        locked_at=RUN_AT - timedelta(milliseconds=200),
        execute_at=execute_at,
        finished_at=execute_at + BODY,
        starts=1,
    )
    return replace(good, **changes)


def result(*rows: Row, ha: bool = False, **changes: object) -> Result:
    """A round of six seconds with these rows."""
    rows = rows or (row(1), row(2, delay_ms=1.5, burst=True))
    since = RUN_AT - timedelta(seconds=5)
    duration = timedelta(seconds=6)
    where = cost.interval(since, duration, 10)
    values = {
        "run": "1a2b3c4d",
        "options": Options(
            duration=6,
            instances=5,
            slots=5,
            beats=3 if ha else 1,
            pool="threads",
            seed=7,
            idle=0,
            ha=ha,
            json=Path("x.json"),
        ),
        "times": Times(since=since, until=since + duration, window=W, max_delay=MAX_DELAY),
        "first_id": 1,
        "flaws": flaws(rows, created=len(rows), window=W, max_delay=MAX_DELAY),
        "rows": list(rows),
        "created": len(rows),
        "cost": cost.cost(
            where,
            window=10,
            listed=[where.start, where.start + W],
            list_queries_after=0,
            acquire_failures=0,
            job_queries=0,
        ),
        "cpu": {"worker": 0.02, "beat": 0.01},
        "traffic": None,
        "lists": None,
        "idle": None,
        "restarts": 0,
        "warnings": [],
        "machine": Machine(cores=2, load=0.5, python="3.11", celery="5.7", postgresql="18.6", broker="Valkey 9"),
        "logs": Path("logs"),
    }
    return Result(**{**values, **changes})
