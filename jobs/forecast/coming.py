"""Reckons what schedules start after the runs that have their jobs already: their nominal times, walked as far as a
bound."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from jobs import blackouts
from jobs.calendars import NeverOpen, Snapshot, is_open
from jobs.models import OccurrenceChange, Schedule
from jobs.recurrence import BadExpression
from jobs.rights import Reach
from jobs.states import Blackout
from jobs.transitions.schedules.nominal import INSTANT, times_after
from jobs.transitions.schedules.placement import calendars_of

SCHEDULES = 2_000  # the soonest of which times are reckoned
TIMES = 50_000  # in all
TIMES_OF_ONE = 10_000

Starts = Counter[tuple[str, str, datetime]]


@dataclass
class Coming:
    """Starts to come by queue, target and moment. `left_out`: how many schedules were not reckoned to the end, since
    there are too many of them or of their times; `complete_until`: before then nothing is left out of those that were
    reckoned; `more`: there are more schedules than were reckoned."""

    starts: Starts = field(default_factory=Counter)
    schedules: int = 0
    times: int = 0
    left_out: int = 0
    complete_until: datetime | None = None
    more: bool = False

    def cut(self, at: datetime) -> None:
        self.left_out += 1
        self.complete_until = at if self.complete_until is None else min(self.complete_until, at)


def coming(*, now: datetime, until: datetime, within: Reach, times: int = TIMES, of_one: int = TIMES_OF_ONE) -> Coming:
    """Return what the schedules within this reach start before `until`, beyond the next run of each, which is a job.
    Two statements, and two for calendars."""
    schedules = list(Schedule.objects.within(within).coming_before(until)[: SCHEDULES + 1])
    found = Coming(more=len(schedules) > SCHEDULES)
    schedules = schedules[:SCHEDULES]
    changes = _changes(schedules, now, until)
    calendars = calendars_of(schedules)
    for schedule in schedules:
        found.schedules += 1
        most = min(of_one, times - found.times)
        walked, last = 0, now
        for nominal, start in _starts(schedule, changes.get(schedule.pk, {}), calendars, now, until):
            if walked == most:
                found.cut(last)
                break
            walked, last = walked + 1, nominal
            if start is not None and now <= start < until:
                found.starts[schedule.queue, schedule.target, start] += 1
        found.times += walked
    return found


def _starts(
    schedule: Schedule,
    changes: Mapping[datetime, OccurrenceChange],
    calendars: Mapping[int, Snapshot],
    now: datetime,
    until: datetime,
) -> Iterator[tuple[datetime, datetime | None]]:
    """Yield the nominal times that come before `until`, each with its start; None where it does not start."""
    if schedule.paused_at is not None and schedule.paused_until is None:
        return
    after = now
    if schedule.next_at is not None and schedule.next_at > now:
        after = schedule.next_at if schedule.next_job_id is not None else schedule.next_at - INSTANT
    if schedule.paused_until is not None and schedule.paused_until > after:
        after = schedule.paused_until - INSTANT
    left = None if schedule.most_runs is None else max(schedule.most_runs - schedule.made, 0)
    calendar = None if schedule.calendar_id is None else calendars.get(schedule.calendar_id)
    try:
        for nominal in islice(times_after(schedule, after), left):
            if nominal + schedule.offset >= until:
                return
            change = changes.get(nominal)
            if change is not None and change.skipped:
                yield nominal, None
            elif change is not None and change.run_at is not None:
                yield nominal, change.run_at
            else:
                yield nominal, _placed(schedule, calendar, nominal + schedule.offset, now)
    except BadExpression:  # SQL wrote it; the schedule's own page says so
        return


def _placed(schedule: Schedule, calendar: Snapshot | None, start: datetime, now: datetime) -> datetime | None:
    """Return when a run starts by its calendar; None where that is closed and it is skipped, or never open."""
    if calendar is None or is_open(calendar, start):
        return start
    if schedule.blackout == Blackout.SKIP:
        return None
    try:
        return blackouts.place(calendar, schedule.blackout, start, now=now).run_at
    except NeverOpen:
        return None


def _changes(
    schedules: list[Schedule], now: datetime, until: datetime
) -> Mapping[int, Mapping[datetime, OccurrenceChange]]:
    found: dict[int, dict[datetime, OccurrenceChange]] = defaultdict(dict)
    asked = OccurrenceChange.objects.filter(
        schedule__in=[schedule.pk for schedule in schedules], nominal_at__gte=now, nominal_at__lt=until
    ).defer("payload")
    for change in asked if schedules else ():
        found[change.schedule_id][change.nominal_at] = change
    return found
