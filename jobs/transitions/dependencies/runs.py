"""Judges runs of schedules that wait for those of others: all that these have on the same day, by the clocks of who
waits.

Nothing of this is written down before it is asked for, so that whatever becomes of the others meanwhile counts: an
edit, a pause, a person who skips one of theirs. What is accounted for is as jobs_occurrence has it, what is to come
is reckoned."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import takewhile

from jobs import sentences
from jobs.models import Job, Schedule
from jobs.models.querysets.days import Day, OfDay, of_days
from jobs.recurrence import BadExpression
from jobs.states import ENDED_AS, OVER, Awaited, Cause, Hold, State
from jobs.transitions.schedules.nominal import INSTANT, times_after


@dataclass(frozen=True)
class AwaitedRun:
    """Run of another schedule, as far as it is. `nominal_at` None: that schedule cannot go on, and nobody knows what
    comes of it."""

    schedule_id: int
    name: str
    nominal_at: datetime | None
    is_over: bool = False
    #: Why it has not ended well, or has not ended; follows its name and time.
    why: str = ""
    job_id: int | None = None
    over_at: datetime | None = None

    @property
    def is_vain(self) -> bool:
        """Return whether it has not completed, and will not."""
        return self.is_over and bool(self.why)

    @property
    def words(self) -> str:
        """Name it and its time, for people."""
        if self.nominal_at is None:
            return f"what the schedule '{self.name}' has that day"
        return f"the run of '{self.name}' of {self.nominal_at:%Y-%m-%d %H:%M:%S} UTC"

    @property
    def stands(self) -> str:
        """Say how far it is, for people."""
        return self.why or "has completed"


@dataclass(frozen=True)
class Verdict:
    """Decision about a run that waits: it is let go where `free`, with `waited_for`, or skipped where `vain` says why;
    else it waits on."""

    free: bool = False
    vain: str = ""
    waited_for: str = ""


def judge(jobs: Sequence[Job], *, now: datetime) -> dict[int, Verdict]:
    """Return by id what becomes of those of these jobs that are runs of schedules. Ask under the locks of their rows.

    One that waits in vain is skipped when its own time has come, and not before: what has failed until then may have
    been retried, and of a schedule that comes often each run is judged for itself."""
    runs = [job for job in jobs if job.nominal_at is not None]
    found = awaited(runs, now=now) if runs else {}
    return {job.pk: _verdict(job, found.get(job.pk), now) for job in runs}


def _verdict(job: Job, others: Sequence[AwaitedRun] | None, now: datetime) -> Verdict:
    if others is None:
        return Verdict(vain=sentences.SCHEDULE_DELETED())
    vain = next((one for one in others if one.is_vain), None) if job.waits_for_end != Awaited.ANY else None
    if vain is not None:
        why = sentences.RUN_IN_VAIN(run=f"{vain.words[0].upper()}{vain.words[1:]}", how=vain.why)
        return Verdict(vain=why) if job.run_at <= now else Verdict()
    if not all(one.is_over for one in others):
        return Verdict()
    last = max(others, key=lambda one: one.over_at or job.run_at, default=None)
    # What ended before its time has not held it back.
    waited = last is not None and last.over_at is not None and last.over_at > job.run_at
    return Verdict(free=True, waited_for=sentences.WAITED_FOR(others=last.words) if last is not None and waited else "")


def awaited_by(job: Job, *, now: datetime) -> list[AwaitedRun]:
    """Return the runs for which this job waits, or has waited; no statement where it is none that waits for others."""
    if job.nominal_at is None or (job.waits_for_end is None and not job.held_by & Hold.DEPENDENCIES):
        return []
    return awaited([job], now=now).get(job.pk, [])


def awaited(jobs: Collection[Job], *, now: datetime) -> dict[int, list[AwaitedRun]]:
    """Return the runs for which each of these runs waits, or has waited; one whose schedule was deleted is left out.
    Three statements.

    Schedules are read before what is accounted for: a time that is accounted for between the two is seen, and one that
    has been edited away is waited for until the next look."""
    whose = Schedule.objects.in_bulk({job.schedule_id for job in jobs if job.schedule_id is not None})
    others = Schedule.objects.in_bulk({pk for one in whose.values() for pk in one.after_ids if pk != one.pk})
    found: dict[int, list[AwaitedRun]] = {}
    days: dict[int, list[Day]] = {}
    for job in jobs:
        schedule = whose.get(job.schedule_id or 0)
        if schedule is None or job.nominal_at is None:
            continue
        try:
            begin, until = day_of(schedule, job.nominal_at)
        except (KeyError, ValueError, OSError):
            why = f"is not known: there is no time zone {schedule.time_zone!r}"
            found[job.pk] = [AwaitedRun(schedule.pk, schedule.name, None, why=why)]
            continue
        days[job.pk] = [Day(pk, begin, until) for pk in schedule.after_ids if pk in others]
    rows = of_days({day for its in days.values() for day in its})
    of_day = {day: list(_of_day(others[day.schedule_id], day, known, now)) for day, known in rows.items()}
    return found | {job_id: [one for day in its for one in of_day[day]] for job_id, its in days.items()}


def day_of(schedule: Schedule, nominal: datetime) -> tuple[datetime, datetime]:
    """Return the begin and the end of the calendar day of this moment by the schedule's clocks, in UTC; it may have
    other than 24 hours. Raises KeyError, ValueError or OSError for a zone that is not known."""
    zone = schedule.zone
    day = nominal.astimezone(zone).date()
    begin, until = (datetime.combine(one, time.min, zone) for one in (day, day + timedelta(days=1)))
    return begin.astimezone(UTC), until.astimezone(UTC)


def _of_day(other: Schedule, day: Day, known: Sequence[OfDay], now: datetime) -> Iterator[AwaitedRun]:
    for row in known:
        if row.cause is not None or row.state is not None:  # or else its job has been deleted since
            yield _accounted(other, row)
    if other.accounted_until >= day.until:
        return
    if other.problem:
        yield AwaitedRun(other.pk, other.name, None, why=f"cannot be reckoned: {other.problem}")
        return
    there = {row.nominal_at for row in known}
    try:
        times = times_after(other, max(other.accounted_until, day.begin - INSTANT))
        for nominal in takewhile(lambda nominal: nominal < day.until, times):
            if nominal not in there and (coming := _to_come(other, nominal, now)):
                yield coming
    except BadExpression as error:
        yield AwaitedRun(other.pk, other.name, None, why=f"cannot be reckoned: {error.why}")


def _accounted(other: Schedule, row: OfDay) -> AwaitedRun:
    if row.cause is not None:
        why, is_over = f"did not start: {Cause(row.cause).label}", True
    else:
        state = State(row.state or State.PENDING)
        is_over = state in OVER
        why = ENDED_AS.get(state, "") if is_over else f"is {state.label}"
    over_at = (row.finished_at or row.noted_at) if is_over else None
    return AwaitedRun(other.pk, other.name, row.nominal_at, is_over, why, row.job_id, over_at)


def _to_come(other: Schedule, nominal: datetime, now: datetime) -> AwaitedRun | None:
    """Return the run of a nominal time that nobody has accounted for; None where it does not come any more."""
    if not other.enabled or other.is_paused(nominal):  # written down when that is over, and never started
        cause = Cause.PAUSED if other.is_paused(nominal) else Cause.SHADOW if other.shadow else Cause.DISABLED
        if nominal <= now:
            return AwaitedRun(other.pk, other.name, nominal, True, f"did not start: {cause.label}", None, nominal)
    elif other.next_at is None:  # it has come as often as it may
        return None
    return AwaitedRun(other.pk, other.name, nominal, why="has not come yet")
