"""A person's word after a restore: what was due and shall not start is cancelled, then jobs start again."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from jobs import rules
from jobs.database import connection, transaction
from jobs.events import emit
from jobs.events.transitions import DatabaseReleased
from jobs.installation import known
from jobs.installation.watch import PLACED, Place, place
from jobs.models import Audit, Change, Installation, Job, Subject
from jobs.models.described import described
from jobs.transitions.controls import cancel

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

AUDITED = ("identity", "incarnation", "held_at", "held_why")
AT_A_TIME = 500  # ids in one question


@dataclass(frozen=True)
class Released:
    """The answer to a request to release. `why` is a sentence for whoever asked."""

    done: bool
    why: str
    cancelled: int = 0


def release(
    *,
    now: datetime,
    reason: str,
    by: AbstractBaseUser | None = None,
    cancel_due_before: datetime | None = None,
    copy: bool = False,
) -> Released:
    """Let jobs start again in a database that was restored, and note who wanted it and why, in the audit, too. Those
    due before `cancel_due_before` are cancelled first, each with an entry in its audit; what was cancelled can be
    retried one by one. With `copy` the database gets a name of its own, since the installation that it was copied from
    goes on.

    Raises ValidationError (field `reason`). An interrupted call can be repeated: jobs are held until its end.
    """
    if problems := rules.reason_problems(reason, needed=True):
        raise ValidationError({"reason": problems})
    if Installation.restored() is None:
        return Released(False, "Nothing is held: this database was not restored, or somebody has released it already.")
    cancelled = _cancel(cancel_due_before, now=now, reason=reason, by=by) if cancel_due_before is not None else 0
    with transaction.atomic():
        row = Installation.objects.select_for_update().get()
        with connection.cursor() as cursor:
            place(row, Place.read(cursor))
        before = described(row, AUDITED)
        row.incarnation, row.incarnated_at = uuid.uuid4(), now
        if copy:
            row.identity = uuid.uuid4()
        row.held_at, row.held_why = None, ""
        row.released_at, row.released_by_id, row.release_reason = now, getattr(by, "pk", None), reason
        released = ["identity", "incarnation", "incarnated_at", "held_at", "held_why"]
        row.save(update_fields=[*PLACED, *released, "released_at", "released_by", "release_reason"])
        Audit.objects.note(
            Subject.INSTALLATION,
            str(before["identity"]),
            verb=Change.RESUME,
            by=by,
            reason=reason,
            now=now,
            before=before,
            after=described(row, AUDITED),
        )
        transaction.on_commit(lambda: known.learn(row.identity, row.incarnation) and None)
    who = by.get_username() if by is not None else "a program"
    emit(DatabaseReleased(who, reason, cancelled))
    gone = f" {cancelled} jobs that were due before {cancel_due_before} are cancelled." if cancel_due_before else ""
    return Released(True, f"Released: what is due starts within a window.{gone}", cancelled)


def _cancel(before: datetime, *, now: datetime, reason: str, by: AbstractBaseUser | None) -> int:
    """Cancel jobs by one transaction each, in the order of their ids, and return how many: nothing starts meanwhile,
    whatever time it takes."""
    cancelled = last = 0
    while ids := Job.objects.due_before(before, after_id=last, limit=AT_A_TIME):
        cancelled += sum(cancel(job_id, now=now, reason=reason, by=by).done for job_id in ids)
        last = ids[-1]
    return cancelled
