"""The limiter: one row a subject in PostgreSQL, shared by all web processes, on the database's clock."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

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
    RETURNING 1
)
SELECT EXISTS (SELECT FROM taken),
       (SELECT budget.moment - asked.now - %(limit)s::interval
        FROM jobs_budget budget, asked WHERE budget.subject = %(subject)s)
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


def take(subject: str, jobs: int, allowance: Allowance, *, now: datetime | None = None) -> float:
    """Take these jobs, at most a burst, out of the subject's budget and return 0; or take nothing and return the
    seconds after which there will be enough, if nobody else takes any. `now` is for tests.

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
        taken, wait = cursor.fetchone()
    if taken:
        return 0.0
    # The row is read as it was before the statement: whoever was quicker by less than that is not in it.
    late: timedelta = wait if wait and wait > timedelta() else cost
    return late.total_seconds()
