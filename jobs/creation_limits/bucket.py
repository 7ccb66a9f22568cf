"""The limiter: one row a subject in PostgreSQL, shared by all web processes, on the database's clock."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from jobs.database import connection

# A subject without a row has a full budget. The commit of a statement that is alone does not wait for the disk: a crash
# of the server gives back what was used in its last moments, and many can ask for one subject meanwhile.
# No budget reaches further ahead than a whole burst: one that does is of a clock that was set back since, or of a
# larger allowance. It allows one request, and is then as used up as one can be.
TAKE = """
WITH asked AS MATERIALIZED (
    SELECT coalesce(%(now)s::timestamptz, clock_timestamp()) AS now
    WHERE NOT %(alone)s OR set_config('synchronous_commit', 'off', true) IS NOT NULL
), taken AS (
    INSERT INTO jobs_budget AS budget (subject, moment)
    SELECT %(subject)s, now + %(cost)s::interval FROM asked
    ON CONFLICT (subject) DO UPDATE
    SET moment = %(cost)s::interval + CASE
        WHEN budget.moment > excluded.moment + %(limit)s::interval + %(beyond)s::interval
        THEN excluded.moment - %(cost)s::interval + %(limit)s::interval
        ELSE greatest(budget.moment, excluded.moment - %(cost)s::interval)
    END
    WHERE budget.moment <= excluded.moment - %(cost)s::interval + %(limit)s::interval
        OR budget.moment > excluded.moment + %(limit)s::interval + %(beyond)s::interval
    RETURNING moment
), before AS (
    SELECT moment FROM jobs_budget WHERE subject = %(subject)s
)
SELECT EXISTS (SELECT FROM taken),
       (SELECT before.moment - asked.now - %(limit)s::interval FROM before, asked),
       (SELECT coalesce((SELECT moment FROM taken), (SELECT moment FROM before)) - asked.now FROM asked)
"""


# By so much a moment may be ahead of what it can be: others have read the clock later, and were quicker at the row.
BEYOND = timedelta(seconds=10)


@dataclass(frozen=True)
class Allowance:
    """`rate` jobs a second on average, and after a pause `burst` of them at once."""

    rate: float
    burst: int

    def earned_in(self, jobs: int) -> timedelta:
        """The time that these jobs cost. Rounded down to a microsecond: a burst must fit into its own."""
        return timedelta(microseconds=math.floor(jobs * 1_000_000 / self.rate))


class Taken(NamedTuple):
    """The answer to a request for a part of a budget. `wait`: 0 where it was given, else the seconds after which there
    will be enough. `left`: how many jobs there are by now; `more_in`: the seconds after which it is one more. All of it
    if nobody else takes any."""

    wait: float
    left: int
    more_in: float


def take(subject: str, jobs: int, allowance: Allowance, *, now: datetime | None = None) -> Taken:
    """Take these jobs, at most a burst, out of the subject's budget; or take nothing, and say for how long to wait.
    `now` is for tests.

    This is the generic cell rate algorithm as virtual scheduling (ITU-T I.371, annex A; ATM Forum TM 4.0, 4.4.2): the
    row's moment is the theoretical arrival time, the increment is jobs / rate, the limit (burst - jobs) / rate. Who
    comes earlier than that moment by more than the limit gets nothing, and leaves no trace.

    One statement decides and writes; the row's lock puts in order those who ask at once. Ask outside a transaction,
    which would keep that lock until its end.
    """
    if not 1 <= jobs <= allowance.burst:
        raise ValueError(f"{jobs} jobs are not 1 to {allowance.burst}, which is what can be taken at once.")
    cost = allowance.earned_in(jobs)
    limit = allowance.earned_in(allowance.burst) - cost
    alone = not connection.in_atomic_block
    with connection.cursor() as cursor:
        asked: Any = {"subject": subject, "cost": cost, "limit": limit, "now": now, "alone": alone, "beyond": BEYOND}
        cursor.execute(TAKE, asked)
        taken, wait, ahead = cursor.fetchone()
    if taken:
        return Taken(0.0, *_left(allowance, ahead))
    # The row is read as it was before the statement: whoever was quicker by less than that is not in it.
    late: timedelta = wait if wait and wait > timedelta() else cost
    return Taken(late.total_seconds(), *_left(allowance, ahead or limit + late))


def _left(allowance: Allowance, ahead: timedelta) -> tuple[int, float]:
    """Return how many jobs a budget has whose moment is so far ahead, and after how many seconds it is one more."""
    free = allowance.earned_in(allowance.burst) - max(ahead, timedelta())
    left = min(max(math.floor(free.total_seconds() * allowance.rate), 0), allowance.burst)
    while left < allowance.burst and allowance.earned_in(left + 1) <= free:  # what a job costs is rounded down
        left += 1
    return left, (allowance.earned_in(left + 1) - free).total_seconds()
