"""Goes on with what people have asked for of many jobs at once."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from jobs.conf import conf
from jobs.models import Installation, Operation
from jobs.transitions.schedules.backfill import go_on

AT_A_TIME = 20  # operations in one call
EVERY = 1.0  # seconds, while one goes on


def operations(*, now: datetime) -> float:
    """Make what each operation may make by now; return the seconds until the next look. One statement where there is
    none."""
    ids = list(Operation.objects.going_on().values_list("pk", flat=True)[:AT_A_TIME])
    if ids and Installation.restored() is not None:  # nothing may start, and nothing is to pile up
        return conf().min_prepare_time
    for pk in ids:
        with transaction.atomic():
            go_on(pk, now=now)
    return EVERY if ids else conf().min_prepare_time
