"""Makes the job that comes next of each schedule, and writes down what became of the nominal times before it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import islice, takewhile
from typing import Protocol

from django.db.models import Sum

from jobs.conf import conf
from jobs.database import connection, transaction
from jobs.events import emit
from jobs.events.schedules import ScheduleBroken, SuccessorsLeftToLeader
from jobs.models import Occurrence, OccurrenceChange, Schedule
from jobs.recurrence import BadExpression
from jobs.states import Cause
from jobs.transitions.refusals import Refusal, Row
from jobs.transitions.schedules.making import PlacedRun, Planned, make
from jobs.transitions.schedules.nominal import times_after
from jobs.transitions.schedules.placement import calendars_of, placed
from jobs.transitions.schedules.planning import Missed, Plan, Stop, plan

AT_A_START = 4000  # nominal times that are looked at where starts wait for it: some milliseconds
AT_LEISURE = 50_000  # where nothing waits
MOST_COUNTED = 5_000_000  # two months of every second, of some seconds; a row may stand for more than it says


class OfSchedule(Protocol):
    """A job's row, as far as it is the run of a schedule."""

    @property
    def pk(self) -> int: ...
    @property
    def schedule_id(self) -> int | None: ...


def left(jobs: Iterable[OfSchedule], *, now: datetime) -> None:
    """Make the successors of these jobs, which have left PENDING in this transaction, as far as they are what comes
    next of their schedules. Those whose schedule somebody has locked are left to the leader."""
    ours = {job.pk: job.schedule_id for job in jobs if job.schedule_id is not None}
    if ours:
        standing = Schedule.objects.standing_at(list(ours), set(ours.values()))
        move_on(list(standing.locked(wait=False)), now=now, most=AT_A_START)


def missed(jobs: Iterable[OfSchedule], cause: Cause, why: str, *, now: datetime, by_id: int | None = None) -> None:
    """Write down why these jobs have not started, in the transaction in which they have left PENDING, and make their
    successors."""
    ours = [job for job in jobs if job.schedule_id is not None]
    if ours:
        Occurrence.objects.not_started([job.pk for job in ours], cause, why, now=now, by_id=by_id)
        left(ours, now=now)


def follow(taken: Sequence[Row], refused: Mapping[int, Refusal], rows: Mapping[int, Row], *, now: datetime) -> None:
    """Do both for the rows of an acquisition that have started and those that never will. What goes wrong here is
    undone and told: it must hold up no start, and the leader does it again."""
    ended = [rows[job_id] for job_id, refusal in refused.items() if refusal.state is not None]
    if not any(row.schedule_id is not None for row in (*taken, *ended)):
        return
    try:
        with transaction.atomic():
            left(taken, now=now)
            for row in ended:
                missed([row], refused[row.id].cause or Cause.TARGET, refused[row.id].why, now=now)
    except Exception as error:  # noqa: BLE001 - see above
        emit(SuccessorsLeftToLeader(error))


def move_on(
    schedules: Sequence[Schedule],
    *,
    now: datetime,
    most: int,
    stop: Stop | None = None,
    only_past: bool = False,
) -> int:
    """Plan what comes next of these schedules, whose rows the caller has locked, and write it. Returns how many have
    moved. One that cannot be reckoned with stands still and says so: the others go on."""
    if not schedules:
        return 0
    grace = timedelta(seconds=conf().max_delay_time)
    changes = _changes([one.pk for one in schedules])
    known = _known(schedules)
    found = []
    looked = 0
    for schedule in schedules:
        try:
            planned = plan(
                schedule,
                now=now,
                grace=grace,
                most=most,
                changes=changes.get(schedule.pk, {}),
                stop=stop,
                known=known.get(schedule.pk, {}),
                only_past=only_past,
            )
        except BadExpression as error:
            _stand_still(schedule, error.why)
            continue
        found.append(Planned(schedule, planned))
        looked += planned.made - schedule.made
        if looked >= most:  # the others are left to the leader, or to its next turn
            break
    _write(found, now)
    return len(found)


def _changes(ids: Sequence[int]) -> dict[int, dict[datetime, OccurrenceChange]]:
    """Return what people want of single runs of these schedules, by schedule and nominal time."""
    changes: dict[int, dict[datetime, OccurrenceChange]] = {}
    for change in OccurrenceChange.objects.filter(schedule__in=ids).order_by():
        changes.setdefault(change.schedule_id, {})[change.nominal_at] = change
    return changes


# Of each schedule what comes after one moment, by the index: its history may be long.
KNOWN = """
SELECT asked.schedule_id, found.nominal_at, found.waits
FROM unnest(%s::bigint[], %s::timestamptz[]) AS asked (schedule_id, moment), LATERAL (
    SELECT o.nominal_at, EXISTS (SELECT FROM jobs_job j WHERE j.id = o.job_id AND j.state = 0) AS waits
    FROM jobs_occurrence o
    WHERE o.schedule_id = asked.schedule_id AND o.nominal_at > asked.moment AND o.number = 1
    OFFSET 0
) AS found
"""


def _known(schedules: Sequence[Schedule]) -> dict[int, dict[datetime, bool]]:
    """Return by schedule the nominal times that have a row already although they are not accounted for: a pause before
    them is not over, or an edit has gone back before them. True: with a job that waits."""
    known: dict[int, dict[datetime, bool]] = {}
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, [[one.pk for one in schedules], [one.accounted_until for one in schedules]])
        for schedule_id, nominal, waits in cursor.fetchall():
            known.setdefault(schedule_id, {})[nominal] = waits
    return known


def stop_all(schedule: Schedule, stop: Stop, *, now: datetime) -> None:
    """Write down in one row all that has passed of a schedule, which was stopped all the while: where it is more than
    is looked at one by one, such as a week of every second. What people want of single runs is not asked; what has a
    job keeps it. The caller has the schedule's row."""
    known = _known([schedule]).get(schedule.pk, {})
    until = min(stop.until, now)
    times = takewhile(lambda nominal: nominal <= until, times_after(schedule, schedule.accounted_until))
    free = (nominal for nominal in islice(times, MOST_COUNTED) if nominal not in known)
    first, last, count = None, schedule.accounted_until, 0
    for last in free:
        first, count = first or last, count + 1
    if first is not None:
        gap = Missed(first, last, count, stop.cause, stop.why, stop.by_id)
        _write([Planned(schedule, Plan(until, schedule.made + count, missed=[gap]))], now)


def rewind(schedule: Schedule, moment: datetime) -> None:
    """Account anew for what comes after this moment; what has a job keeps it. The caller has the schedule's row, and
    saves it."""
    if schedule.accounted_until <= moment:
        return
    rows = Occurrence.objects.filter(schedule=schedule, number=1).order_by()
    later = rows.filter(nominal_at__gt=moment, nominal_at__lte=schedule.accounted_until)
    gone = later.aggregate(times=Sum("count"))["times"] or 0
    across = rows.filter(nominal_at__lte=moment, until__gt=moment).first()
    if across is not None:  # written when the database's clock was ahead
        gone += _cut(schedule, across, moment)
    schedule.made = max(schedule.made - gone, 0)
    later.filter(job_id__isnull=True).delete()
    schedule.accounted_until = moment


def _cut(schedule: Schedule, row: Occurrence, moment: datetime) -> int:
    """Have a row stand for its nominal times up to this moment. Returns how many it stands for no more."""
    try:
        later = takewhile(lambda nominal: nominal <= moment, times_after(schedule, row.nominal_at))
        latest = deque(enumerate(later, 2), maxlen=1)
    except BadExpression:  # nothing is known of it but what stands there
        return 0
    count, last = latest[0] if latest else (1, row.nominal_at)
    before, row.until, row.count = row.count, last if count > 1 else None, min(count, row.count)
    row.save(update_fields=["until", "count"])
    return before - row.count


def _stand_still(schedule: Schedule, why: str) -> None:
    Schedule.objects.filter(pk=schedule.pk).update(next_at=None, next_job_id=None, problem=why)
    transaction.on_commit(partial(emit, ScheduleBroken(schedule.pk, schedule.name, why)), robust=True)


def _write(found: Sequence[Planned], now: datetime) -> None:
    """Write what was planned."""
    Occurrence.objects.bulk_create([row for one in found for row in _gaps(one, now)], batch_size=AT_A_START)
    calendars = calendars_of(one.schedule for one in found)
    make(
        [
            PlacedRun(one.schedule, run, *placed(one.schedule, run, calendars, now=now))
            for one in found
            for run in one.plan.runs
        ],
        now=now,
        standing=found,
    )


def _gaps(one: Planned, now: datetime) -> list[Occurrence]:
    """Return the rows of what gets no job. Where the last one that is there has the same cause, it goes on."""
    gaps = list(one.plan.missed)
    if gaps and _goes_on(one, gaps[0], now):
        del gaps[0]
    return [
        Occurrence(
            schedule_id=one.schedule.pk,
            nominal_at=gap.nominal_at,
            until=gap.until if gap.count > 1 else None,
            count=gap.count,
            cause=gap.cause,
            why=gap.why,
            by_id=gap.by_id,
            noted_at=now,
        )
        for gap in gaps
    ]


def _goes_on(one: Planned, gap: Missed, now: datetime) -> bool:
    # What is to come stands alone: people change it one by one. So does what is noted in shadow: it is compared.
    if gap.until > now or gap.cause == Cause.SHADOW:
        return False
    before = Occurrence.objects.filter(schedule=one.schedule, nominal_at__lt=gap.nominal_at)
    last = before.order_by("-nominal_at", "-number").first()
    if last is None or last.job_id is not None or (last.cause, last.why, last.by_id) != (gap.cause, gap.why, gap.by_id):
        return False
    Occurrence.objects.filter(pk=last.pk).update(until=gap.until, count=last.count + gap.count)
    return True
