"""The last runs of one target: among the newest jobs that have ended, since no index leads to a target."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from jobs.database import connection
from jobs.models.querysets.within import and_in_reach

if TYPE_CHECKING:
    from jobs.rights.reach import Reach

SHOWN = 50
AMONG = 10_000  # ends, the newest first


class RunOfTarget(NamedTuple):
    """Job that has started and ended; milliseconds."""

    id: int
    state: int
    finished_at: datetime
    delay_ms: float
    duration_ms: float


# Its inner part is one stretch of the index of ends; what a person has confirmed was not measured.
LAST = """
SELECT id, state, finished_at, extract(epoch FROM execute_at - run_at)::float8 * 1000,
    extract(epoch FROM finished_at - execute_at)::float8 * 1000
FROM (
    SELECT id, target, state, run_at, execute_at, finished_at, reason, queue, labels, created_by_id FROM {table}
    WHERE finished_at <= %(until)s{final} ORDER BY finished_at DESC LIMIT %(among)s
) AS newest
WHERE target = %(target)s AND execute_at IS NOT NULL AND NOT (state = 2 AND reason > ''){within}
ORDER BY finished_at DESC, id DESC LIMIT %(shown)s
"""


def last_of_target(
    target: str, *, until: datetime, within: Reach | None = None, in_history: bool = False, shown: int = SHOWN
) -> list[RunOfTarget]:
    """Return the last runs of this target that had ended by then, the newest first, of what is within this reach: those
    among the AMONG newest ends before. `in_history`: of jobs that have left the table. One statement."""
    condition, values = and_in_reach(within)
    table, final = ("jobs_history", "") if in_history else ("jobs_job", " AND state IN (2, 3, 4, 5, 6)")
    asked = {"target": target, "until": until, "among": AMONG, "shown": shown, **values}
    with connection.cursor() as cursor:
        cursor.execute(LAST.format(table=table, final=final, within=condition), asked)
        return [RunOfTarget(*row) for row in cursor.fetchall()]
