"""The latest runs of many schedules, in one statement."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from jobs.database import connection
from jobs.models.history import outcomes
from jobs.states import Cause, State

SHOWN = 20
WORDS = {
    State.PENDING: "waiting",
    State.RUNNING: "running",
    State.FAILED: "failed",
    State.INTERRUPTED: "failed",
    State.CANCELLED: "skipped",
    State.SKIPPED: "skipped",
}

# Of what has not started; of all other causes it is missed.
OF_A_CAUSE = {Cause.PERSON: "skipped", Cause.SHADOW: "shadow"}


class LastRun(NamedTuple):
    """A nominal time of a schedule, or `runs` in a row, and what became of it. `state` None: its job was deleted."""

    schedule_id: int
    nominal_at: datetime
    number: int
    until: datetime | None
    runs: int
    cause: str | None
    job_id: int | None
    state: int | None
    run_at: datetime | None
    execute_at: datetime | None

    def became(self, late_after: timedelta) -> str:
        """Say in one word what became of it: `late` if it started more than so long after it was due."""
        if self.cause is not None:
            return OF_A_CAUSE.get(Cause(self.cause), "missed")
        if self.state is not None and State(self.state) in WORDS:
            return WORDS[State(self.state)]
        if self.state is None or self.execute_at is None or self.run_at is None:
            return "done"
        return "late" if self.execute_at - self.run_at > late_after else "on time"


# One probe of the unique index for each schedule; the ORM has no LATERAL. What comes next is not among the last.
LAST_RUNS = """
SELECT wanted.id, o.nominal_at, o.number, o.until, o.count, o.cause, o.job_id, j.state, j.run_at, j.execute_at
FROM unnest(%(ids)s::bigint[]) AS wanted (id)
CROSS JOIN LATERAL (
    SELECT * FROM jobs_occurrence WHERE schedule_id = wanted.id
    ORDER BY nominal_at DESC, number DESC LIMIT %(most)s + 1
) AS o
LEFT JOIN jobs_job j ON j.id = o.job_id
WHERE NOT (j.state IS NOT DISTINCT FROM 0 AND o.nominal_at > %(now)s)
ORDER BY wanted.id, o.nominal_at DESC, o.number DESC
"""


def last_runs(schedule_ids: Collection[int], *, now: datetime, most: int = SHOWN) -> dict[int, list[LastRun]]:
    """Return the latest `most` runs of each of these schedules, the newest first."""
    found: dict[int, list[LastRun]] = {pk: [] for pk in schedule_ids}
    runs: list[LastRun] = []
    if found:
        with connection.cursor() as cursor:
            cursor.execute(LAST_RUNS, {"ids": list(found), "most": most, "now": now})
            runs = [LastRun(*row) for row in cursor.fetchall()]
    left = outcomes([run.job_id for run in runs if run.job_id and run.cause is None and run.state is None])
    for run in runs:
        old = left.get(run.job_id or 0)
        if len(found[run.schedule_id]) < most:
            if old is not None:
                run = run._replace(state=old.state, run_at=old.run_at, execute_at=old.execute_at)  # noqa: PLW2901
            found[run.schedule_id].append(run)
    return found
