"""Keeps a job when its day has come, and lets it go: each is a person's or a program's word, with a reason, audited."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError

from jobs import rules
from jobs.database import connection, transaction
from jobs.models import Audit, Change, Kept, partitions
from jobs.models.audit import asker
from jobs.rights import reach_of
from jobs.rules.keeping import removal_day, removal_rules
from jobs.transitions.changing import Answer, beyond, found

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

LOCK = "SELECT state FROM jobs_history WHERE id = %s FOR UPDATE"
TO_ITS_DAY = "UPDATE jobs_history SET remove_on = %s WHERE id = %s"


def keep(job_id: int, *, now: datetime, reason: str, by: AbstractBaseUser | None = None) -> Answer:
    """Have the job stay, in whatever state it is and wherever its row is, until it is let go.

    Raises ValidationError (field `reason`) without one."""
    check_why(reason)
    job = found(job_id)
    if job is not None and not reach_of(by).touches(job):
        return beyond(job, by)
    with transaction.atomic():
        state = _locked(job_id)
        if state is None:
            return Answer(done=False, why=f"There is no job {job_id}.")
        _, new = Kept.objects.get_or_create(
            job_id=job_id, defaults={"at": now, "reason": reason, "by_id": getattr(by, "pk", None)}
        )
        if not new:
            return Answer(done=False, why=f"Job {job_id} is kept already.", job=found(job_id))
        _move(job_id, None)
        note(Change.KEEP, job_id, state, now=now, reason=reason, by=by)
    return Answer(done=True, why=f"Job {job_id} is kept until it is let go.", job=found(job_id))


def let_go(job_id: int, *, now: datetime, reason: str, by: AbstractBaseUser | None = None) -> Answer:
    """Have the job removed like others again: tomorrow, if its days are over.

    Raises ValidationError (field `reason`) without one."""
    check_why(reason)
    job = found(job_id)
    if job is None:
        return Answer(done=False, why=f"There is no job {job_id}.")
    if not reach_of(by).touches(job):
        return beyond(job, by)
    day = None
    if job.finished_at is not None:
        today = now.astimezone(UTC).date()
        day = removal_day(
            removal_rules(),
            state=job.state,
            queue=job.queue,
            target=job.target,
            finished_at=job.finished_at,
            today=today,
        )
        partitions.create([day])
    with transaction.atomic():
        state = _locked(job_id)
        if state is None or not Kept.objects.filter(job_id=job_id).delete()[0]:
            return Answer(done=False, why=f"Job {job_id} is not kept.", job=job)
        _move(job_id, day)
        note(Change.LET_GO, job_id, state, now=now, reason=reason, by=by)
    return Answer(done=True, why=f"Job {job_id} is not kept any more.", job=found(job_id))


def _locked(job_id: int) -> int | None:
    """Lock the job's row where it is, and return its state; None where it is nowhere. Who moves it meanwhile is waited
    for: then it is in the other table."""
    with connection.cursor() as cursor:
        for question in ("SELECT state FROM jobs_job WHERE id = %s FOR NO KEY UPDATE", LOCK) * 2:
            cursor.execute(question, [job_id])
            if (row := cursor.fetchone()) is not None:
                state: int = row[0]
                return state
    return None


def _move(job_id: int, day: date | None) -> None:
    """Put the row into the partition of that day, if it is in the history."""
    with connection.cursor() as cursor:
        cursor.execute(TO_ITS_DAY, [day, job_id])


def note(
    verb: Change, job_id: int, state: int | None, *, now: datetime, reason: str, by: AbstractBaseUser | None
) -> None:
    """Write to the audit who has done this to a job that stays in its state, and why."""
    Audit.objects.create(
        job_id=job_id,
        verb=verb,
        **asker(by),
        reason=reason,
        at=now,
        from_state=state,
        to_state=state,
    )


def why_problems(reason: str) -> list[str]:
    """Return what is wrong with the reason for keeping, letting go or redacting a job; one is needed."""
    if not reason.strip():
        return ["Say why, for those who look at the job later."]
    return rules.reason_problems(reason, needed=False)


def check_why(reason: str) -> None:
    """Raise ValidationError (field `reason`) for one that will not do."""
    if problems := why_problems(reason):
        raise ValidationError({"reason": problems})
