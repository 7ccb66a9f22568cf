"""The one list of what a schedule can be asked for. What its runs have in common with other jobs stands in the list of
these, and is judged by their rules."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from django.db.models import TextChoices
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from jobs.calendars import zones
from jobs.models.constraints import EARLIEST_RUN_AT, LATEST_RUN_AT
from jobs.models.schedule import LONGEST_SPREAD, MOST_CAUGHT_UP, SHARED, Schedule
from jobs.recurrence import DIALECTS, BadExpression, parse
from jobs.rules.judging import Absent, Bounds, Choice, Judged, Length, Made, Names, Rule
from jobs.rules.new_job import ASKED, Asked, NewJob, asked_of
from jobs.rules.problems import NAME_LIMIT, text_problems
from jobs.states import Awaited, Blackout, CatchUp, Overlap

MOST_RUNS = 2**31 - 1
MOST_AFTER = 20  # schedules after which one comes
LONGEST_EXPRESSION = 4000  # characters

# By their keys and labels, as forms and the schema offer them.
Language = TextChoices("Language", [(key.upper(), (key, one.label)) for key, one in DIALECTS.items()])  # type: ignore[call-overload] # the stubs know no list


class Expression(Rule):
    """Rule for text that its dialect can read and that starts some day."""

    def problems(self, value: str, job: Mapping[str, Any], now: datetime) -> list[str]:
        if found := text_problems(value, LONGEST_EXPRESSION):
            return found
        if "dialect" not in job:
            return []
        try:
            parse(job["dialect"], value, name=job.get("name", ""))
        except BadExpression as error:
            return [said(error)]
        return []


class Name(Length):
    """Rule for the name by which people know a schedule."""

    def problems(self, value: str | None, job: Mapping[str, Any], now: datetime) -> list[str]:
        if not (value or "").strip():
            return ["A schedule needs a name, which stands on every job that it makes; give one."]
        return super().problems(value, job, now)


class Moment(Rule):
    """Rule for a moment with a zone, or none."""

    def problems(self, value: datetime | None, job: Mapping[str, Any], now: datetime) -> list[str]:
        if value is None:
            return []
        if value.tzinfo is None:
            return ["This time has no zone; write it like 2026-12-31T23:59:00Z or 2026-12-31T23:59:00+01:00."]
        if not EARLIEST_RUN_AT <= value < LATEST_RUN_AT:
            return ["This time is not in the years 1970 to 9999; choose another."]
        return []


class LastMoment(Moment):
    """Rule for the moment after which a schedule starts nothing."""

    def problems(self, value: datetime | None, job: Mapping[str, Any], now: datetime) -> list[str]:
        begins = job.get("starts_at")
        found = super().problems(value, job, now)
        if not found and value is not None and begins is not None and value < begins:
            return [f"This is before its first moment, {begins.isoformat()}; choose a later one, or leave it empty."]
        return found


@dataclass(frozen=True, config=ConfigDict(extra="forbid", validate_default=True, use_attribute_docstrings=True))
class NewSchedule:
    """A schedule that may be created, or that another may become. `rules.check_new_schedule` makes one of what somebody
    asks for.

    The text under each field is its help, for people; its title is its label in forms."""

    name: Annotated[str, Name(NAME_LIMIT)]
    """For people, and on every job that it makes; no two schedules have the same."""

    dialect: Annotated[str, Choice(Language)]
    """The language of the expression."""

    expression: Annotated[str, Field(title="When"), Expression()]
    """When it starts, in that language: 30 2 * * mon-fri is at 02:30 from Monday to Friday in cron's."""

    time_zone: Annotated[str, Judged(zones.new_problems)] = "UTC"
    """Whose wall clock the expression means: UTC or a name like Europe/Berlin."""

    starts_at: Annotated[datetime | None, Field(title="From"), Moment(), Absent("from now on")] = None
    """The first moment at which it may start; intervals are counted from it."""

    ends_at: Annotated[datetime | None, Field(title="Until"), LastMoment(), Absent("for ever")] = None
    """The last moment at which it may start."""

    most_runs: Annotated[
        int | None,
        Field(title="How many times"),
        Bounds(1, MOST_RUNS, "Give {low} to {high} times, or nothing for a schedule that goes on for ever."),
        Absent("any number"),
    ] = None
    """How many times it comes, those included that are skipped."""

    spread: Annotated[
        int,
        Field(title="Spread (seconds)"),
        Bounds(0, LONGEST_SPREAD, "Give {low} to {high} seconds; 0 starts at its very times."),
    ] = 0
    """Seconds over which schedules of the same time are spread: it starts later by its own part of them, the same each
    time."""

    catch_up: Annotated[str, Field(title="After a downtime"), Choice(CatchUp)] = CatchUp.LATEST
    """What becomes of its runs whose time passed while nothing was there to start them."""

    catch_up_limit: Annotated[
        int,
        Field(title="Makes up for at most"),
        Bounds(1, MOST_CAUGHT_UP, "Of what was missed {low} to {high} may start; give a number of these."),
    ] = 10
    """How many it makes up for at most where all start: the latest."""

    after: Annotated[
        tuple[str, ...],
        Field(title="Comes after"),
        Names(MOST_AFTER, "These are {count} schedules; it may come after {most} at most."),
        Absent("after none"),
    ] = ()
    """The names of schedules of which all runs of the same day, by the clocks of its own zone, end before it starts."""

    after_end: Annotated[str, Field(title="And starts when"), Choice(Awaited)] = Awaited.SUCCESS
    """What it wants of these runs. One that has not started has not completed."""

    enabled: bool = True
    """Whether it is switched on."""

    shadow: Annotated[bool, Field(title="In shadow")] = False
    """In shadow it notes when it would have started and starts nothing, whatever else is asked: to compare it with what
    runs elsewhere. It counts as switched off."""

    job: Annotated[NewJob | None, Made] = None
    """What each run does: a job, of which the fields in SHARED and the key are kept."""

    calendar_id: Annotated[int | None, Made] = None
    """The calendar that says when a run may start."""

    after_ids: Annotated[tuple[int, ...], Made] = ()
    """The schedules after which it comes."""

    def columns(self) -> dict[str, Any]:
        """Return what its row says of it, by the columns of `jobs_schedule`."""
        job = self.job
        shared = {} if job is None else {**{name: getattr(job, name) for name in SHARED}, "key": job.key or ""}
        own = {name: getattr(self, name) for name in OWN} | {"enabled": self.enabled and not self.shadow}
        made = {"calendar_id": self.calendar_id, "after_ids": list(self.after_ids)}
        return {**shared, **own, "retry_on": list(job.retry_on if job else ()), **made}


OWN = tuple(name for name in asked_of(NewSchedule) if name != "after")
# Where another default is right for a job that repeats.
_DEFAULTS: Mapping[str, Any] = {"overlap": Overlap.SKIP, "blackout": Blackout.SKIP}
_HELP = {
    "key": "Its runs do not run beside jobs of the same key.",
    "overlap": "What becomes of a run at whose time an earlier one, or another job of its key, has not ended.",
    "calendar": "The name of the calendar that says when its runs may start.",
}


def _of_a_job(name: str) -> Asked:
    asked = dataclasses.replace(ASKED[name], help=_HELP.get(name, ASKED[name].help))
    if name == "key":
        asked = dataclasses.replace(asked, absent=Absent("its own"))
    return dataclasses.replace(asked, default=_DEFAULTS[name]) if name in _DEFAULTS else asked


OF_A_JOB = tuple(name for name in ASKED if name in (*SHARED, "key", "calendar"))
_FIRST = ("name", "target", "payload", "queue")
SCHEDULE_ASKED: Mapping[str, Asked] = {
    name: asked
    for first in (True, False)
    for name, asked in {**asked_of(NewSchedule), **{name: _of_a_job(name) for name in OF_A_JOB}}.items()
    if (name in _FIRST) is first
}


def as_asked(schedule: Schedule) -> dict[str, Any]:
    """Return what was asked for a schedule that is there."""
    elsewhere: dict[str, Any] = {"calendar": None if schedule.calendar is None else schedule.calendar.name}
    elsewhere["after"] = Schedule.objects.names_of(schedule.after_ids)
    return {name: elsewhere[name] if name in elsewhere else getattr(schedule, name) for name in SCHEDULE_ASKED}


def said(error: BadExpression) -> str:
    """Say what is wrong with an expression, and with which part of it."""
    return f"{error.field[0].upper()}{error.field[1:]}: {error.why}" if error.field else error.why
