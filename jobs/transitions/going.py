"""Jobs that are over and would be removed or redacted, counted before anybody has that done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from jobs.conf import conf
from jobs.database import connection
from jobs.keeping import KeepRule
from jobs.rules.keeping import removal_day, removal_rules
from jobs.states import State

# All of them are read, by somebody who has the time.
COUNT = """
SELECT state, queue, target, (finished_at AT TIME ZONE 'UTC')::date AS day, count(*), min(finished_at) FROM jobs_job
WHERE state IN (2, 3, 4, 5, 6) AND finished_at < %s GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""

LOOK = 100_000  # jobs of a table
FITTING = """
WITH looked AS MATERIALIZED (
    SELECT state, queue, target, labels FROM {table}
    WHERE state IN (2, 3, 4, 5, 6) AND finished_at < %(before)s AND redacted_at IS NULL
    ORDER BY finished_at LIMIT %(look)s
)
SELECT count(*) FILTER (WHERE (%(state)s::int IS NULL OR state = %(state)s)
    AND (%(queue)s::text IS NULL OR queue = %(queue)s) AND (%(target)s::text IS NULL OR target = %(target)s)
    AND (%(key)s::text IS NULL OR labels ? %(key)s)
    AND (%(value)s::text IS NULL OR labels ->> %(key)s = %(value)s)), count(*)
FROM looked
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
    rules = removal_rules()
    found: dict[tuple[int, str, str], Going] = {}
    for state, queue, target, _, jobs, ended in rows:
        day = removal_day(rules, state=state, queue=queue, target=target, finished_at=ended, today=today)
        at_once = jobs if day == today + timedelta(days=1) else 0
        one = found.get((state, queue, target)) or Going(State(state).label, queue, target, 0, 0, day, day)
        found[state, queue, target] = one._replace(
            jobs=one.jobs + jobs, at_once=one.at_once + at_once, first=min(one.first, day), last=max(one.last, day)
        )
    return list(found.values())


class Counted(NamedTuple):
    """Number of jobs; `at_least` that many where not all were looked at."""

    jobs: int
    at_least: bool

    def __str__(self) -> str:
        return f"{'at least ' if self.at_least else ''}{self.jobs:,} job{'' if self.jobs == 1 else 's'}"


def fitting(rule: KeepRule, tables: Sequence[str], *, now: datetime) -> Counted:
    """Count the jobs of these tables that are over, have not been redacted, fit the rule and are beyond its days, as if
    no closer rule were there. Looks at LOOK of each table at most, the first that ended first."""
    key, colon, value = rule.name.partition(":")
    asked = {
        "before": now - timedelta(days=rule.days),
        "state": State[rule.state.upper()] if rule.state else None,
        "queue": rule.name if rule.kind == "queue" else None,
        "target": rule.name if rule.kind == "target" else None,
        "key": key if rule.kind == "label" else None,
        "value": value if rule.kind == "label" and colon else None,
        "look": LOOK,
    }
    jobs = looked = 0
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(FITTING.format(table=table), asked)
            found, seen = cursor.fetchone()
            jobs, looked = jobs + found, max(looked, seen)
    return Counted(jobs, looked == LOOK)
