"""Says up to which ids of the ledger, the audit and jobs no row can come any more: ids are given before the commit, so
a row may appear below one that is there already."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from jobs.database import connection

# An id is given a moment before its transaction has a number by which snapshots know it.
NUMBERED_WITHIN = timedelta(seconds=2)
ASK = """
SELECT coalesce((SELECT max(id) FROM jobs_attempt), 0), coalesce((SELECT max(id) FROM jobs_audit), 0),
    coalesce((SELECT max(id) FROM jobs_job), 0),
    pg_snapshot_xmin(pg_current_snapshot())::text::bigint, pg_snapshot_xmax(pg_current_snapshot())::text::bigint
"""


class Upto(NamedTuple):
    """Ids of the ledger, of the audit and of jobs."""

    starts: int
    audit: int
    jobs: int = 0


@dataclass
class _Seen:
    """The latest ids at a moment, and once they all have a number, the first transaction that has come after it."""

    upto: Upto
    at: datetime
    fence: int | None = None


class Horizon:
    """The horizon, as one process has found it."""

    def __init__(self) -> None:
        self.upto: Upto | None = None
        self._seen: _Seen | None = None

    def look(self, now: datetime) -> Upto | None:
        """Return up to where all is there: None before the first is known. One statement.

        1. The latest ids are noted.
        2. Two seconds later each of them has a transaction with a number: the next number is noted.
        3. When no transaction before that number is under way any more, all up to those ids is there, or never will be.
        """
        with connection.cursor() as cursor:
            cursor.execute(ASK)
            starts, audit, jobs, oldest, following = cursor.fetchone()
        seen = self._seen
        if seen is not None and seen.fence is None and now - seen.at >= NUMBERED_WITHIN:
            seen.fence = following
        if seen is not None and seen.fence is not None and oldest >= seen.fence:
            self.upto, seen = seen.upto, None
        self._seen = seen or _Seen(Upto(starts, audit, jobs), now)
        return self.upto
