"""Rows of django-celery-beat's PeriodicTask: taken over as schedules, and given back. The timing of a row is copied."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from celery import current_app
from django.conf import settings
from django_celery_beat.models import PeriodicTask, PeriodicTasks

from jobs.database import transaction
from jobs.models import Schedule
from jobs.recurrence import BadExpression, parse
from jobs.recurrence.imports import Found
from jobs.recurrence.imports.entries import Collected
from jobs.transitions.schedules import definitions
from jobs.web.bringing.bring import bring
from jobs.web.bringing.celery_entries import COUNTED_ANEW, ROUTED, CeleryEntry, elapsed, plain
from jobs.web.bringing.preview import Line, preview_of
from jobs.web.bringing.sources import MOST_ENTRIES, Source
from jobs.web.bringing.table import Table

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

KEY = "periodic-tasks"
CRONTAB = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")  # its fields, in their order
GOES_ON = "Its interval goes on from its last run there."
GIVEN_BACK = "Given back to django-celery-beat."


class BadRecord(ValueError):
    """Record of what was taken over that cannot be read."""


def source(now: datetime, *, lock: bool = False) -> Source:
    """Return the rows as a source: taken over they start nothing any more, so schedules may start at once."""
    return Source(KEY, "django-celery-beat's periodic tasks", lambda _: rows(now, lock=lock), is_live=False)


def rows(now: datetime, *, lock: bool = False) -> Found:
    """Return an entry of each row, by its id; `lock` them until the transaction ends."""
    found = PeriodicTask.objects.select_related("interval", "crontab", "solar", "clocked").order_by("pk")
    if lock:
        found = found.select_for_update(of=("self",))
    collected = Collected(kind=CeleryEntry)
    for row in found:
        try:
            collected.add(row.name, line=row.pk, name=row.name, **_entry(row, now))
        except BadExpression as bad:
            collected.refuse(row.pk, row.name, bad.field, bad.why)
    return collected.found()


def take_over(
    *, table: Table, by: AbstractBaseUser | None, now: datetime, only_good: bool, record: Callable[[str], None]
) -> tuple[list[Line], list[Schedule]]:
    """Create the schedules of all rows, switch these rows off and have `record` keep what undoes it: all of that or
    nothing. Raises NotBrought, and whatever `record` raises."""
    with transaction.atomic():
        lines = preview_of(source(now, lock=True), "", zone="UTC", table=table, now=now, by=by, most=MOST_ENTRIES)
        made = bring(lines, by=by, now=now, only_good=only_good)
        taken = [line.entry for line in lines if line.is_good and isinstance(line.entry, CeleryEntry)]
        facts = [
            {"periodic_task": entry.row, "name": entry.name, "schedule": one.pk, "was_enabled": entry.enabled}
            for entry, one in zip(taken, made, strict=True)
        ]
        # Not by saving each: that would forget when it ran last.
        PeriodicTask.objects.filter(pk__in=[entry.row for entry in taken]).update(enabled=False)
        PeriodicTasks.update_changed()
        record(json.dumps({"taken": facts}, indent=2) + "\n")
    return lines, made


def give_back(text: str, *, by: AbstractBaseUser | None, now: datetime) -> list[str]:
    """Switch rows on again that were on, delete the schedules that had taken them over, and return a sentence of each.

    Raises BadRecord."""
    try:
        facts = json.loads(text)["taken"]
        pairs = [(int(fact["periodic_task"]), int(fact["schedule"]), bool(fact["was_enabled"])) for fact in facts]
    except (ValueError, TypeError, KeyError):
        raise BadRecord("This is no record of what was taken over; give the file that --apply has written.") from None
    with transaction.atomic():
        said = [_given_back(row, schedule, was, by=by, now=now) for row, schedule, was in pairs]
        PeriodicTasks.update_changed()
    return said


def _given_back(row_id: int, schedule_id: int, was_enabled: bool, *, by: AbstractBaseUser | None, now: datetime) -> str:
    row = PeriodicTask.objects.select_for_update(of=("self",)).filter(pk=row_id).first()
    if row is None:
        return f"The periodic task {row_id} is not there any more; the schedule {schedule_id} stays."
    schedule = Schedule.objects.filter(pk=schedule_id).first()
    is_over = row.one_off and schedule is not None and schedule.enabled and schedule.next_at is None
    definitions.delete_schedule(schedule_id, reason=GIVEN_BACK, by=by, now=now)
    if is_over:
        return f"{row.name}: it has run here, once as it should; its periodic task stays off."
    if was_enabled:
        # As if it had just run: what has passed since it was taken over has run here.
        PeriodicTask.objects.filter(pk=row_id).update(enabled=True, last_run_at=now)
    return f"{row.name}: its periodic task is {'on' if was_enabled else 'off'} as before."


def why_not(row: Any, now: datetime) -> str:
    """Return why beat would never send this row, with the remedy; empty where it would. Its arguments count: Celery
    ends the whole turn over those that are no JSON."""
    try:
        entry = _entry(row, now)
        if row.crontab:
            parse(entry["dialect"], entry["expression"])
    except BadExpression as bad:
        return bad.why
    if row.expires and row.expires <= now:
        return "It has expired, and would never run; give a later moment, or none."
    if row.expires and row.start_time and row.expires <= row.start_time:
        return "It expires before its first moment, and would never run; give a later one, or none."
    return ""


def _entry(row: Any, now: datetime) -> dict[str, Any]:
    dialect, expression, zone = _timing(row)
    try:
        given = json.loads(row.args or "[]"), json.loads(row.kwargs or "{}")
    except (ValueError, RecursionError):
        raise BadExpression("Its args or kwargs are not JSON; write [...] and {...}.", "arguments") from None
    args, kwargs = plain(*given)
    begins, notes = row.start_time, []
    if dialect == "interval":
        goes_on = row.last_run_at and row.last_run_at + timedelta(**{row.interval.period: row.interval.every})
        is_running = goes_on is not None and goes_on > now
        begins = goes_on if is_running else begins
        notes.append(GOES_ON if is_running else COUNTED_ANEW)
    return {
        "dialect": dialect,
        "expression": expression,
        "zone": zone,
        "command": row.task,
        "enabled": row.enabled,
        "starts_at": begins,
        "ends_at": row.expires,
        "start_within": row.expire_seconds or None,
        "most_runs": 1 if row.one_off and dialect != "once" else None,
        "args": args,
        "kwargs": kwargs,
        "queue": row.queue or None,
        "row": row.pk,
        "notes": (*notes, *_notes(row)),
    }


def _timing(row: Any) -> tuple[str, str, str]:
    """Return dialect, expression and zone of a row. Raises BadExpression."""
    kinds: Sequence[Any] = [kind for kind in (row.interval, row.crontab, row.solar, row.clocked) if kind is not None]
    if len(kinds) != 1:
        raise BadExpression("It has not exactly one of interval, crontab, solar and clocked; choose one.", "schedule")
    if row.interval:
        return "interval", elapsed(timedelta(**{row.interval.period: row.interval.every})), "UTC"
    if row.crontab:
        own = getattr(settings, "DJANGO_CELERY_BEAT_TZ_AWARE", True)
        return "celery", crontab_text(row.crontab), str(row.crontab.timezone if own else current_app.timezone)
    if row.solar:
        return "sun", f"{row.solar.event} {row.solar.latitude} {row.solar.longitude}", "UTC"
    return "once", row.clocked.clocked_time.astimezone(UTC).isoformat(), "UTC"


def crontab_text(crontab: Any) -> str:
    """Return the five fields of a CrontabSchedule as one expression."""
    return " ".join(str(getattr(crontab, name)).replace(" ", "") or "*" for name in CRONTAB)


def _notes(row: Any) -> Iterator[str]:
    routed = [name for name in ("exchange", "routing_key", "priority") if getattr(row, name)]
    if row.headers not in (None, "", "{}"):
        routed.append("headers")
    if routed:
        yield ROUTED.format(" and ".join(routed))
