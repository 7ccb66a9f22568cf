"""Jobs that are over long since: the leader moves them into the history and drops what has been there long enough, and
is killed meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from jobs import transitions
from jobs.clock import clock
from jobs.models import Job
from jobs.transitions.history import move
from verification.drill.evidence import Fate, Old

# How many of each: those that may go, several transactions of the leader's; those whose day of removal has come
# already; those that somebody keeps; those that a pending job waits for.
NUMBERS = {Fate.MOVES: 4000, Fate.REMOVED: 400, Fate.KEPT: 40, Fate.STAYS: 40}
AGE = timedelta(days=4)  # since their ends; JOBS_HOT_DAYS are two
LATER = timedelta(days=1)  # when the jobs that wait for them are due: after the round
INSERT = """
WITH new AS (
    INSERT INTO jobs_job
        (name, target, payload, queue, run_at, created_at, state, attempt, locked_at, execute_at, finished_at)
    SELECT %(name)s, 'demo.noop', '{}', %(queue)s, %(at)s, %(at)s, 2, 1, %(at)s, %(at)s, %(at)s
    FROM generate_series(1, %(number)s)
    RETURNING id, run_at
), starts AS (
    INSERT INTO jobs_attempt
        (job_id, number, worker, session, token, run_at, locked_at, started_at, finished_at, outcome)
    SELECT id, 1, 'drill', gen_random_uuid(), gen_random_uuid(), run_at, run_at, run_at, run_at, 2 FROM new
)
SELECT id FROM new ORDER BY id
"""
KEEP = "INSERT INTO jobs_kept (job_id, at, reason) SELECT unnest(%s::bigint[]), now(), 'the drill'"
WAIT = """
WITH waiting AS (
    INSERT INTO jobs_job (name, target, payload, queue, run_at) VALUES (%s, 'demo.noop', '{}', %s, %s) RETURNING id
)
INSERT INTO jobs_dependency (job_id, waits_for_id) SELECT id, unnest(%s::bigint[]) FROM waiting RETURNING job_id
"""
# In both tables, so that one that is in neither or in both is seen: in one statement, since the leader goes on.
WHERE_THEY_ARE = """
SELECT asked.id, asked.hot, asked.hot_starts, old.times, old.starts, old.day
FROM (
    SELECT wanted.id, (SELECT count(*) FROM jobs_job WHERE id = wanted.id) AS hot,
        (SELECT count(*) FROM jobs_attempt WHERE job_id = wanted.id) AS hot_starts
    FROM unnest(%(ids)s::bigint[]) AS wanted (id)
) AS asked
LEFT JOIN (
    SELECT id, count(*) AS times, sum(jsonb_array_length(attempts)) AS starts, max(remove_on) AS day
    FROM jobs_history WHERE id = ANY (%(ids)s::bigint[]) GROUP BY id
) AS old ON old.id = asked.id
ORDER BY asked.id
"""
UNFINISHED = "SELECT id FROM jobs_history WHERE id >= %s AND (state IN (0, 1) OR finished_at > %s) ORDER BY id"


@dataclass
class OldJobs:
    """The old jobs of one round; no other of it has an id below `first_id`."""

    run: str
    queue: str  # which nobody takes from
    first_id: int = 0
    ids: dict[Fate, list[int]] = field(default_factory=dict)
    _waiting: int = 0

    def make(self) -> None:
        """Insert them, ended four days ago, with an attempt each. Those of REMOVED go into the history at once, to the
        partition of yesterday: it is to be dropped."""
        now = clock.now()
        with transaction.atomic(), connection.cursor() as cursor:
            for fate, number in NUMBERS.items():
                asked: dict[str, Any] = {
                    "name": f"old {self.run} {fate}",
                    "queue": self.queue,
                    "at": now - AGE,
                    "number": number,
                }
                cursor.execute(INSERT, asked)
                self.ids[fate] = [job_id for (job_id,) in cursor.fetchall()]
            cursor.execute(KEEP, [self.ids[Fate.KEPT]])
            cursor.execute(WAIT, [f"old {self.run} waits", self.queue, now + LATER, self.ids[Fate.STAYS]])
            self._waiting = cursor.fetchone()[0]
        self.first_id = min(min(ids) for ids in self.ids.values())
        yesterday = now.astimezone(UTC).date() - timedelta(days=1)
        # What the leader has moved already has a day of its own, and is found there like the others.
        moved = move(dict.fromkeys(self.ids[Fate.REMOVED], yesterday), before=now - AGE / 2, now=now)
        self.ids[Fate.MOVES] += sorted(set(self.ids[Fate.REMOVED]) - set(moved))
        self.ids[Fate.REMOVED] = moved

    def found(self) -> list[Old]:
        """Return where each of them is now."""
        rows = []
        with connection.cursor() as cursor:
            for fate, ids in self.ids.items():
                cursor.execute(WHERE_THEY_ARE, {"ids": ids})
                rows += [
                    Old(job_id, fate, hot, times or 0, hot_starts + int(starts or 0), day)
                    for job_id, hot, hot_starts, times, starts, day in cursor.fetchall()
                ]
        return rows

    def moved_too_soon(self, now: datetime) -> list[int]:
        """Return the jobs of this round that are in the history though they have not ended, or only just."""
        with connection.cursor() as cursor:
            cursor.execute(UNFINISHED, [self.first_id, now - AGE / 2])
            return [job_id for (job_id,) in cursor.fetchall()]

    def let_go(self) -> None:
        """Have nobody wait for any of them any more."""
        if Job.objects.filter(pk=self._waiting).exists():
            transitions.cancel(self._waiting, now=clock.now(), reason="The round is over.")
