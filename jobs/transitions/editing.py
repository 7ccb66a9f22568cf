"""Edits of jobs that have not started: judged as new ones are, and written under a new version."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError

from jobs import blackouts, publishing, rules, targets
from jobs.models import Job, Turn
from jobs.models.job import NEXT_VERSION
from jobs.models.querysets import Listed
from jobs.rights import reach_of
from jobs.rules.rights import rights_problems
from jobs.states import Hold
from jobs.transitions.requeue import requeue

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

# Not its target, which would make it another job, nor what it waits for, which may be on its way already.
EDITABLE = tuple(name for name in rules.ASKED if name not in ("target", "waits_for", "waits_for_end"))
TIMES = {"run_at", "calendar", "blackout"}  # one of them changed, its time is reckoned anew
COLUMNS = tuple("calendar_id" if name == "calendar" else name for name in EDITABLE)


class Unchanged(Exception):
    """Refusal of an edit that changes nothing."""


def as_asked(job: Job) -> dict[str, Any]:
    """Return what can be edited of the job, by the names and in the form in which it is asked for."""
    plain = {name: getattr(job, name) for name in EDITABLE if name not in TIMES}
    return {
        **plain,
        "run_at": job.asked_run_at or job.run_at,
        "calendar": job.calendar.name if job.calendar is not None else None,
        "blackout": job.blackout,
    }


def judged(
    job: Job, changes: Mapping[str, Any], *, now: datetime, by: AbstractBaseUser | None
) -> tuple[rules.NewJob, set[str]]:
    """Return the job as it is to be, and the names of what changes. What is not asked for stays as it is, also a time
    that has passed and what its calendar has made of it.

    Raises ValidationError: field -> what is wrong and what to do."""
    were = as_asked(job)
    given = {name: _none_if_empty(name, changes[name]) for name in EDITABLE if name in changes}
    if "payload" in given:
        given["payload"] = targets.kept(job.target, given["payload"], job.payload)
    changed = {name for name, value in given.items() if not is_same(value, were[name])}
    asked = were | given
    if not changed & TIMES:
        asked |= {"run_at": None, "calendar": None}
    elif "run_at" not in changed and were["run_at"] < now:
        asked["run_at"] = None
    calendars = blackouts.Calendars(None if by is None else reach_of(by))
    new = rules.check_new_job(**asked, target=job.target, now=now, calendars=calendars)
    if problems := rights_problems(new, by):
        raise ValidationError({name: list(sentences) for name, sentences in problems.items()})
    return new, changed


def write(job: Job, changes: Mapping[str, Any], *, now: datetime, by: AbstractBaseUser | None) -> None:
    """Edit the job, whose row the caller has locked: messages of its old version acquire nothing. An approval was for
    what it was. Raises ValidationError as `judged` does, and Unchanged."""
    new, changed = judged(job, changes, now=now, by=by)
    if not changed:
        raise Unchanged
    columns = new.columns()
    values = {name: columns[name] for name in changed - TIMES}
    Job.objects.filter(pk=job.pk).update(**values, approved_at=None)
    edited = copy.copy(job)
    for name, value in {**values, "approved_at": None}.items():
        setattr(edited, name, value)
    kept = job.holds & ~(Hold.APPROVAL | Hold.KEY | Hold.QUEUE)  # its places are given back by the caller
    edited.holds = kept | new.holds & Hold.APPROVAL
    if changed & TIMES:
        requeue(edited, run_at=new.run_at, now=now, reason=job.reason)
        bound = {"asked_run_at": new.bound.asked_run_at, "waited_for": new.bound.why}
        calendar = {"calendar_id": new.bound.calendar_id, "blackout": new.blackout}
        Job.objects.filter(pk=job.pk).update(**calendar, **bound)
        return
    if Turn.objects.filter(job_id=job.pk, moment__isnull=False).exists():  # a rate's, whose place is given back too
        edited.not_before, edited.waited_for = None, ""
    Job.objects.filter(pk=job.pk).update(
        version=NEXT_VERSION,
        holds=edited.holds,
        not_before=edited.not_before,
        waited_for=edited.waited_for,
        turn_at=None,
        enqueued_at=None,
        deliveries=0,
    )
    if not edited.holds:
        publishing.publish_at_commit([Listed.first(edited, version=job.version + 1)], now=now)


def _none_if_empty(name: str, value: Any) -> Any:
    return value or None if rules.ASKED[name].nullable else value


def is_same(one: Any, other: Any) -> bool:
    """Return whether two values are written alike: 1 is not 1.0, nor true."""
    return bool(_written(one) == _written(other))


def _written(value: Any) -> Any:
    if isinstance(value, Mapping):
        return sorted((name, _written(entry)) for name, entry in value.items())
    if isinstance(value, list | tuple):
        return [_written(entry) for entry in value]
    return (type(value).__name__, str(value)) if not isinstance(value, datetime) else value
