"""Entries of Celery's own schedules: what beat_schedule has, as entries that name a task and its arguments."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

from celery import current_app
from celery.schedules import crontab, schedule, solar
from django.conf import settings

from jobs.recurrence import BadExpression
from jobs.recurrence.imports import Entry, Found
from jobs.recurrence.imports.entries import Collected

COUNTED_ANEW = "Its interval is counted from the moment at which it is switched on here."
ROUTED = "Its {} is not brought: RunAt sends jobs by their queue alone."
NOT_JSON = "Its arguments are not JSON; give it text and numbers, lists and objects of them."


@dataclass(frozen=True, kw_only=True)
class CeleryEntry(Entry):
    """Entry that calls a Celery task. `row`: the id of its PeriodicTask, None where it has none."""

    args: list[Any] = field(default_factory=list)
    kwargs: dict[str, Any] = field(default_factory=dict)
    queue: str | None = None
    row: int | None = None


def beat_schedule() -> Found:
    """Return the entries of Celery's setting beat_schedule (in Django's: CELERY_BEAT_SCHEDULE)."""
    collected = Collected(kind=CeleryEntry)
    own: Mapping[str, Any] = getattr(settings, "CELERY_BEAT_SCHEDULE", None) or {}
    for number, (name, given) in enumerate({**own, **current_app.conf.beat_schedule}.items(), 1):
        try:
            collected.add(str(given), line=number, name=name, **_entry(given))
        except BadExpression as bad:
            collected.refuse(number, f"{name}: {given}", bad.field, bad.why)
    return collected.found()


def plain(args: object, kwargs: object) -> tuple[list[Any], dict[str, Any]]:
    """Return arguments as JSON has them. Raises BadExpression."""
    try:
        found = json.loads(json.dumps([args or [], kwargs or {}], allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        raise BadExpression(NOT_JSON, "arguments") from None
    if not isinstance(found[0], list) or not isinstance(found[1], dict):
        raise BadExpression("Its args are no list, or its kwargs no object; write [...] and {...}.", "arguments")
    return found[0], found[1]


def elapsed(span: timedelta) -> str:
    """Return the expression of an interval."""
    written = f"{span.total_seconds():.6f}".rstrip("0").rstrip(".")
    return f"every {written} seconds"


def _entry(given: Mapping[str, Any]) -> dict[str, Any]:
    if not given.get("task"):
        raise BadExpression("It names no task; write one.", "task")
    dialect, expression, zone = _timing(given.get("schedule"))
    args, kwargs = plain(given.get("args"), given.get("kwargs"))
    options = dict(given.get("options") or {})
    expires = options.get("expires")
    seconds: Any = expires.total_seconds() if isinstance(expires, timedelta) else expires
    within = int(seconds) if isinstance(seconds, int | float) and seconds >= 1 else None
    return {
        "dialect": dialect,
        "expression": expression,
        "zone": zone,
        "command": str(given["task"]),
        "args": args,
        "kwargs": kwargs,
        "queue": options.get("queue"),
        "start_within": within,
        "notes": tuple(_notes(dialect, {**options, "expires": None if within else expires})),
    }


def _notes(dialect: str, options: Mapping[str, Any]) -> Iterator[str]:
    if dialect == "interval":
        yield COUNTED_ANEW
    if others := sorted(name for name, value in options.items() if name != "queue" and value is not None):
        yield ROUTED.format(" and ".join(others))


def _timing(found: Any) -> tuple[str, str, str]:
    """Return dialect, expression and zone of one of Celery's schedules. Raises BadExpression."""
    if isinstance(found, bool):
        found = None
    match found:
        case crontab():
            names = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
            return "celery", " ".join(_part(getattr(found, f"_orig_{name}")) for name in names), str(found.tz)
        case solar():
            return "sun", f"{found.event} {found.lat} {found.lon}", "UTC"
        case schedule():
            return "interval", elapsed(cast("Any", found).run_every), "UTC"
        case timedelta():
            return "interval", elapsed(found), "UTC"
        case int() | float():
            return "interval", elapsed(timedelta(seconds=found)), "UTC"
    kind = type(found).__name__
    raise BadExpression(
        f"A schedule of the kind {kind} is not known here; write crontab, schedule or solar.", "schedule"
    )


def _part(given: object) -> str:
    """Return a field of a crontab as text: Celery takes a number and any collection of them, too."""
    if isinstance(given, str):
        return given.replace(" ", "") or "*"
    if isinstance(given, Iterable):
        return ",".join(str(number) for number in sorted(given))
    return str(given)
