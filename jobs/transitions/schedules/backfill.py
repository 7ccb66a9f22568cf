"""Starts the runs of a past range of a schedule, because a person wants them: an operation, piece by piece."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import Max

from jobs import rules
from jobs.database import transaction
from jobs.models import Audit, Change, Described, Occurrence, Operation, Schedule, Subject
from jobs.models.constraints import EARLIEST_RUN_AT
from jobs.models.operation import FASTEST
from jobs.recurrence import BadExpression
from jobs.transitions.schedules.making import PlacedRun, make
from jobs.transitions.schedules.nominal import INSTANT, times_after
from jobs.transitions.schedules.placement import calendars_of, placed
from jobs.transitions.schedules.planning import Run, in_turn

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

MOST = 100_000  # nominal times of one backfill
AT_A_TIME = 200  # jobs in one transaction
LOOKED_AT = 2000  # nominal times in one transaction
IN_SHADOW = "Its schedule is in shadow and starts nothing; switch it on first."
NOTHING_LEFT = "There is nothing in this range that has not started; choose another, or start all of it again."
NOT_WHOLE = "This is not a whole number; give the number of jobs a minute."


@dataclass(frozen=True)
class Backfill:
    """A range of nominal times, from `begin` up to, not including, `until`, that is to be started now. `per_minute`
    jobs are made a minute at most."""

    schedule: Schedule
    begin: datetime
    until: datetime
    only_missed: bool = True
    per_minute: int = 60

    def problems(self, now: datetime) -> dict[str, list[str]]:
        """Return what is wrong with it by field, in sentences; empty: nothing."""
        found: dict[str, list[str]] = {}
        if self.schedule.shadow:
            found["begin"] = [IN_SHADOW]
        elif self.begin < EARLIEST_RUN_AT:
            found["begin"] = ["This time is not in the years since 1970; choose a later one."]
        if self.until <= self.begin:
            found["until"] = ["The range ends before it begins; choose a later end."]
        elif self.until > now:
            found["until"] = ["Only what has passed is made up for; let the range end now at the latest."]
        if problems := rate_problems(self.per_minute):
            found["per_minute"] = problems
        try:
            if not found and len(self.whole(MOST + 1)) > MOST:
                found["until"] = [f"The range has more than {MOST} nominal times; choose a shorter one."]
        except BadExpression as error:
            found["begin"] = [f"Its times cannot be reckoned out: {error.why} Change the schedule first."]
        return found

    def times(self) -> list[datetime]:
        """Return the nominal times that it starts. Raises BadExpression."""
        return self.wanted(self.whole(MOST))

    def wanted(self, times: Sequence[datetime]) -> list[datetime]:
        """Return which of these nominal times of the range are to be started."""
        if not self.only_missed or not times:
            return list(times)
        started = started_among(self.schedule, times)
        return [nominal for nominal in times if nominal not in started]

    def whole(self, most: int, after: datetime | None = None) -> list[datetime]:
        """Return the first nominal times of the range, or of what comes after one of them. Raises BadExpression."""
        begin = self.begin - INSTANT if after is None else after
        times: Iterator[datetime] = takewhile(lambda one: one < self.until, times_after(self.schedule, begin))
        return list(islice(times, most))


def rate_problems(per_minute: int) -> list[str]:
    """Return what is wrong with a rate, in sentences; empty: nothing."""
    return [] if 1 <= per_minute <= FASTEST else [f"Give 1 to {FASTEST:,} jobs a minute."]


def started_among(schedule: Schedule, times: Collection[datetime]) -> set[datetime]:
    """Return which of these nominal times have a job that has started, or that is going to, or started elsewhere while
    the schedule was in shadow."""
    rows = Occurrence.objects.filter(
        schedule=schedule, nominal_at__gte=min(times), nominal_at__lte=max(times)
    ).not_missed()
    return set(rows.order_by().values_list("nominal_at", flat=True))


def begin_backfill(asked: Backfill, *, reason: str, by: AbstractBaseUser | None, now: datetime) -> Operation:
    """Begin the operation; the leader does it. Raises ValidationError (field -> what is wrong)."""
    problems = asked.problems(now)
    if reasons := rules.reason_problems(reason, needed=False):
        problems["reason"] = reasons
    total = 0 if problems else len(asked.times())
    if not problems and not total:
        problems["until"] = [NOTHING_LEFT]
    if problems:
        raise ValidationError(problems)
    with transaction.atomic():
        # A request that is sent twice begins one: the second waits here, and sees what the first has begun.
        if not Schedule.objects.filter(pk=asked.schedule.pk).locked(wait=True):
            raise ValidationError({"begin": ["Its schedule was deleted meanwhile; there is nothing to start."]})
        same = Operation.objects.unfinished(
            asked.schedule, asked.begin, asked.until, only_missed=asked.only_missed
        ).first()
        if same is not None:
            why = f"Operation {same.pk} does this already: {same.done} of {same.total} jobs. Wait for it, or cancel it."
            raise ValidationError({"until": [why]})
        operation = Operation.objects.create(
            kind=Operation.Kind.BACKFILL,
            schedule=asked.schedule,
            begins_at=asked.begin,
            until=asked.until,
            only_missed=asked.only_missed,
            per_minute=asked.per_minute,
            total=total,
            reached_at=asked.begin - INSTANT,
            reason=reason,
            created_at=now,
            created_by_id=getattr(by, "pk", None),
        )
        _note(operation, None, reason, by=by, now=now)
    return operation


def cancel_operation(pk: int, *, reason: str, by: AbstractBaseUser | None, now: datetime) -> tuple[bool, str]:
    """Make no more jobs for this operation; those that it has made stay. Returns whether it was going on, and a
    sentence."""
    with transaction.atomic():
        operation = Operation.objects.backfills().filter(pk=pk).locked(wait=True).first()
        if operation is None:
            return False, f"There is no operation {pk}."
        if operation.ended_at is not None:
            return False, f"Operation {pk} has ended already: {operation.outcome}."
        before = operation.described()
        _end(operation, Operation.Outcome.CANCELLED, reason, now)
        _note(operation, before, reason, by=by, now=now)
    return True, f"Operation {pk} is cancelled; it has made {operation.done} of {operation.total} jobs."


def go_on(pk: int, *, now: datetime) -> int:
    """Make as many jobs of this operation as its rate allows by now, in a transaction of the caller's. Returns how
    many; 0 too where somebody else goes on with it."""
    operation = Operation.objects.going_on().backfills().filter(pk=pk).locked(wait=False).first()
    if operation is None:
        return 0
    schedule = operation.schedule
    if schedule is None or schedule.shadow:
        _end(operation, Operation.Outcome.FAILED, IN_SHADOW if schedule else "Its schedule was deleted.", now)
        return 0
    rate, asked_range = operation.per_minute or 0, operation.range
    allowed = int((now - operation.created_at) / timedelta(minutes=1) * rate) + 1 - operation.done
    room = min(allowed, AT_A_TIME)
    if room <= 0:
        return 0
    asked = Backfill(schedule, asked_range.begins_at, asked_range.until, operation.only_missed)
    try:
        whole = asked.whole(LOOKED_AT, asked_range.reached_at)
    except BadExpression as error:
        _end(operation, Operation.Outcome.FAILED, error.why, now)
        return 0
    if not whole:
        _end(operation, Operation.Outcome.DONE, "", now)
        return 0
    left = asked.wanted(whole)
    times = left[:room]
    _make(schedule, times, now)
    operation.done += len(times)
    operation.reached_at = times[-1] if len(times) < len(left) else whole[-1]
    operation.save(update_fields=["done", "reached_at"])
    return len(times)


def _make(schedule: Schedule, times: list[datetime], now: datetime) -> None:
    """Write the jobs of these nominal times, each with the number after its last."""
    rows = Occurrence.objects.filter(schedule=schedule, nominal_at__in=times).order_by()
    numbers = dict(rows.values_list("nominal_at").annotate(last=Max("number")))
    calendars = calendars_of([schedule])
    wanted = []
    for nominal in times:
        run = Run(nominal, now, None, in_turn(schedule.overlap))
        # Number 1 is the schedule's own, or stands for several that were missed.
        number = numbers.get(nominal, 1) + 1
        wanted.append(PlacedRun(schedule, run, *placed(schedule, run, calendars, now=now), number))
    make(wanted, now=now)


def _end(operation: Operation, outcome: Operation.Outcome, why: str, now: datetime) -> None:
    operation.outcome, operation.why, operation.ended_at = outcome, why, now
    operation.save(update_fields=["outcome", "why", "ended_at"])


def _note(operation: Operation, before: Described, reason: str, *, by: AbstractBaseUser | None, now: datetime) -> None:
    name = operation.schedule.name if operation.schedule is not None else str(operation.pk)
    Audit.objects.note(
        Subject.SCHEDULE,
        name,
        by=by,
        now=now,
        before=before,
        after=operation.described(),
        verb=Change.CHANGE,
        reason=reason,
    )
