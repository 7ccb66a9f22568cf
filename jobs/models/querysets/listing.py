"""The list query of a window, and the marks that it sets: what has a message, and what needs one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol, Self

from django.db import connections

from jobs.models.installation import NOTHING_STARTS
from jobs.models.querysets.schedules import JobsOfSchedules
from jobs.models.stop import ALL_STOPPED, stopped
from jobs.states import State


class ToPublish(Protocol):
    """A row of a job, as whoever has it locked has read it."""

    @property
    def id(self) -> int: ...
    @property
    def version(self) -> int: ...
    @property
    def due(self) -> datetime: ...
    @property
    def queue(self) -> str: ...


class Listed(NamedTuple):
    """A listed job, as far as the dispatcher needs it: nothing that the row does not say better later. `run_at` is when
    it is due: its `not_before`, if it was held. `deliveries`: its messages, with this one."""

    id: int
    version: int
    run_at: datetime
    queue: str
    deliveries: int = 1

    @classmethod
    def first(cls, row: ToPublish, due: datetime | None = None, *, version: int | None = None) -> Self:
        """Make the first message for this row, or for what is written in the same transaction: another time, another
        version."""
        return cls(row.id, version or row.version, due or row.due, row.queue)


# The list query: finds what is due before the horizon, marks it as published and logs itself, in one
# statement. By state, never by a watermark of time: a row that commits late is found by the next window.
# A listed row that is overdue and still pending has lost its message (or waits for a slot): it is listed
# again after 3/4, 3/2, 3 ... windows. Not so soon where the broker still has a crowd of messages that no worker has
# fetched: there its message waits too, and each duplicate would make the backlog longer. After a restore nothing is
# listed until a person has released it; then all that was marked before, since those messages no longer count. Nor do
# those of overdue jobs that were marked before the end of a stop: whoever fetched them in it has dropped them.
LIST_AND_MARK = f"""
WITH due AS (
    SELECT id FROM jobs_job
    WHERE state = 0 AND holds = 0 AND coalesce(not_before, run_at) < %(horizon)s AND NOT {NOTHING_STARTS}
      AND NOT {ALL_STOPPED}
      AND NOT {stopped("coalesce(not_before, run_at)", "%(now)s")}
      AND (enqueued_at IS NULL
           OR (coalesce(not_before, run_at) < %(overdue)s
               AND enqueued_at < %(now)s - least(
                   %(window)s * 0.75 * 2 ^ least(greatest(deliveries, 1) - 1, 20)
                   * CASE WHEN queue = ANY (%(crowded)s) THEN %(patience)s ELSE 1 END,
                   %(longest)s) * interval '1 second')
           OR (enqueued_at >= %(unpublished_since)s::timestamptz
               AND (%(after_id)s::bigint IS NULL
                    OR (coalesce(not_before, run_at), id) > (%(after_due)s::timestamptz, %(after_id)s::bigint)))
           OR (queue <> ALL (%(crowded)s) AND coalesce(not_before, run_at) < %(overdue)s
               AND enqueued_at < (SELECT max(until) FROM jobs_stop WHERE until <= %(now)s))
           OR enqueued_at < (SELECT incarnated_at FROM jobs_installation))
    ORDER BY coalesce(not_before, run_at), id
    LIMIT %(limit)s
    FOR NO KEY UPDATE SKIP LOCKED
), marked AS (
    UPDATE jobs_job SET enqueued_at = %(now)s, deliveries = least(jobs_job.deliveries + 1, 32767)
    WHERE jobs_job.id = ANY (ARRAY(SELECT id FROM due))  -- a join may read the whole table
    RETURNING jobs_job.id, jobs_job.version, coalesce(jobs_job.not_before, jobs_job.run_at) AS due, jobs_job.queue,
        jobs_job.deliveries
), logged AS (
    INSERT INTO jobs_workerlog (action, client, results, at)
    SELECT 'QUERYLIST', %(client)s, count(*), %(now)s FROM marked
)
SELECT id, version, due, queue, deliveries FROM marked ORDER BY due, id
"""  # noqa: S608

LIST_LIMIT = 50_000  # jobs in one statement: bounds the memory of a beat that finds a year of backlog
OVERDUE_AFTER = timedelta(seconds=1)
LONGEST_BACK_OFF = 3600.0  # seconds
CROWD_PATIENCE = 32  # times as long until a job of a crowded queue is listed again


class JobListing(JobsOfSchedules):
    def list_and_mark(
        self,
        *,
        now: datetime,
        horizon: datetime,
        window: float,
        client: str,
        unpublished_since: datetime | None,
        unpublished_after: Listed | None,
        crowded: Iterable[str],
        limit: int,
    ) -> list[Listed]:
        """List the pending jobs due before `horizon` that need a message, soonest first, and mark them.

        `window` is MinPrepareTime in seconds. With `unpublished_since` also those marked since then are
        listed again: a leader that died between marking and publishing leaves them; of these only what comes after the
        job `unpublished_after`, where an earlier statement had no room for more. `crowded`: queues in which many
        messages wait that no worker has fetched.
        """
        with connections[self.db].cursor() as cursor:
            cursor.execute(
                LIST_AND_MARK,
                {
                    "now": now,
                    "horizon": horizon,
                    "overdue": now - OVERDUE_AFTER,
                    "window": window,
                    "longest": LONGEST_BACK_OFF,
                    "unpublished_since": unpublished_since,
                    "after_due": unpublished_after.run_at if unpublished_after else None,
                    "after_id": unpublished_after.id if unpublished_after else None,
                    "crowded": list(crowded),
                    "patience": CROWD_PATIENCE,
                    "client": client,
                    "limit": limit,
                },
            )
            return [Listed(*row) for row in cursor.fetchall()]

    def mark(self, ids: Iterable[int], *, now: datetime) -> int:
        """Note that the message of these pending jobs is going out."""
        unlisted = self.filter(id__in=list(ids), state=State.PENDING, enqueued_at=None)
        return unlisted.update(enqueued_at=now, deliveries=1)

    def unmark(self, ids: Iterable[int]) -> int:
        """Give jobs whose message could not go out back to the next list query."""
        return self.filter(id__in=list(ids), state=State.PENDING).update(enqueued_at=None, deliveries=0)
