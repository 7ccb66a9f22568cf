"""Makes schedules what is declared, in one transaction: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError

from jobs.database import transaction
from jobs.declarations.declaration import Refused
from jobs.declarations.gathering import Declared
from jobs.declarations.planning import Added, Plan, after_of, plan
from jobs.models import Schedule
from jobs.transitions.schedules import definitions

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


def apply(declared: Declared, *, prune: bool, now: datetime, by: AbstractBaseUser | None) -> Plan:
    """Do what the plan says, and return it. A person's pause stays. Raises Refused, and then nothing is done."""
    try:
        with transaction.atomic():
            # Nobody changes them between the comparison and its consequences, and nobody those after which they come.
            named = {name for one in declared.declarations for name in after_of(one.asked)}
            ours = Schedule.objects.declared_by(declared.sources)
            list((ours | Schedule.objects.filter(name__in=named)).locked(wait=True))
            found = plan(declared, prune=prune, now=now, by=by)
            _do(found, now=now, by=by)
    except ValidationError as error:  # what it comes after was changed meanwhile
        raise Refused([f"{field}: {why}" for field, said in error.message_dict.items() for why in said]) from None
    except IntegrityError as error:
        if "jobs_schedule_name" not in str(error):
            raise
        raise Refused(
            ["Somebody has made a schedule of one of these names meanwhile; look at the plan again."]
        ) from None
    return found


def _do(found: Plan, *, now: datetime, by: AbstractBaseUser | None) -> None:
    """Do what the plan says. What comes after others is tied to them when they are there, and when all those are untied
    that would make a circle of it."""
    for removed in found.removed:
        definitions.delete_schedule(removed.pk, reason=removed.declared_in, by=by, now=now)
    later = []
    for schedule, columns in found.changed:
        where = columns.get("declared_in", schedule.declared_in)
        given = {name: value for name, value in columns.items() if name != "after"}
        if "after" in columns:
            stay = {*_ids(columns["after"])}.intersection(schedule.after_ids)
            if len(stay) < len(schedule.after_ids):
                given["after_ids"] = sorted(stay)
            if len(stay) < len(columns["after"]):
                later.append((schedule, columns["after"], where))
        if given:
            definitions.change_schedule(schedule.pk, given, reason=where, by=by, now=now)
    for columns in _in_order(found.added):
        fields = {name: value for name, value in columns.items() if name != "after"}
        fields["after_ids"] = _ids(columns["after"])
        definitions.create_schedule(fields, reason=columns["declared_in"], by=by, now=now)
    for schedule, names, where in later:
        definitions.change_schedule(schedule.pk, {"after_ids": _ids(names)}, reason=where, by=by, now=now)


def _ids(names: Collection[str]) -> list[int]:
    return list(Schedule.objects.filter(name__in=names).order_by("pk").values_list("pk", flat=True)) if names else []


def _in_order(added: Sequence[Added]) -> Iterator[dict[str, Any]]:
    """Yield the columns of these, each after those after which it comes; there are no circles."""
    order = TopologicalSorter({one.name: one.columns["after"] for one in added})
    columns = {one.name: one.columns for one in added}
    return (columns[name] for name in order.static_order() if name in columns)
