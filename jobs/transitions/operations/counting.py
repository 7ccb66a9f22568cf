"""Counts what an operation would do, before anybody has begun it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.db import OperationalError
from django.db.models import Count, Q

from jobs.database import connection, transaction
from jobs.models import Job, Operation, Verb
from jobs.models.querysets import JobQuerySet
from jobs.models.querysets.overviews import LOOK
from jobs.models.querysets.within import rows_touched
from jobs.rights import Reach
from jobs.transitions.operations import undoing, words
from jobs.transitions.operations.asked import AskedOfMany

PATIENCE = "2s"  # of the count of all; then the newest are counted, and that is said


@dataclass(frozen=True)
class Counted:
    """Count of the jobs that an operation would touch, and of those that it would leave, by why. Where not all could be
    counted in time these are those among the newest `looked_at` jobs."""

    touched: int
    left: dict[str, int] = field(default_factory=dict)
    looked_at: int | None = None

    @property
    def found(self) -> int:
        return self.touched + sum(self.left.values())


def count(asked: AskedOfMany, reach: Reach, *, now: datetime) -> Counted:
    """Count what the filters find: two statements, beside those of the filters."""
    found = asked.found(reach, now)
    try:
        with transaction.atomic():
            _be_patient()
            return _counted(found, asked, reach)
    except OperationalError:  # it has taken too long
        newest = Job.objects.all().ends()[1]
        counted = _counted(found.filter(id__gt=newest - LOOK), asked, reach)
        return Counted(counted.touched, counted.left, LOOK)


def _counted(found: JobQuerySet, asked: AskedOfMany, reach: Reach) -> Counted:
    may = rows_touched(reach, or_own=asked.verb == Verb.CANCEL)
    rows = found.order_by().values("state").annotate(jobs=Count("pk"), theirs=Count("pk", filter=may if may else Q()))
    touched, left = 0, dict[str, int]()
    for row in rows.order_by("state"):
        if row["state"] not in asked.control.states:
            words.add(left, words.in_state(row["state"]), row["jobs"])
            continue
        mine = row["theirs"] if may else row["jobs"]
        touched += mine
        if row["jobs"] > mine:
            words.add(left, words.NOT_THEIRS, row["jobs"] - mine)
    return Counted(touched, left)


def count_undo(operation: Operation, *, now: datetime) -> Counted:
    """Count what is as this operation has left it, and has not started: what can be taken back now."""
    try:
        with transaction.atomic():
            _be_patient()
            causes = undoing.causes(operation, now=now)
    except OperationalError:  # it has taken too long
        return Counted(operation.done, looked_at=operation.done)
    return Counted(causes.pop("", 0), causes)


def _be_patient() -> None:
    """Have the statements of this transaction end after so long."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [PATIENCE])
