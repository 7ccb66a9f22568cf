"""Makes schedules what is declared, in one transaction: all of it, or nothing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from jobs.declarations.declaration import Refused
from jobs.declarations.gathering import Declared
from jobs.declarations.planning import Plan, plan
from jobs.models import Schedule
from jobs.transitions.schedules import definitions

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


def apply(declared: Declared, *, prune: bool, now: datetime, by: AbstractBaseUser | None) -> Plan:
    """Do what the plan says, and return it. A person's pause stays. Raises Refused, and then nothing is done."""
    try:
        with transaction.atomic():
            # Nobody changes them between the comparison and its consequences.
            list(Schedule.objects.declared_by(declared.sources).locked(wait=True))
            found = plan(declared, prune=prune, now=now, by=by)
            for removed in found.removed:
                definitions.delete_schedule(removed.pk, reason=removed.declared_in, by=by, now=now)
            for schedule, columns in found.changed:
                where = columns.get("declared_in", schedule.declared_in)
                definitions.change_schedule(schedule.pk, columns, reason=where, by=by, now=now)
            for _, columns in found.added:
                definitions.create_schedule(columns, reason=columns["declared_in"], by=by, now=now)
    except IntegrityError as error:
        if "jobs_schedule_name" not in str(error):
            raise
        raise Refused(
            ["Somebody has made a schedule of one of these names meanwhile; look at the plan again."]
        ) from None
    return found
