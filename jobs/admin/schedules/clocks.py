"""Changes of clocks that schedules meet in the next year, what will happen, and one click to move them out of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from jobs.admin.within import reach_in, touched
from jobs.calendars import zones
from jobs.clock import clock
from jobs.models import Schedule
from jobs.models.querysets.schedules import ScheduleQuerySet
from jobs.recurrence import BadExpression, Rule, parse
from jobs.recurrence.changes import ClockChange, clock_changes
from jobs.recurrence.words import in_words
from jobs.transitions.schedules import definitions
from jobs.transitions.schedules.nominal import parsed

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from jobs.admin.schedules.schedule import ScheduleAdmin

AHEAD = timedelta(days=366)
EXPRESSIONS = 1_000  # different ones of a page
MOST_HOURS = 3  # by which a start is moved
AT_A_TIME = 500  # schedules that one click moves
EVERY_MINUTE = parse("cron", "* * * * *")  # meets every change
FIELDS, LAST_HOUR = 5, 23  # of cron
PARTS = 4  # of a group's stamp
REASON = "Moved out of the change of clocks."


class Group(NamedTuple):
    """Schedules that start at the same wall times. `name`: of the one, where the dialect spreads by names."""

    time_zone: str
    expression: str
    dialect: str
    name: str
    first: int
    schedules: int
    anchor: datetime

    @property
    def stamp(self) -> str:
        """Place of the group in the order of all, for addresses."""
        return json.dumps([self.time_zone, self.expression, self.dialect, self.name])


@dataclass(frozen=True)
class Met:
    """A change of clocks that a group meets."""

    group: Group
    change: ClockChange
    words: str
    #: The expression that meets none; None where there is no simple one.
    instead: str | None


def show(admin: ScheduleAdmin, request: HttpRequest) -> HttpResponse:
    """Return the page: the groups of one part of the expressions, in the order of their zones."""
    if request.method == "POST":
        if not admin.has_change_permission(request):
            raise PermissionDenied
        return _move(request)
    now = clock.current()
    all_rules = request.GET.get("all") == "1"
    seen = Schedule.objects.within(reach_in(request))
    groups, more = _groups(seen, request.GET.get("after", ""), now)
    met = [one for group in groups for one in _met(group, now, all_rules=all_rules)]
    names = dict(seen.filter(pk__in={one.group.first for one in met}).values_list("pk", "name"))
    context: dict[str, Any] = {
        **admin.admin_site.each_context(request),
        "title": "Changes of clocks in the next year",
        "opts": Schedule._meta,
        "rows": [(one, names.get(one.group.first, "")) for one in met],
        "after": groups[-1].stamp if more else "",
        "looked_at": len(groups),
        "all_rules": all_rules,
        "may_move": admin.has_change_permission(request),
        "most": AT_A_TIME,
    }
    return TemplateResponse(request, "admin/jobs/schedule/clocks.html", context)


def _groups(seen: ScheduleQuerySet, after: str, now: datetime) -> tuple[list[Group], bool]:
    """Return the groups of these schedules after this one, of the zones whose clocks change, and whether there are
    more."""
    zones_in_use = {name: _zone(name) for name in seen.zones_in_use()}
    changing = [name for name, zone in zones_in_use.items() if zone is not None and _changes(EVERY_MINUTE, zone, now)]
    rows = [Group(*row) for row in seen.by_expression(changing, after=_place(after), most=EXPRESSIONS + 1)]
    return rows[:EXPRESSIONS], len(rows) > EXPRESSIONS


def _place(after: str) -> list[str] | None:
    """Return the group that a stamp names; None for what is no stamp."""
    try:
        found: object = json.loads(after)
    except ValueError:
        return None
    return [str(part) for part in found] if isinstance(found, list) and len(found) == PARTS else None


def _zone(name: str) -> ZoneInfo | None:
    try:
        return zones.find(name)
    except (KeyError, ValueError, OSError):
        return None


def _met(group: Group, now: datetime, *, all_rules: bool) -> Iterator[Met]:
    zone = _zone(group.time_zone)
    try:
        rule = parsed(group.dialect, group.expression, group.name)
    except BadExpression:
        return
    if zone is None or (getattr(rule, "each_pass", False) and not all_rules):
        return
    for change in _changes(rule, zone, now, group.anchor):
        instead = _instead(group.dialect, group.expression, zone, now)
        yield Met(group, change, in_words(rule), instead)


def _changes(rule: Rule, zone: ZoneInfo, now: datetime, anchor: datetime | None = None) -> Sequence[ClockChange]:
    return clock_changes(rule, zone, anchor or now, now, now + AHEAD)


def _hours_later(dialect: str, expression: str, hours: int) -> str | None:
    """Return the expression so many hours later on the same days; None where that is not simple: it has no one hour."""
    fields = expression.split()
    if dialect != "cron" or len(fields) != FIELDS or not (fields[1].isascii() and fields[1].isdecimal()):
        return None
    hour = int(fields[1]) + hours
    return None if hour > LAST_HOUR else " ".join([fields[0], str(hour), *fields[2:]])


def _instead(dialect: str, expression: str, zone: ZoneInfo, now: datetime) -> str | None:
    """Return the expression up to MOST_HOURS later that meets no change; None where there is no simple one."""
    for hours in range(1, MOST_HOURS + 1):
        later = _hours_later(dialect, expression, hours)
        if later is None:
            return None
        try:
            rule = parsed(dialect, later, "")
        except BadExpression:
            return None
        if not _changes(rule, zone, now):
            return later
    return None


def _move(request: HttpRequest) -> HttpResponse:
    """Move the schedules of one group to later hours, each with its audit."""
    asked = {name: request.POST.get(name, "") for name in ("time_zone", "expression", "dialect")}
    now, by = clock.current(), cast("AbstractBaseUser", request.user)
    zone = _zone(asked["time_zone"])
    later = None if zone is None else _instead(asked["dialect"], asked["expression"], zone, now)
    found = Schedule.objects.within(reach_in(request)).coming().filter(**asked)
    ids = [one.pk for one in touched(request, list(found.order_by("pk")[:AT_A_TIME]), "schedule")]
    if later is None or not ids:
        messages.error(request, "None of these can be moved any more: look at the list again.")
    else:
        answers = [definitions.change_schedule(pk, {"expression": later}, reason=REASON, by=by, now=now) for pk in ids]
        done = [answer.why for answer in answers if answer.done]
        text = done[0] if len(done) == 1 else f"{len(done)} schedules were moved: {later}."
        messages.success(request, text)
    return redirect(reverse("admin:jobs_schedule_clocks"))
