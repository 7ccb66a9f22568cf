"""Makes a NewSchedule of what somebody asks for, or says all that is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pydantic
from django.core.exceptions import ValidationError

from jobs import blackouts, targets
from jobs.calendars import Snapshot
from jobs.models.schedule import Schedule
from jobs.rights import reach_of
from jobs.rules.checking import check_new_job, sentences
from jobs.rules.new_job import NewJob
from jobs.rules.new_schedule import OF_A_JOB, SCHEDULE_ASKED, NewSchedule, as_asked
from jobs.rules.rights import rights_problems
from jobs.rules.schedule_order import NONE_DECLARED, after_problems, followed_problems, unseen_after
from jobs.rules.timing import Timing, timing_problems

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

_NEW_SCHEDULE = pydantic.TypeAdapter(NewSchedule)
# What says when it starts: where none of these is changed, a schedule that is over stays what it is.
TIMED_BY = ("dialect", "expression", "time_zone", "starts_at", "ends_at", "most_runs", "spread", "calendar", "blackout")
NAME_TAKEN = "There is a schedule of this name already; choose another, or change that one."

Problems = dict[str, list[str]]


def check_new_schedule(
    *,
    now: datetime,
    by: AbstractBaseUser | None,
    before: Schedule | None = None,
    declared: Mapping[str, Collection[str]] = NONE_DECLARED,
    **asked: Any,
) -> NewSchedule:
    """Return the schedule to create, or what `before` shall become, of what a request, a form or a row asks for: values
    by the names of SCHEDULE_ASKED. What is left out has its default. `declared`: after which others come, by name, that
    are to be made together with it.

    Raises ValidationError: field -> what is wrong and what to do."""
    errors: Problems = {}
    given = {"payload": {}, **asked}
    if before is not None and before.target == given.get("target"):
        given["payload"] = targets.kept(before.target, given["payload"], before.payload)
    job = _job(given, errors, now=now)
    own = {name: value for name, value in given.items() if name not in OF_A_JOB}
    new = None
    try:
        new = _NEW_SCHEDULE.validate_python(own, context=now)
    except pydantic.ValidationError as error:
        errors |= sentences(error)
    if "name" not in errors and _is_taken(given["name"], before):
        errors["name"] = [NAME_TAKEN]
    if job is not None:
        errors |= rights_problems(job, by)
    calendar = _calendar(given.get("calendar"), errors, by)
    after_ids: list[int] = []
    if new is not None and new.after:
        after_ids, refused = after_problems(new.after, name=new.name, before=before, by=by, now=now, declared=declared)
        errors |= {"after": refused} if refused else {}
    if new is not None and _retimed(given, before):
        timing = Timing(
            new.dialect,
            new.expression,
            new.time_zone,
            name=new.name,
            anchor=new.starts_at or (now if before is None else before.created_at),
            starts_at=new.starts_at,
            ends_at=new.ends_at,
        )
        closes = None if calendar is None or "blackout" in errors else calendar[1]
        made = 0 if before is None else before.made
        found = timing_problems(timing, new, now=now, made=made, calendar=closes, blackout=_blackout(given))
        errors |= {field: problems for field, problems in found.items() if field not in errors}
        if before is not None and (refused := followed_problems(before, timing, now, by)):
            errors.setdefault("expression", refused)
    if new is None or job is None or errors:
        raise ValidationError(errors)
    return replace(
        new,
        job=job,
        calendar_id=None if calendar is None else calendar[0],
        after_ids=tuple(sorted({*after_ids, *unseen_after(before, by)})),
    )


def _is_taken(name: str, before: Schedule | None) -> bool:
    found = Schedule.objects.filter(name=name).values_list("pk", flat=True).first()
    return found is not None and (before is None or found != before.pk)


def _job(given: dict[str, Any], errors: Problems, *, now: datetime) -> NewJob | None:
    """Return the job that each run is, judged by the rules of jobs."""
    defaults = {name: SCHEDULE_ASKED[name].default for name in ("overlap", "blackout")}
    asked = {name: given[name] for name in OF_A_JOB if name in given and name != "calendar"}
    try:
        return check_new_job(now=now, run_at=None, **{**defaults, **asked})
    except ValidationError as error:
        errors |= error.message_dict
    return None


def _blackout(given: dict[str, Any]) -> str:
    return str(given.get("blackout", SCHEDULE_ASKED["blackout"].default))


def _calendar(name: str | None, errors: Problems, by: AbstractBaseUser | None) -> tuple[int, Snapshot] | None:
    """Return the calendar of this name with its id; None where there is none, or none that can be used."""
    if not name:
        return None
    calendars = blackouts.Calendars(reach_of(by))
    found = calendars.named(name)
    if found is None or found[2]:
        errors["calendar"] = [calendars.unknown(name)] if found is None else found[2]
        return None
    return found[0], found[1]


def _retimed(given: dict[str, Any], before: Schedule | None) -> bool:
    """Return whether anything that says when it starts is another than before."""
    if before is None:
        return True
    was = as_asked(before)
    return any(given.get(name, SCHEDULE_ASKED[name].default) != was[name] for name in TIMED_BY)
