"""What the leader has counted, as rows of the roll-ups."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from django.db import connection

from jobs.models.rollups.digest import A_DECADE, LEAST

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
STEPS = (60, 3600)


def floor(at: datetime, step: int = 60) -> datetime:
    return datetime.fromtimestamp(at.timestamp() // step * step, UTC)


def series(queue: str, target: str = "", team: str = "") -> int:
    return _one(
        "INSERT INTO jobs_series (queue, target, team, used_on) VALUES (%s, %s, %s, current_date)"
        " ON CONFLICT (queue, target, team) DO UPDATE SET used_on = excluded.used_on RETURNING id",
        [queue, target, team],
    )


def counted(
    at: datetime,
    *,
    queue: str = "default",
    target: str = "demo.noop",
    team: str = "",
    starts: int = 0,
    failed: int = 0,
    delays=(),
) -> None:
    """Starts and ends in the stretches that this moment is in; `delays` in milliseconds, of what has ended."""
    digest = [[1 + int(A_DECADE * _decades(ms)), 1] for ms in sorted(delays)]
    for step in STEPS:
        _do(
            "INSERT INTO jobs_rollup AS old (step, at, series_id, starts, completed, failed, interrupted, delays, delay_sum,"
            " delay_squares, delay_max, delay_digest, durations, duration_sum, duration_squares, duration_max, duration_digest)"
            " VALUES (%s, %s, %s, %s, 0, %s, 0, %s, %s, 0, %s, %s::int[], 0, 0, 0, 0, '{}')"
            " ON CONFLICT (step, at, series_id) DO UPDATE SET starts = old.starts + excluded.starts,"
            " failed = old.failed + excluded.failed, delays = old.delays + excluded.delays,"
            " delay_digest = jobs_digest_sum(old.delay_digest, excluded.delay_digest),"
            " delay_max = greatest(old.delay_max, excluded.delay_max)",
            [
                *(step, floor(at, step), series(queue, target, team), starts, failed, len(delays), sum(delays)),
                *(max(delays, default=0), digest),
            ],
        )


def sampled(at: datetime, *, queue: str = "", pending=0, overdue=0, oldest=0.0, busy=0, slots=10) -> None:
    """A sample of a queue; without one of all together."""
    for step in STEPS:
        _do(
            "INSERT INTO jobs_rollupqueue (step, at, series_id, samples, pending, pending_max, overdue_max, oldest_max,"
            " slots, busy) VALUES (%s, %s, %s, 1, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [step, floor(at, step), series(queue) if queue else 0, pending, pending, overdue, oldest, slots, busy],
        )


def _decades(ms: float) -> float:
    return round(math.log10(ms / LEAST), 9)


def _do(statement: str, values: list) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _one(statement: str, values: list) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()[0]
