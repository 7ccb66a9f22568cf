"""Writes how far running bodies are, as they say themselves: no change of state, and never waited for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from jobs.database import connection


class Progress(NamedTuple):
    """The progress of a start: the `share` of its work that it has done, 0 to 1, and what it says of that."""

    job_id: int
    number: int
    share: float
    note: str


# A row that somebody has locked is left for the next time: it may be ending, and two orders would be a deadlock.
REPORT = """
WITH said AS MATERIALIZED (
    SELECT * FROM unnest(%(jobs)s::bigint[], %(numbers)s::int[], %(shares)s::float8[], %(notes)s::text[])
        AS s (job_id, number, share, note)
), free AS MATERIALIZED (
    SELECT a.id, said.share, said.note
    FROM jobs_attempt a JOIN said ON a.job_id = said.job_id AND a.number = said.number
    WHERE a.outcome IS NULL FOR NO KEY UPDATE OF a SKIP LOCKED
)
UPDATE jobs_attempt SET progress = free.share, progress_note = free.note FROM free WHERE jobs_attempt.id = free.id
"""


def report_progress(said: Sequence[Progress]) -> None:
    """Write these for the starts that have not ended: one statement for all. Raises what the database raises."""
    jobs, numbers, shares, notes = (list(column) for column in zip(*said, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(REPORT, {"jobs": jobs, "numbers": numbers, "shares": shares, "notes": notes})
