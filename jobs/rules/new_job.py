"""The one list of what a new job can be asked for. Forms, REST, triggers and the OpenAPI schema are made of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, get_args

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass
from pydantic.fields import FieldInfo

from jobs import blackouts
from jobs.models.constraints import MOST_ATTEMPTS, MOST_OF_A_KEY, MOST_WAITED_FOR
from jobs.models.job import DEFAULT_QUEUE, Job
from jobs.rights import target_rules
from jobs.rules.judging import (
    Absent,
    Arguments,
    Bounds,
    Choice,
    Ends,
    JobIds,
    Judged,
    Labels,
    Length,
    Made,
    Rule,
    Seconds,
    Starts,
    Time,
)
from jobs.rules.problems import IDEMPOTENCY_KEY_LIMIT, NAME_LIMIT, queue_problems, target_problems
from jobs.states import Awaited, Blackout, Hold, IfLate, Overlap
from jobs.traceparent import problems as traceparent_problems

MOST_KINDS = 20
LONGEST_SPAN = 366 * 86_400  # seconds


@dataclass(frozen=True, config=ConfigDict(extra="forbid", validate_default=True, use_attribute_docstrings=True))
class NewJob:
    """A job that may be created. `rules.check_new_job` makes one of what somebody asks for; a program may make one past
    the rules, of which then the types alone are looked at.

    The text under each field is its help, for people; its title is its label in forms."""

    target: Annotated[str, Judged(target_problems)]
    """The registered name of what is called."""

    payload: Annotated[dict[str, Any], Arguments()]
    """The target's arguments, a JSON object such as {"seconds": 0.1}."""

    run_at: Annotated[datetime, Time()]
    """When it starts."""

    name: Annotated[str, Length(NAME_LIMIT)] = ""
    """For people; need not be unique."""

    queue: Annotated[str, Judged(queue_problems)] = DEFAULT_QUEUE
    """Which workers may take it."""

    labels: Annotated[dict[str, str], Labels()] = dataclasses.field(default_factory=dict)
    """What it can be found by: texts by keys, such as {"team": "payroll"}, 16 at most."""

    rerunnable: bool = False
    """Running it twice does no harm: when its worker vanishes after the start it is started again."""

    max_attempts: Annotated[
        int,
        Field(title="Starts at most"),
        Starts(
            1,
            MOST_ATTEMPTS,
            "A rerunnable job has {low} to {high} starts, the first included; give a number of these.",
        ),
    ] = 1
    """How many starts a rerunnable job may have, the first included: 2 to 100. 1 for all others."""

    retry_on: Annotated[
        tuple[str, ...],
        Field(title="Start again after"),
        Ends(MOST_KINDS, "These are {count} kinds of ends; {most} at most: 'failure' is all failures."),
        Absent("none"),
    ] = ()
    """After which ends a rerunnable job starts again: failure (any), unknown (sent, not answered), unsent, a status
    such as 503 or 5xx, the name of a Python exception."""

    start_within: Annotated[
        int | None,
        Field(title="Start within (seconds)"),
        Seconds(1, LONGEST_SPAN, "Give {low} to {high} seconds, or nothing for a job that may start however late."),
        Absent("however late"),
    ] = None
    """How many seconds after its time it may still start; see if_late."""

    deadline: Annotated[
        int | None,
        Field(title="Deadline (seconds)"),
        Seconds(1, LONGEST_SPAN, "Give {low} to {high} seconds, or nothing for a job that may take however long."),
        Absent("however long"),
    ] = None
    """How many seconds it may take, from its time or, if later, from when its worker took it; then it is told to stop,
    killed where it has its own process, and fails."""

    if_late: Annotated[str, Field(title="If it is later"), Choice(IfLate)] = IfLate.SKIP
    """What becomes of one that is later than it may start."""

    key: Annotated[str | None, Length(NAME_LIMIT, nullable=True), Absent("none")] = None
    """Jobs of one key do not run together."""

    key_limit: Annotated[
        int,
        Field(title="Of this key at a time"),
        Bounds(1, MOST_OF_A_KEY, "Of one key {low} to {high} jobs may run at a time; give a number of these."),
    ] = 1
    """How many of its key may run at a time."""

    overlap: Annotated[str, Field(title="If that many run"), Choice(Overlap)] = Overlap.QUEUE
    """What becomes of it when that many of its key run at its time."""

    calendar: Annotated[str | None, Absent("at any time")] = None
    """The name of the calendar that says when it may start."""

    blackout: Annotated[str, Field(title="If that is closed"), Choice(Blackout)] = Blackout.NEXT
    """What becomes of it when its calendar is closed at its time."""

    waits_for: Annotated[
        tuple[int, ...],
        JobIds(MOST_WAITED_FOR, "These are {count} jobs; {most} at most: let one job wait for some, and this for it."),
        Absent("none"),
    ] = ()
    """The ids of jobs that must end before it starts, 1000 at most. They must exist."""

    waits_for_end: Annotated[str, Field(title="And starts when"), Choice(Awaited)] = Awaited.SUCCESS
    """What it wants of them. An interrupted one has ended when a person has said what became of it."""

    idempotency_key: Annotated[str | None, Made, Length(IDEMPOTENCY_KEY_LIMIT, nullable=True)] = None
    """The request's, or its part of it in a bulk request."""

    asked_at: Annotated[datetime | None, Made] = None
    """The `run_at` that was asked for; None where it was left to us."""

    bound: Annotated[blackouts.Bound, Made] = blackouts.UNBOUND
    """What its calendar has made of its time."""

    trigger_id: Annotated[int | None, Made] = None
    """The trigger that starts it."""

    traceparent: Annotated[str | None, Made, Judged(traceparent_problems)] = None
    """The trace of whoever creates it."""

    @property
    def holds(self) -> int:
        """Holds that the job has from its creation on."""
        dangerous = target_rules.is_dangerous(self.target, self.payload)
        return Hold.APPROVAL * dangerous | Hold.DEPENDENCIES * bool(self.waits_for)

    def columns(self) -> dict[str, Any]:
        """Return what its row says of it, by the columns of `jobs_job`."""
        return {
            **{name: getattr(self, name) for name in _COLUMNS},
            "retry_on": list(self.retry_on),
            "waits_for_end": self.waits_for_end if self.waits_for else None,
            "calendar_id": self.bound.calendar_id,
            "asked_run_at": self.bound.asked_run_at,
            "waited_for": self.bound.why,
        }


# Of another form in a row, or not in it.
_NO_COLUMNS = ("retry_on", "calendar", "waits_for", "waits_for_end", "asked_at", "bound")
_COLUMNS = tuple(field.name for field in dataclasses.fields(NewJob) if field.name not in _NO_COLUMNS)


@dataclasses.dataclass(frozen=True)
class Asked:
    """A field that a form or a body has, as they need it."""

    name: str
    type: Any  # without the None of `nullable`: `str`, `tuple[int, ...]`
    nullable: bool
    default: Any  # or dataclasses.MISSING
    label: str
    help: str
    rule: Rule | None
    absent: Absent | None


def _asked(name: str, info: FieldInfo) -> Asked:
    def beside(kind: type[Any]) -> Any:
        return next((one for one in info.metadata if isinstance(one, kind)), None)

    nullable = type(None) in get_args(info.annotation)
    return Asked(
        name=name,
        type=get_args(info.annotation)[0] if nullable else info.annotation,
        nullable=nullable,
        default=dataclasses.MISSING if info.is_required() else info.get_default(call_default_factory=True),
        label=info.title or name.replace("_", " ").capitalize(),
        help=" ".join((info.description or "").split()),
        rule=beside(Rule),
        absent=beside(Absent),
    )


def asked_of(list_of_fields: type[Any]) -> dict[str, Asked]:
    """Return what such a list says that people can ask for, by name and in its order."""
    fields: dict[str, FieldInfo] = list_of_fields.__pydantic_fields__
    return {name: _asked(name, info) for name, info in fields.items() if Made not in info.metadata}


ASKED: Mapping[str, Asked] = asked_of(NewJob)


def policies(job: Job) -> list[str]:
    """Say what was asked for a job beside its time, a sentence each."""
    if job.rerunnable and job.max_attempts > 1:
        after = f" or it ends in {', '.join(map(str, job.retry_on))}" if job.retry_on else ""
        found = [f"If its worker vanishes{after}, it starts again: {job.max_attempts} starts at most."]
    else:
        found = ["If its worker vanishes, it is held for a person."]
    if job.start_within is not None:
        found.append(f"If it is more than {job.start_within} s late, {IfLate(job.if_late).label}.")
    if job.key is not None:
        so_many = "another job" if job.key_limit == 1 else f"{job.key_limit} jobs"
        run = "runs" if job.key_limit == 1 else "run"
        found.append(f"While {so_many} of its key '{job.key}' {run}: {Overlap(job.overlap).label}.")
    return found
