"""Writes what people define for jobs, such as triggers. Who has changed one, and how it was before, stands in the
audit."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import PermissionDenied

from jobs.database import transaction
from jobs.models import (
    AlertRule,
    Audit,
    Calendar,
    CalendarRange,
    CreationLimit,
    Described,
    Destination,
    Form,
    Objective,
    RetentionRule,
    Subject,
    Subscription,
    Trigger,
    as_stored,
)
from jobs.models.described import definition_tag, tag_of
from jobs.rights import reach_of
from jobs.rights.seeing import not_theirs
from jobs.transitions.stale import Stale, refuse_stale

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

M = TypeVar("M", AlertRule, Trigger, Calendar, CreationLimit, Destination, Form, Objective, RetentionRule, Subscription)

LONGEST_NAME = 255  # of the audit

# Whoever says what runs is its creator from then on: nobody approves what he has asked for himself.
WHAT_RUNS = ("target", "payload")

SUBJECTS: Mapping[type[Any], Subject] = {
    AlertRule: Subject.ALERT_RULE,
    Trigger: Subject.TRIGGER,
    Calendar: Subject.CALENDAR,
    CreationLimit: Subject.CREATION_LIMIT,
    Destination: Subject.DESTINATION,
    Form: Subject.FORM,
    Objective: Subject.OBJECTIVE,
    RetentionRule: Subject.RETENTION,
    Subscription: Subject.SUBSCRIPTION,
}


def _name(row: Any) -> str:
    if isinstance(row, RetentionRule):
        return row.about
    if isinstance(row, AlertRule | Objective | Subscription):
        return str(row)[:LONGEST_NAME]
    name: str = row.whose if isinstance(row, CreationLimit) else row.name
    return name


def stored(row: M, seen: Collection[str] | None = None) -> Described:
    """Return the row as it is in the table, where nobody else changes it until this transaction ends; None before it is
    there. Raises Stale where it is none of the definitions that were `seen`, by their tags, as it is not where it has
    gone."""
    rows: Any = type(row)._default_manager.filter(pk=row.pk)
    before = as_stored(rows)
    if seen is not None:
        refuse_stale("" if before is None else definition_tag(rows.get()), seen)
    return before


def note(row: M, before: Described, *, by: AbstractBaseUser | None, now: datetime) -> None:
    """Write down what has become of it in this transaction, if anything has."""
    Audit.objects.note(SUBJECTS[type(row)], _name(row), by=by, now=now, before=before, after=stored(row))


def define_trigger(
    name: str,
    fields: Mapping[str, Any],
    *,
    by: AbstractBaseUser | None,
    now: datetime,
    seen: Collection[str] | None = None,
) -> tuple[Trigger, bool]:
    """Have it be so; True where it is new. Raises PermissionDenied, and Stale where it is none of the definitions that
    were `seen`, by their tags: there was one then."""
    with transaction.atomic():
        new = {**fields, "created_by_id": getattr(by, "pk", None)}
        trigger, created = Trigger.objects.get_or_create(name=name, defaults=new)
        locked = None if created else Trigger.objects.select_for_update().filter(pk=trigger.pk).first()
        if not created and locked is None:  # somebody has deleted it since
            trigger, created = Trigger.objects.create(name=name, **new), True
        before = None
        if created and seen is not None:
            raise Stale
        if locked is not None:
            trigger = locked
            if not reach_of(by).touches(trigger):  # somebody else has taken the name meanwhile
                raise PermissionDenied(not_theirs(f"The trigger '{name}'", trigger, reach_of(by)))
            refuse_stale(definition_tag(trigger), seen)
            before = trigger.described()
            if by is not None and any(one in fields and getattr(trigger, one) != fields[one] for one in WHAT_RUNS):
                fields = {**fields, "created_by_id": by.pk}
            Trigger.objects.filter(pk=trigger.pk).update(**fields)
            trigger.refresh_from_db()
        note(trigger, before, by=by, now=now)
    return trigger, created


def define_calendar(
    name: str,
    fields: Mapping[str, Any],
    ranges: Sequence[CalendarRange],
    *,
    by: AbstractBaseUser | None,
    now: datetime,
    seen: Collection[str] | None = None,
) -> bool:
    """Have it be so, with these ranges and no others; True where it is new. Raises Stale where it is none of the
    definitions that were `seen`, by their tags: there was one then."""
    with transaction.atomic():
        before = as_stored(Calendar.objects.filter(name=name))
        refuse_stale(tag_of(before), seen)
        calendar, created = Calendar.objects.update_or_create(name=name, defaults=fields)
        calendar.ranges.all().delete()
        for one in ranges:
            one.calendar = calendar
        CalendarRange.objects.bulk_create(ranges)
        note(calendar, before, by=by, now=now)
    return created


def define_objective(
    kind: str,
    name: str,
    fields: Mapping[str, Any],
    *,
    by: AbstractBaseUser | None,
    now: datetime,
    seen: Collection[str] | None = None,
) -> bool:
    """Have the objective of this queue, target or schedule be so; True where it is new. Raises ValidationError, and
    Stale as `define_calendar` does."""
    wanted = Objective(kind=kind, name=name, **fields)
    wanted.clean_fields()
    wanted.clean()
    wanted.validate_constraints(exclude={"kind"})  # but that there is one of each: it is changed then
    with transaction.atomic():
        row, created = Objective.objects.get_or_create(kind=kind, name=name, defaults=fields)
        before = None if created else stored(row)
        refuse_stale(tag_of(before), seen)
        if not created:
            for field, value in fields.items():
                setattr(row, field, value)
            row.save()
        note(row, before, by=by, now=now)
    return before is None


def forget(row: M, *, by: AbstractBaseUser | None, now: datetime, seen: Collection[str] | None = None) -> None:
    """Delete it; nothing where somebody else has meanwhile. Raises Stale as `stored` does."""
    with transaction.atomic():
        before, name = stored(row, seen), _name(row)
        if before is None:
            return
        row.delete()
        Audit.objects.note(SUBJECTS[type(row)], name, by=by, now=now, before=before, after=None)
