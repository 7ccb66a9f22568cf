"""Schedules for others: as JSON, as a crontab, and their next starts as an iCalendar feed."""

from __future__ import annotations

import heapq
import shlex
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import Any

from jobs import exactjson, rules, targets
from jobs.conf import conf
from jobs.models import Schedule
from jobs.recurrence import BadExpression, exports
from jobs.recurrence.exports import Exported, Start
from jobs.web.bringing.wants import COMMAND
from jobs.web.schedule_preview import saved

FORMATS = {"json": "application/json", "crontab": "text/plain", "icalendar": "text/calendar"}
AHEAD = timedelta(days=31)  # of a feed
MOST_OF_ONE = 100  # starts of a schedule in a feed
MOST_OF_ALL = 2000  # starts of a feed: those that come first


def written(form: str, schedules: Iterable[Schedule], *, now: datetime) -> str:
    """Return these schedules in one of FORMATS. A feed has the next starts of those that are on."""
    if form == "json":
        return exactjson.dumps({"schedules": [_as_asked(one) for one in schedules]}, indent=2) + "\n"
    if form == "crontab":
        return exports.crontab(_exported(one, now) for one in schedules)
    return exports.icalendar_feed(_first(schedules, now), name="Schedules", now=now)


def _as_asked(schedule: Schedule) -> dict[str, Any]:
    """Return what a POST that creates it anew has in its body."""
    asked = rules.as_asked(schedule)
    asked["payload"] = targets.shown(schedule.target, schedule.payload)
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asked.items()}


def _exported(schedule: Schedule, now: datetime) -> Exported:
    command, why_not = _command(schedule)
    if not schedule.enabled or schedule.is_paused(now):
        why_not = "It is switched off or paused here; switch it on first."
    elif schedule.starts_at or schedule.ends_at or schedule.most_runs:
        why_not = "Cron knows no first and last moment and no number of runs; take them out, or keep this here."
    return Exported(schedule.name, schedule.dialect, schedule.expression, schedule.time_zone, command, why_not)


def _command(schedule: Schedule) -> tuple[str, str]:
    """Return what a crontab runs for it, or why there is nothing."""
    if schedule.target != COMMAND:
        return "", f"Its target {schedule.target} is no program; keep this schedule here."
    payload = targets.shown(schedule.target, schedule.payload)
    entry = conf().commands.get(str(payload.get("command")))
    if entry is None:
        return "", "Its program is not in JOBS_COMMANDS any more; add it there."
    if payload.get("stdin"):
        return "", "Its program is given an input here; keep this schedule here."
    return shlex.join([entry.program, *entry.arguments, *map(str, payload.get("arguments", []))]), ""


def _first(schedules: Iterable[Schedule], now: datetime) -> Iterator[Start]:
    """Yield the starts that come first of all of them."""
    found = heapq.merge(*(_starts(one, now) for one in schedules), key=lambda start: start.instant)
    return islice(found, MOST_OF_ALL)


def _starts(schedule: Schedule, now: datetime) -> Iterator[Start]:
    if not schedule.enabled or schedule.problem:
        return
    sought = saved(schedule)
    most = MOST_OF_ONE if sought.left is None else min(MOST_OF_ONE, sought.left)
    times = takewhile(lambda nominal: nominal <= now + AHEAD, sought.timing.after(now))
    try:
        for nominal in islice(times, most):
            if not schedule.is_paused(nominal):
                uid = f"schedule-{schedule.pk}-{nominal:%Y%m%dT%H%M%SZ}@runat"
                yield Start(uid, schedule.name, nominal + schedule.offset)
    except BadExpression:
        return
