"""Writes schedules as people define them: an edit moves the run that comes next at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from jobs.database import transaction
from jobs.models import Audit, Change, Schedule, Subject
from jobs.models.described import definition_tag
from jobs.states import Cause
from jobs.transitions.schedules import followers
from jobs.transitions.schedules.planning import Stop
from jobs.transitions.schedules.succession import AT_LEISURE, move_on
from jobs.transitions.schedules.withdrawal import account_and_withdraw, plan_anew, withdraw
from jobs.transitions.stale import refuse_stale

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


# Whoever says what runs is its creator from then on: nobody approves what he has asked for himself.
WHAT_RUNS = ("target", "payload")


@dataclass(frozen=True)
class Changed:
    """The answer to a request to change a schedule; `why` is a sentence for the person who asked."""

    done: bool
    why: str
    schedule: Schedule | None = None


def create_schedule(
    fields: Mapping[str, Any], *, by: AbstractBaseUser | None, now: datetime, reason: str = ""
) -> Schedule:
    """Create a schedule of fields that have passed the rules, and the job of its first run. Nothing before `now` is
    ever started. Raises IntegrityError where its name is taken, ValidationError where it cannot come after the others
    any more."""
    schedule = Schedule(**fields, created_at=now, created_by_id=getattr(by, "pk", None), accounted_until=now)
    schedule.anchored_at = _anchor(schedule, now)
    with transaction.atomic():
        followers.tie(schedule, schedule.after_ids, by=by)
        schedule.save(force_insert=True)
        move_on([schedule], now=now, most=AT_LEISURE)
        followers.mark(schedule.after_ids, now=now)
        schedule.refresh_from_db()
        _note(schedule, None, by=by, now=now, reason=reason)
    return schedule


def change_schedule(
    pk: int,
    fields: Mapping[str, Any],
    *,
    by: AbstractBaseUser | None,
    now: datetime,
    reason: str = "",
    seen: Collection[str] | None = None,
) -> Changed:
    """Change a schedule to fields that have passed the rules. The job of its next run is taken back and made anew; runs
    whose time has come stay as they are. What passed while it was switched off never starts. Raises as
    `create_schedule` does, and Stale where it is none of the definitions that were `seen`, by their tags."""
    with transaction.atomic():
        schedule = _locked(pk, *followers.new_among(pk, fields.get("after_ids", ())))
        if schedule is None:
            return _none(pk)
        _refuse_stale(schedule, seen)
        before = schedule.described()
        others = set(fields.get("after_ids", ())).difference(schedule.after_ids)
        followers.tie(schedule, others, by=by)
        off = Stop(now, Cause.DISABLED, "", getattr(by, "pk", None)) if not fields.get("enabled", True) else None
        account_and_withdraw(schedule, "The schedule was changed.", by=by, now=now, stop=off)
        did = [getattr(schedule, name) for name in WHAT_RUNS]
        for name, value in fields.items():
            setattr(schedule, name, value)
        if schedule.enabled and "shadow" not in fields:  # to switch it on is to leave the shadow
            schedule.shadow = False
        if by is not None and did != [getattr(schedule, name) for name in WHAT_RUNS]:
            schedule.created_by_id = by.pk
        if "starts_at" in fields:
            schedule.anchored_at = _anchor(schedule, schedule.created_at)
        schedule.problem = ""
        plan_anew(schedule, now=now)
        followers.mark(others, now=now)
        _note(schedule, before, by=by, now=now, reason=reason)
    return Changed(True, f"The schedule '{schedule.name}' was changed. {next_words(schedule)}", schedule)


def pause_schedule(
    pk: int, *, until: datetime | None, reason: str, by: AbstractBaseUser | None, now: datetime
) -> Changed:
    """Start nothing of it until that moment, or until somebody resumes it. A run whose time has come goes on."""
    with transaction.atomic():
        schedule = _locked(pk)
        if schedule is None:
            return _none(pk)
        before, by_id = schedule.described(), getattr(by, "pk", None)
        stop = Stop(now, Cause.PAUSED, reason, by_id)
        account_and_withdraw(schedule, f"The schedule was paused: {reason}", by=by, now=now, stop=stop)
        if not schedule.is_paused(now):
            schedule.paused_at = now
        schedule.paused_until, schedule.pause_reason = until, reason
        schedule.paused_by_id = by_id
        plan_anew(schedule, now=now)
        _note(schedule, before, by=by, now=now, verb=Change.PAUSE, reason=reason)
    return Changed(True, f"The schedule '{schedule.name}' is paused. {next_words(schedule)}", schedule)


def resume_schedule(pk: int, *, reason: str = "", by: AbstractBaseUser | None, now: datetime) -> Changed:
    """End a pause. What would have started in it is written down as missed, and never starts."""
    with transaction.atomic():
        schedule = _locked(pk)
        if schedule is None:
            return _none(pk)
        if schedule.paused_at is None:
            return Changed(False, f"The schedule '{schedule.name}' is not paused.", schedule)
        before = schedule.described()
        account_and_withdraw(schedule, "The schedule was resumed.", by=by, now=now)
        schedule.paused_at = schedule.paused_until = schedule.paused_by_id = None
        schedule.pause_reason = ""
        plan_anew(schedule, now=now)
        _note(schedule, before, by=by, now=now, verb=Change.RESUME, reason=reason)
    return Changed(True, f"The schedule '{schedule.name}' goes on. {next_words(schedule)}", schedule)


def delete_schedule(
    pk: int, *, reason: str = "", by: AbstractBaseUser | None, now: datetime, seen: Collection[str] | None = None
) -> Changed:
    """Delete a schedule and its history. Its next run is cancelled; jobs whose time has come go on. Raises Stale as
    `change_schedule` does."""
    with transaction.atomic():
        schedule = _locked(pk)
        if schedule is None:
            return _none(pk)
        _refuse_stale(schedule, seen)
        before, name = schedule.described(), schedule.name
        after = followers.names_after(schedule, by)
        taken = withdraw(schedule, f"The schedule '{name}' was deleted.", now=now)
        schedule.delete()
        Audit.objects.note(
            Subject.SCHEDULE, name, by=by, now=now, before=before, after=None, verb=Change.DELETE, reason=reason
        )
    of_it = "".join(f" Its next run, job {job}, is cancelled." for job in taken)
    of_it += f" What came after it waits for it no more: {', '.join(after)}." if after else ""
    return Changed(True, f"The schedule '{name}' and its history are deleted.{of_it} Jobs that have started go on.")


def next_words(schedule: Schedule) -> str:
    """Say in a sentence what comes next of it."""
    if schedule.problem:
        return schedule.problem
    if schedule.next_at is None:
        return "Nothing comes next."
    shown = f"{(schedule.next_at + schedule.offset).astimezone(schedule.zone):%A, %d %B %Y, %H:%M:%S %Z}"
    if schedule.shadow:
        return f"It is in shadow and starts nothing; it would start next: {shown}."
    if schedule.next_job_id is None:
        return "What has passed is being written down; its next run is made when that is done."
    return f"Next: {shown}."


def _locked(pk: int, *others: int) -> Schedule | None:
    """Lock the schedule and these others, all in one order, and return it."""
    found = {one.pk: one for one in Schedule.objects.filter(pk__in={pk, *others}).locked(wait=True)}
    return found.get(pk)


def _refuse_stale(schedule: Schedule, seen: Collection[str] | None) -> None:
    if seen is not None:
        refuse_stale(definition_tag(schedule), seen)


def _none(pk: int) -> Changed:
    return Changed(False, f"There is no schedule {pk}.")


def _anchor(schedule: Schedule, created_at: datetime) -> datetime:
    return (schedule.starts_at or created_at).replace(microsecond=0)


def _note(
    schedule: Schedule,
    before: Mapping[str, Any] | None,
    *,
    by: AbstractBaseUser | None,
    now: datetime,
    verb: Change | None = None,
    reason: str = "",
) -> None:
    Audit.objects.note(
        Subject.SCHEDULE,
        schedule.name,
        by=by,
        now=now,
        before=before,
        after=schedule.described(),
        verb=verb,
        reason=reason,
    )
