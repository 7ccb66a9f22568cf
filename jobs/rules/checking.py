"""Makes a NewJob of what somebody asks for, or says all that is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pydantic
from django.core.exceptions import ValidationError

from jobs import blackouts
from jobs.conf import conf
from jobs.rights.secret_teams import team_problems
from jobs.rules.judging import REFUSED
from jobs.rules.new_job import ASKED, NewJob
from jobs.rules.problems import not_before
from jobs.states import Blackout

_NEW_JOB = pydantic.TypeAdapter(NewJob)


def check_new_job(*, now: datetime, calendars: blackouts.Calendars | None = None, **asked: Any) -> NewJob:
    """Return the job to create of what a request, a form or a row asks for: values of NewJob's fields by their names.
    `run_at` None: now, as is a time that has passed by no more than JUST_NOW. `calendars`: what the jobs of one request
    have read of these.

    Raises ValidationError: field -> what is wrong and what to do."""
    run_at = asked.get("run_at")
    when = now if run_at is None else run_at
    new, errors = None, {}
    try:
        new = _NEW_JOB.validate_python({**asked, "run_at": when, "asked_at": run_at}, context=now)
    except pydantic.ValidationError as error:
        errors = sentences(error)
    if asked.get("calendar") and "calendar" not in errors:
        judged = errors.keys().isdisjoint(("run_at", "blackout"))
        wanted, blackout = not_before(when, now) if judged else now, asked.get("blackout", Blackout.NEXT)
        known = calendars or blackouts.Calendars()
        placed_at, bound, problems = blackouts.bind(
            asked["calendar"], blackout, wanted, now=now, judged=judged, known=known
        )
        if problems:
            errors["calendar"] = problems
        elif new is not None:
            new = replace(new, run_at=placed_at, bound=bound)
    if new is not None and conf().secrets and (refused := team_problems(new.payload, new.labels, new.queue)):
        errors["payload"] = refused
    if new is None or errors:
        raise ValidationError({field: list(problems) for field, problems in errors.items()})
    return new


def checked(new: NewJob, *, now: datetime) -> NewJob:
    """Return the job to create of what a program asks for. Raises as `check_new_job` does."""
    names = (*ASKED, "idempotency_key", "trigger_id", "traceparent")
    return check_new_job(now=now, **{name: getattr(new, name) for name in names})


def sentences(error: pydantic.ValidationError) -> dict[str, list[str]]:
    """Return what is wrong by field, as our rules say it."""
    found: dict[str, list[str]] = {}
    for one in error.errors(include_url=False, include_input=False):
        said = one["ctx"]["problems"] if one["type"] == REFUSED else [f"{one['msg']}."]
        found.setdefault(str(one["loc"][0]), []).extend(said)
    return found
