"""Questions of the metrics: a few statements for a whole scrape, each bounded."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from django.db import connections

from jobs.models.installation import NOTHING_STARTS
from jobs.models.querysets.overviews import COUNT_LIMIT, FIGURES_LIMIT, QUEUE_ORDER, JobOverviews
from jobs.postgresql.session import WRITABLE
from jobs.states import Hold

if TYPE_CHECKING:
    from jobs.postgresql.base import DatabaseWrapper

TARGETS_LIMIT = 1_000

DURATIONS = """
SELECT target, avg(seconds), percentile_disc(0.95) WITHIN GROUP (ORDER BY seconds)
FROM (
    SELECT target, extract(epoch FROM finished_at - execute_at)::float8 AS seconds, state, reason, execute_at
    FROM jobs_job WHERE state IN (2, 3, 4, 5, 6) ORDER BY finished_at DESC LIMIT %(limit)s
) AS latest
WHERE state IN (2, 3) AND execute_at IS NOT NULL AND NOT (state = 2 AND coalesce(reason, '') > '')
GROUP BY target ORDER BY count(*) DESC, target LIMIT %(targets)s
"""

LEADER = ("holder", "epoch", "elected_at", "listed_at", "listed", "published_at", "zones")  # columns of its row

# Several questions that are short and bounded, asked at once: what counts when nothing goes on is how many there are.
# The first of a scrape, so that it need not be asked before whether the session is well.
STANDING = f"""
SELECT
    (SELECT jsonb_agg(jsonb_build_array(queue, n) ORDER BY n DESC, queue) FROM (
        SELECT queue, count(*) AS n FROM (SELECT queue FROM jobs_job WHERE state = 1 LIMIT %(limit)s) AS running
        GROUP BY queue
    ) AS by_queue),
    (SELECT jsonb_agg(jsonb_build_array(session, n)) FROM (
        SELECT session, count(*) AS n FROM jobs_attempt JOIN jobs_job ON jobs_job.id = job_id
        WHERE outcome IS NULL AND state = 1 GROUP BY session
    ) AS by_session),
    (SELECT jsonb_agg(jsonb_build_array(holds, n)) FROM (
        SELECT holds, count(*) AS n FROM (
            SELECT holds FROM jobs_job WHERE state = 0 AND holds <> 0 ORDER BY {", ".join(QUEUE_ORDER)} LIMIT %(limit)s
        ) AS held GROUP BY holds
    ) AS by_holds),
    (SELECT count(*) FROM (SELECT FROM jobs_job WHERE state = 5 LIMIT %(limit)s) AS interrupted),
    (SELECT count(*) FROM jobs_lane WHERE paused_at IS NOT NULL AND kind = 'queue'),
    (SELECT count(*) FROM jobs_lane WHERE paused_at IS NOT NULL AND kind = 'key'),
    (SELECT count(*) FROM jobs_stop WHERE let_go_at IS NULL AND begins_at > %(now)s),
    (SELECT count(*) FROM jobs_stop
     WHERE let_go_at IS NULL AND begins_at <= %(now)s AND (until IS NULL OR until > %(now)s)),
    (SELECT count(*) FROM jobs_stop WHERE let_go_at IS NULL AND begins_at <= %(now)s AND until <= %(now)s),
    {NOTHING_STARTS},
    {", ".join(f"led.{name}" for name in LEADER)},
    {WRITABLE}
FROM (SELECT) AS nothing LEFT JOIN jobs_leadership AS led ON true
"""  # noqa: S608 - of our own words only


class Duration(NamedTuple):
    """Seconds that bodies of a target took."""

    target: str
    mean: float
    p95: float


class Standing(NamedTuple):
    """Counts of what runs, and of what stands in the way of starts. `running`: by queue, the most first; `busy`: slots
    that are taken, by the life of a worker; `held`: by each cause that holds jobs; `leader`: columns of its row, none
    before any beat has led."""

    running: Mapping[str, int]
    busy: Mapping[uuid.UUID, int]
    held: Mapping[Hold, int]
    leader: Mapping[str, Any]
    interrupted: int
    queues_paused: int
    keys_paused: int
    stops_planned: int
    stops_in_force: int
    stops_letting_go: int
    nothing_starts: bool


class JobMeasuring(JobOverviews):
    """Part of JobQuerySet: what the metrics ask."""

    def durations(self) -> list[Duration]:
        """Return how long bodies took, by target, of the latest FIGURES_LIMIT ends."""
        return [Duration(*row) for row in self._rows(DURATIONS, {"limit": FIGURES_LIMIT, "targets": TARGETS_LIMIT})]

    def standing(self, now: datetime) -> Standing:
        """Return what runs and what stands in the way of starts, counted to COUNT_LIMIT + 1."""
        values = {"limit": COUNT_LIMIT + 1, "now": now}
        ((running, busy, holding, *rest),) = cast("DatabaseWrapper", connections[self.db]).read_first(STANDING, values)
        counts, leader = rest[: -len(LEADER) - 1], dict(zip(LEADER, rest[-len(LEADER) - 1 : -1], strict=True))
        held: Counter[Hold] = Counter()
        for holds, count in _pairs(holding):
            held.update(dict.fromkeys(Hold(holds), count))
        sessions = {uuid.UUID(session): count for session, count in _pairs(busy)}
        return Standing(dict(_pairs(running)), sessions, held, leader if leader["epoch"] is not None else {}, *counts)

    def _rows(self, statement: str, values: Mapping[str, Any]) -> list[Any]:
        with connections[self.db].cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall())


def _pairs(text: str | None) -> list[Any]:
    """Return what jsonb_agg has made of pairs; it makes NULL of none."""
    return json.loads(text) if text else []
