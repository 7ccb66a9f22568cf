"""Keeps a job when its day has come, and lets it go: each is a person's or a program's word, with a reason, audited."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from jobs import rules
from jobs.models import Audit, Change, Job, Kept, partitions
from jobs.models.history import find
from jobs.rules.keeping import removal_day
from jobs.transitions.controls import Answer

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

LOCK = "SELECT state FROM jobs_history WHERE id = %s FOR UPDATE"
TO_ITS_DAY = "UPDATE jobs_history SET remove_on = %s WHERE id = %s"


def keep(job_id: int, *, now: datetime, reason: str, by: AbstractBaseUser | None = None) -> Answer:
    """Have the job stay, in whatever state it is and wherever its row is, until it is let go.

    Raises ValidationError (field `reason`) without one."""
    _check(reason)
    with transaction.atomic():
        state = _locked(job_id)
        if state is None:
            return Answer(done=False, why=f"There is no job {job_id}.")
        _, new = Kept.objects.get_or_create(
            job_id=job_id, defaults={"at": now, "reason": reason, "by_id": getattr(by, "pk", None)}
        )
        if not new:
            return Answer(done=False, why=f"Job {job_id} is kept already.", job=_job(job_id))
        _move(job_id, None)
        _note(Change.KEEP, job_id, state, now=now, reason=reason, by=by)
    return Answer(done=True, why=f"Job {job_id} is kept until it is let go.", job=_job(job_id))


def let_go(job_id: int, *, now: datetime, reason: str, by: AbstractBaseUser | None = None) -> Answer:
    """Have the job removed like others again: tomorrow, if its days are over.

    Raises ValidationError (field `reason`) without one."""
    _check(reason)
    job = _job(job_id)
    if job is None:
        return Answer(done=False, why=f"There is no job {job_id}.")
    day = None
    if job.finished_at is not None:
        today = now.astimezone(UTC).date()
        day = removal_day(state=job.state, queue=job.queue, target=job.target, finished_at=job.finished_at, today=today)
        partitions.create([day])
    with transaction.atomic():
        state = _locked(job_id)
        if state is None or not Kept.objects.filter(job_id=job_id).delete()[0]:
            return Answer(done=False, why=f"Job {job_id} is not kept.", job=job)
        _move(job_id, day)
        _note(Change.LET_GO, job_id, state, now=now, reason=reason, by=by)
    return Answer(done=True, why=f"Job {job_id} is not kept any more.", job=_job(job_id))


def _job(job_id: int) -> Job | None:
    return Job.objects.for_people().filter(pk=job_id).first() or find(job_id)


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


def _note(verb: Change, job_id: int, state: int, *, now: datetime, reason: str, by: AbstractBaseUser | None) -> None:
    Audit.objects.create(
        job_id=job_id,
        verb=verb,
        by_id=getattr(by, "pk", None),
        reason=reason,
        at=now,
        from_state=state,
        to_state=state,
    )


def _check(reason: str) -> None:
    problems = rules.reason_problems(reason, needed=False)
    if not reason.strip():
        problems = ["Say why, for those who look at the job later."]
    if problems:
        raise ValidationError({"reason": problems})
