"""Makes schedules what is declared, in one transaction: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from jobs.declarations.planning import Plan, plan
from jobs.declarations.reading import Declaration, Refused
from jobs.models import Schedule
from jobs.transitions.schedules import definitions

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser


def apply(
    declarations: Sequence[Declaration],
    *,
    declared_in: str,
    prune: bool,
    now: datetime,
    by: AbstractBaseUser | None,
) -> Plan:
    """Do what the plan says, and return it. A person's pause stays. Raises Refused, and then nothing is done."""
    try:
        with transaction.atomic():
            # Nobody changes them between the comparison and its consequences.
            list(Schedule.objects.filter(declared_in=declared_in).locked(wait=True))
            found = plan(declarations, declared_in=declared_in, prune=prune, now=now, by=by)
            for removed in found.removed:
                definitions.delete_schedule(removed.pk, reason=declared_in, by=by, now=now)
            for schedule, columns in found.changed:
                definitions.change_schedule(schedule.pk, columns, reason=declared_in, by=by, now=now)
            for _, columns in found.added:
                fields = {**columns, "declared_in": declared_in}
                definitions.create_schedule(fields, reason=declared_in, by=by, now=now)
    except IntegrityError as error:
        if "jobs_schedule_name" not in str(error):
            raise
        raise Refused(
            ["Somebody has made a schedule of one of these names meanwhile; look at the plan again."]
        ) from None
    return found
