"""Decides which nominal times of a schedule come next, and what becomes of those that have passed. Reads nothing but
what it is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any

from jobs.states import CatchUp, Cause, IfLate, Overlap
from jobs.transitions.schedules.nominal import INSTANT, times_after

if TYPE_CHECKING:
    from jobs.models import OccurrenceChange, Schedule

NONE_KNOWN: Mapping[datetime, bool] = {}
MOST_SKIPPED = 10_000  # runs in a row that people have skipped one by one
MOST_NOTED = 2000  # nominal times of a schedule in shadow that are looked at: each has its row


@dataclass(frozen=True)
class Run:
    """A nominal time that gets a job. Times are in UTC."""

    nominal_at: datetime
    run_at: datetime
    #: Its own arguments; None: the schedule's.
    payload: dict[str, Any] | None = None
    #: What becomes of it while an earlier run goes on.
    overlap: str = Overlap.SKIP
    #: Who has given it its own arguments, and so cannot approve it; None: whoever has said what the schedule does.
    made_by_id: int | None = None


@dataclass
class Missed:
    """A nominal time, or several in a row, that get no job, and why."""

    nominal_at: datetime
    until: datetime
    count: int
    cause: Cause
    why: str
    by_id: int | None = None


@dataclass(frozen=True)
class Stop:
    """A time in which a schedule was paused or switched off, as it is written down when it is over."""

    until: datetime
    cause: Cause
    why: str
    by_id: int | None = None


@dataclass
class Plan:
    """Decision about the nominal times after the last one that was accounted for.

    The last of `runs` comes next, if it lies in the future; those before it are made up for. `next_at` without such a
    run: there is more to account for, and somebody is to go on at once; None: nothing comes any more."""

    accounted_until: datetime
    made: int
    runs: list[Run] = field(default_factory=list)
    missed: list[Missed] = field(default_factory=list)
    next_at: datetime | None = None
    unfinished: bool = False

    def miss(self, nominal: datetime, cause: Cause, why: str, by_id: int | None, *, alone: bool) -> None:
        """Add a nominal time that gets no job, unless `alone` to the row before it where that has the same cause."""
        last = self.missed[-1] if self.missed else None
        if not alone and last is not None and (last.cause, last.why, last.by_id) == (cause, why, by_id):
            last.until, last.count = nominal, last.count + 1
        else:
            self.missed.append(Missed(nominal, nominal, 1, cause, why, by_id))


def plan(
    schedule: Schedule,
    *,
    now: datetime,
    grace: timedelta,
    most: int,
    changes: Mapping[datetime, OccurrenceChange],
    stop: Stop | None = None,
    known: Mapping[datetime, bool] = NONE_KNOWN,
    only_past: bool = False,
) -> Plan:
    """Plan what comes after the nominal times that are accounted for.

    `grace` is how late a run may come without being made up for, `most` how many nominal times are looked at, `changes`
    what people want of single ones, `stop` a pause that is over now, `known` nominal times that have a row already
    (True: a job waits). `only_past`: nothing of what is to come. Raises BadExpression.

    1. Nothing comes while it is switched off, or paused for as long as nobody resumes it. In shadow each time is
       noted when it has come, and gets no job.
    2. Of the nominal times that have passed, start those that are not too late and as many of the others as it catches
       up with, the latest; the rest is missed, each with its cause. Where there are more than `most`, go on later.
    3. Find the first in the future that no pause covers and that nobody has skipped. What a pause covers is written
       down when it is over.
    """
    planned = Plan(schedule.accounted_until, schedule.made)
    if stop is None and (
        not schedule.is_reckoned or (schedule.paused_at is not None and schedule.paused_until is None)
    ):
        return planned
    if schedule.shadow and not only_past:
        most = min(most, MOST_NOTED)
    left = None if schedule.most_runs is None else max(schedule.most_runs - schedule.made, 0)
    times = islice(times_after(schedule, schedule.accounted_until), left)
    # What comes next may have its job already although a pause before it is not accounted for.
    edge = now if schedule.next_at is None or schedule.next_job_id is None else max(now, schedule.next_at)
    past = list(islice(takewhile(lambda nominal: nominal <= edge, times), most))
    if len(past) == most:
        past = past[: most - min(schedule.catch_up_limit, most - 1)]  # what the others are depends on what comes
        planned.unfinished, planned.next_at = True, now
    _account(planned, schedule, past, now=now, grace=grace, changes=changes, stop=stop, known=known, each=not only_past)
    if not planned.unfinished and not only_past:
        _find_next(planned, schedule, now=now, changes=changes, known=known)
    return planned


def _account(
    planned: Plan,
    schedule: Schedule,
    past: Sequence[datetime],
    *,
    now: datetime,
    grace: timedelta,
    changes: Mapping[datetime, OccurrenceChange],
    stop: Stop | None,
    known: Mapping[datetime, bool],
    each: bool,
) -> None:
    """Decide about nominal times that have passed, in their order. `each`: what is noted in shadow has its own row."""
    stopped = {nominal: _stopped(schedule, nominal, stop) for nominal in past}
    skipped = {nominal for nominal in past if nominal in changes and changes[nominal].skipped}
    late = [nominal for nominal in past if stopped[nominal] is None and nominal not in skipped]
    later = {nominal: len(late) - 1 - place for place, nominal in enumerate(late)}
    for nominal in past:
        planned.accounted_until, planned.made = nominal, planned.made + 1
        if nominal in known or (nominal == schedule.next_at and schedule.next_job_id is not None):
            continue  # it has its job
        over, alone, due = stopped[nominal], nominal > now, _due(schedule, nominal, changes)
        if over is not None:
            planned.miss(nominal, over.cause, over.why, over.by_id, alone=alone)
        elif nominal in skipped:
            planned.miss(nominal, Cause.PERSON, changes[nominal].reason, changes[nominal].by_id, alone=alone)
        elif schedule.shadow:
            planned.miss(nominal, Cause.SHADOW, "", None, alone=each)
        elif planned.unfinished or is_stale(schedule, due, now=now, grace=grace, later=later[nominal]):
            cause, why = too_late(schedule)
            planned.miss(nominal, cause, why, None, alone=alone)
        else:
            planned.runs.append(_run(schedule, nominal, changes, made_up=now - due > grace))


def _find_next(
    planned: Plan,
    schedule: Schedule,
    *,
    now: datetime,
    changes: Mapping[datetime, OccurrenceChange],
    known: Mapping[datetime, bool],
) -> None:
    """Find the nominal time that comes next, and account for those before it that somebody has skipped."""
    begin = max(planned.accounted_until, now)
    paused = schedule.paused_at is not None and schedule.paused_until is not None and schedule.paused_until > begin
    made = planned.made
    if paused and schedule.paused_until is not None:
        covered = schedule.paused_until - INSTANT
        if schedule.most_runs is not None:
            made += sum(1 for _ in takewhile(lambda nominal: nominal <= covered, times_after(schedule, begin)))
        begin = covered
    for nominal in islice(times_after(schedule, begin), MOST_SKIPPED):
        made += 1
        if schedule.most_runs is not None and made > schedule.most_runs:
            return
        change = changes.get(nominal)
        if nominal in known and not known[nominal]:
            continue
        if change is not None and change.skipped and nominal not in known:
            if not paused:
                planned.accounted_until, planned.made = nominal, made
                planned.miss(nominal, Cause.PERSON, change.reason, change.by_id, alone=True)
            continue
        planned.next_at = nominal
        if schedule.shadow:  # it is noted at its time
            return
        if not paused:
            planned.accounted_until, planned.made = nominal, made
        planned.runs.append(_run(schedule, nominal, changes, made_up=False))
        return


def is_stale(schedule: Schedule, due: datetime, *, now: datetime, grace: timedelta, later: int) -> bool:
    """Return whether a run is not to start any more by the schedule's rule for what was missed. `due` is when it was
    to start, `later` how many nominal times after it have come already."""
    if now - due <= grace:
        return False
    within = schedule.start_within
    if within is not None and schedule.if_late == IfLate.SKIP and now - due > timedelta(seconds=within):
        return True
    if schedule.catch_up == CatchUp.SKIP:
        return True
    return later >= (schedule.catch_up_limit if schedule.catch_up == CatchUp.ALL else 1)


def in_turn(overlap: str) -> str:
    """Return the policy of one of several runs that start at one instant: none silences or stops another."""
    return overlap if overlap == Overlap.ALLOW else Overlap.QUEUE


def too_late(schedule: Schedule) -> tuple[Cause, str]:
    """Return the cause of what is missed by the rule for what was missed, and a sentence."""
    if schedule.catch_up == CatchUp.SKIP:
        return Cause.DOWNTIME, "Nothing was there to start it, and the schedule does not make up for what it misses."
    if schedule.catch_up == CatchUp.LATEST:
        return Cause.DOWNTIME, "Nothing was there to start it; the latest run stands for those before it."
    return (
        Cause.CATCH_UP,
        f"Nothing was there to start it; of what it misses the latest {schedule.catch_up_limit} start.",
    )


def _stopped(schedule: Schedule, nominal: datetime, stop: Stop | None) -> Stop | None:
    if schedule.paused_until is not None and schedule.is_paused(nominal):
        return Stop(schedule.paused_until, Cause.PAUSED, schedule.pause_reason, schedule.paused_by_id)
    if schedule.shadow and not schedule.is_paused(nominal):
        return None  # what is stopped now has not stopped what it has noted
    return stop if stop is not None and nominal <= stop.until else None


def _due(schedule: Schedule, nominal: datetime, changes: Mapping[datetime, OccurrenceChange]) -> datetime:
    change = changes.get(nominal)
    return nominal + schedule.offset if change is None or change.run_at is None else change.run_at


def _run(schedule: Schedule, nominal: datetime, changes: Mapping[datetime, OccurrenceChange], *, made_up: bool) -> Run:
    change = changes.get(nominal)
    # Several at one instant, of which each shall start, take their turns; the one that stands for them all does not.
    alone = schedule.overlap == Overlap.CANCEL and schedule.catch_up != CatchUp.ALL
    overlap = in_turn(schedule.overlap) if made_up and not alone else schedule.overlap
    run_at = _due(schedule, nominal, changes)
    payload, by_id = (None, None) if change is None or change.payload is None else (change.payload, change.by_id)
    return Run(nominal, run_at, payload, overlap, by_id)
