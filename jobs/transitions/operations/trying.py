"""The first jobs of an operation that goes on only if most of them succeed: a canary. Its state is the operation's row
and, in the audit, which jobs were the first: whoever leads next finds both."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from jobs.database import connection
from jobs.models import Operation
from jobs.states import FINAL, State

FIRST = 5  # jobs that are tried before the others
NEEDED = 4  # of these have to succeed
PER_MINUTE = 60  # of the others, if nobody says how many

# The jobs that this operation has changed first, as they are now, wherever they are; and whether a person has changed
# one since: what becomes of that says nothing of the others.
OF_FIRST = """
SELECT noted.job_id, job.state, EXISTS (
    SELECT FROM jobs_audit AS later WHERE later.job_id = noted.job_id AND later.id > noted.id
        AND later.verb IN ('cancel', 'reschedule', 'retry', 'change')
) AS changed, (
    SELECT start.failure FROM jobs_attempt AS start WHERE start.job_id = job.id AND start.number = job.attempt
) AS failure
FROM (SELECT id, job_id FROM jobs_audit WHERE operation_id = %s ORDER BY id LIMIT %s) AS noted
LEFT JOIN jobs_all AS job ON job.id = noted.job_id
ORDER BY noted.job_id
"""


class Tried(NamedTuple):
    """Job among the first. `state` is None where it was deleted."""

    job_id: int
    state: int | None
    changed: bool
    failure: str | None

    @property
    def succeeded(self) -> bool:
        return self.state == State.COMPLETED and not self.changed

    @property
    def did_not(self) -> bool:
        """Is true where it will not succeed any more, as far as this counts."""
        return self.changed or self.state is None or (self.state in FINAL and self.state != State.COMPLETED)

    @property
    def why(self) -> str:
        """Say why it does not count as one that succeeded."""
        if self.state is None:
            return f"job {self.job_id} was deleted"
        if self.changed:
            return f"somebody has changed job {self.job_id}"
        return f"job {self.job_id} is {State(self.state).label}{f' ({self.failure})' if self.failure else ''}"


class Room(NamedTuple):
    """Number of jobs that an operation may change now; `stops` is why it ends instead, empty where it does not."""

    jobs: int
    stops: str = ""


def room(operation: Operation, most: int, *, now: datetime) -> Room:
    """Return how many jobs it may change now, `most` at most. Writes into the operation, for the caller to save, that
    it goes on, once enough of the first have succeeded."""
    if operation.first is None:
        return Room(most)
    if operation.went_on_at is None:
        if operation.done < operation.first:
            return Room(operation.first - operation.done)
        tried = of_first(operation)
        if sum(one.succeeded for one in tried) < needed(operation):
            return Room(0, _stops(operation, tried))
        operation.went_on_at = now
    minutes = (now - operation.went_on_at) / timedelta(minutes=1)
    by_now = 1 + int(minutes * (operation.per_minute or 0)) - (operation.done - operation.first)
    return Room(max(min(by_now, most), 0))


def needed(operation: Operation) -> int:
    """Return how many of its first jobs have to succeed: one less than all."""
    return (operation.first or 0) - (FIRST - NEEDED)


def of_first(operation: Operation) -> list[Tried]:
    """Return what has become of its first jobs by now."""
    with connection.cursor() as cursor:
        cursor.execute(OF_FIRST, [operation.pk, operation.first])
        return [Tried(*row) for row in cursor.fetchall()]


def _stops(operation: Operation, tried: list[Tried]) -> str:
    """Return why it stops; empty while enough of the first can still succeed."""
    wrong = [one for one in tried if one.did_not]
    if len(tried) - len(wrong) >= needed(operation):
        return ""
    said = "; ".join(one.why for one in wrong)
    return f"It has stopped by itself: of its first {len(tried)} jobs {len(wrong)} did not succeed: {said}."
