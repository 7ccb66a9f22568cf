"""Jobs that are over and would be removed, counted before anybody has that switched on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from django.db import connection

from jobs.conf import conf
from jobs.rules.keeping import removal_day
from jobs.states import State

# All of them are read, by somebody who has the time.
COUNT = """
SELECT state, queue, target, (finished_at AT TIME ZONE 'UTC')::date AS day, count(*), min(finished_at) FROM jobs_job
WHERE state IN (2, 3, 4, 5, 6) AND finished_at < %s GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""


class Going(NamedTuple):
    """Jobs of one state, queue and target that are over. `at_once`: those whose days are over already; `first`, `last`:
    the days on which they are removed."""

    state: str
    queue: str
    target: str
    jobs: int
    at_once: int
    first: date
    last: date


def going(*, now: datetime) -> list[Going]:
    """Count the jobs that ended long enough ago to leave `jobs_job`, as if nothing needed them there."""
    today = now.astimezone(UTC).date()
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [now - timedelta(days=conf().hot_days)])
        rows = cursor.fetchall()
    found: dict[tuple[int, str, str], Going] = {}
    for state, queue, target, _, jobs, ended in rows:
        day = removal_day(state=state, queue=queue, target=target, finished_at=ended, today=today)
        at_once = jobs if day == today + timedelta(days=1) else 0
        one = found.get((state, queue, target)) or Going(State(state).label, queue, target, 0, 0, day, day)
        found[state, queue, target] = one._replace(
            jobs=one.jobs + jobs, at_once=one.at_once + at_once, first=min(one.first, day), last=max(one.last, day)
        )
    return list(found.values())
